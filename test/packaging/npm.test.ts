/** The packages' package.json: npm installs the executable that fits, and nothing of the tree's own housekeeping is published. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mainManifest, platformManifest, SCOPE, tarballName } from '../../scripts/packaging/npm.ts';
import { TARGETS } from '../../scripts/packaging/targets.ts';

const tree = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const release = { version: '1.2.3', repository: 'https://example.test/acme/fork' };
const main = mainManifest(tree, release, ['dist/man/git-signet.1', 'README.md']) as Record<
  string,
  Record<string, string>
>;

describe('the main package', () => {
  it('names the package of every platform, at its own version', () => {
    const named = Object.entries(main['optionalDependencies'] ?? {}).filter(([name]) =>
      name.startsWith(SCOPE),
    );
    expect(named).toEqual(TARGETS.map(({ name }) => [`${SCOPE}/${name}`, '1.2.3']));
  });

  it('keeps the keyring library, which the Node form loads', () => {
    expect(main['optionalDependencies']).toMatchObject(tree.optionalDependencies);
  });

  it('has the address of the remote that it is released from', () => {
    expect(main['repository']).toEqual({
      type: 'git',
      url: 'git+https://example.test/acme/fork.git',
    });
    expect(JSON.stringify(tree)).not.toContain('repository');
  });

  it('publishes no script, development dependency or workspace', () => {
    expect(Object.keys(main).toSorted()).toEqual(
      ['bin', 'bugs', 'description', 'engines', 'exports', 'homepage', 'license', 'man', 'name']
        .concat('optionalDependencies', 'repository', 'type', 'types', 'version')
        .toSorted(),
    );
  });

  it('installs the man pages that it has', () => {
    expect(main['man']).toEqual(['./dist/man/git-signet.1']);
    expect(mainManifest(tree, release, ['README.md'])).not.toHaveProperty('man');
  });

  it('exports the schemas that its files hold', () => {
    const { exports } = tree as { exports: Record<string, unknown> };
    for (const name of ['policy', 'verify-result']) {
      const path = exports[`./schema/${name}.json`] as string;
      const { $schema } = JSON.parse(
        readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
      );
      expect($schema).toBe('https://json-schema.org/draft/2020-12/schema');
    }
    expect(tree.files).toContain('schema');
  });
});

describe("a platform's package", () => {
  it.each(TARGETS)('$name is installed on its platform alone', (target) => {
    const { os, cpu, libc, name } = platformManifest(target, 'Apache-2.0', release) as Record<
      string,
      unknown
    >;
    expect([name, os, cpu, libc]).toEqual([
      `${SCOPE}/${target.name}`,
      [target.os],
      [target.cpu],
      target.libc === undefined ? undefined : [target.libc],
    ]);
  });

  it('runs no script and owns no command, which the main package does', () => {
    const [target] = TARGETS;
    if (target === undefined) throw new Error('no platform');
    const manifest = platformManifest(target, 'Apache-2.0', release);
    expect(manifest).not.toHaveProperty('bin');
    expect(manifest).not.toHaveProperty('scripts');
  });

  it('has the file name that npm gives it', () => {
    expect(tarballName('@git-signet/linux-x64', '1.2.3')).toBe('git-signet-linux-x64-1.2.3.tgz');
    expect(tarballName('git-signet', '1.2.3')).toBe('git-signet-1.2.3.tgz');
  });
});
