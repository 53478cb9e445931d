import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { archiveName, folderName, TARGETS } from '../../scripts/packaging/targets.ts';

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const lock = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8'),
) as { readonly packages: Readonly<Record<string, LockedPackage>> };
const locked = (name: string): LockedPackage | undefined => lock.packages[`node_modules/${name}`];

describe('the table of platforms', () => {
  it.each(TARGETS)('$name has a Bun and a keyring library that the lock file pins', (target) => {
    for (const name of [target.bun, target.keyring]) {
      expect(locked(name)?.integrity, name).toMatch(/^sha512-/);
    }
  });

  it.each(TARGETS)('$name is what npm takes its packages to be for', (target) => {
    for (const name of [target.bun, target.keyring]) {
      const { os, cpu, libc } = locked(name) ?? {};
      expect({ os, cpu, libc }, name).toEqual({
        os: [target.os],
        cpu: [target.cpu],
        libc: target.libc === undefined ? undefined : [target.libc],
      });
    }
  });

  it('takes every Bun from one version', () => {
    expect(new Set(TARGETS.map(({ bun }) => locked(bun)?.version)).size).toBe(1);
  });

  it('names no archive twice', () => {
    const names = TARGETS.map((target) => archiveName('1.2.3', target));
    expect(new Set(names).size).toBe(TARGETS.length);
    expect(names).toContain('git-signet-1.2.3-windows-x64.zip');
    expect(names).toContain('git-signet-1.2.3-linux-arm64-musl.tar.gz');
  });

  it('names the folder in an archive as the archive', () => {
    for (const target of TARGETS) {
      expect(archiveName('1.2.3', target)).toBe(`${folderName('1.2.3', target)}.${target.archive}`);
    }
  });
});
