/**
 * What a user gets with the work of others: its terms, printed by both forms; and openpgp, which is under the LGPL, in a
 * file that can be replaced.
 */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FORMS: readonly (readonly [name: string, program: string, before: readonly string[]])[] = [
  ['executable', join(root, 'dist/git-signet'), []],
  ['Node bundle', process.execPath, [join(root, 'dist/node/git-signet.cjs')]],
];

describe.each(FORMS)('the %s', (_name, program, before) => {
  it('the executable prints the licences of its packages, in a directory of another user', () => {
    const { path: cwd, env } = scratchRepository('licences');
    writeFileSync(join(cwd, 'THIRD-PARTY-NOTICES.txt'), 'not these');
    const { exit, out, err } = run(program, [...before, 'version', '--licenses'], { cwd, env });
    expect([exit, err]).toEqual([0, '']);
    expect(out).toBe(readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8'));
    for (const name of ['openpgp', 'koa', 'Bun', 'JavaScriptCore', 'zbus (crate)']) {
      expect(out).toContain(`\n${name}`);
    }
  });
});

describe('the Node form with another openpgp in its file', () => {
  let repository: ScratchRepository;
  let policy = '';
  let bundle = '';
  const check = () => {
    const args = [join(bundle, 'git-signet.cjs'), 'policy', 'check', policy];
    return run(process.execPath, args, { cwd: repository.path, env: repository.env });
  };

  beforeAll(async () => {
    repository = scratchRepository('relinked');
    bundle = join(scratchDirectory('relinked'), 'node');
    cpSync(join(root, 'dist/node'), bundle, { recursive: true });
    const { publicKey } = await generateKey({ userIDs: [{ name: 'x' }] });
    policy = join(repository.home, 'policy.yaml');
    const key = publicKey.trimEnd().replaceAll(/^/gm, '      ');
    writeFileSync(policy, `version: 1\nsigners:\n  - name: x\n    openpgp: |\n${key}\n`);
  });

  it('a key is read with the library as its authors build it', () => {
    const before = check();
    cpSync(join(root, 'node_modules/openpgp/dist/node/openpgp.cjs'), chunk());
    expect(check()).toEqual(before);
    expect(before).toMatchObject({
      exit: 6,
      out: expect.stringContaining('1 signer, 0 rules'),
      err: '',
    });
  });

  it('the program runs what the user changed in the library', () => {
    writeFileSync(chunk(), `exports.readKeys = () => { throw new Error('changed by its user'); };`);
    expect(check()).toMatchObject({ exit: 2, err: expect.stringContaining('changed by its user') });
  });

  function chunk(): string {
    return join(bundle, 'chunks/openpgp.cjs');
  }
});
