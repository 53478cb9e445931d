import { describe, expect, it } from 'vitest';
import { packageName, packageVersion } from '../../scripts/packaging/deb-rpm.ts';
import { TARGETS } from '../../scripts/packaging/targets.ts';

const target = (name: string) => TARGETS.find((each) => each.name === name)!;

describe('packageName', () => {
  it('each manager’s own name of the processor stands in the file name', () => {
    expect(packageName('deb', '1.2.3', target('linux-arm64'))).toBe('git-signet_1.2.3_arm64.deb');
    expect(packageName('rpm', '1.2.3', target('linux-x64'))).toBe('git-signet-1.2.3-1.x86_64.rpm');
  });

  it('a platform that is not glibc’s Linux has no package', () => {
    for (const name of ['linux-x64-musl', 'darwin-arm64', 'windows-x64']) {
      expect(packageName('deb', '1.2.3', target(name))).toBeUndefined();
    }
  });

  it('a prerelease sorts before its release, and its file has a name that a forge keeps', () => {
    expect(packageVersion('1.2.3-rc.1')).toBe('1.2.3~rc.1');
    for (const kind of ['deb', 'rpm'] as const) {
      expect(packageName(kind, '1.2.3-rc.1', target('linux-x64'))).toMatch(/^[\w.-]+$/);
    }
  });
});
