import { describe, expect, it } from 'vitest';
import { packageFiles } from '../../scripts/packaging/package-files.ts';

const tree = [
  'git-signet',
  'man/git-signet.1',
  'man/git-signet-policy.5',
  'completions/git-signet.bash',
  'completions/_git-signet',
  'completions/git-signet.fish',
  'LICENSE',
  'THIRD-PARTY-NOTICES.txt',
  'CHANGELOG.md',
];
const places = (kind: 'deb' | 'rpm'): Record<string, string> =>
  Object.fromEntries(packageFiles(kind, tree).map(({ source, installed }) => [source, installed]));

describe('packageFiles', () => {
  it('a Debian package puts each file where Debian’s git, man and shells look for it', () => {
    expect(places('deb')).toEqual({
      'git-signet': '/usr/bin/git-signet',
      'man/git-signet.1': '/usr/share/man/man1/git-signet.1.gz',
      'man/git-signet-policy.5': '/usr/share/man/man5/git-signet-policy.5.gz',
      'completions/git-signet.bash': '/usr/share/bash-completion/completions/git-signet',
      'completions/_git-signet': '/usr/share/zsh/vendor-completions/_git-signet',
      'completions/git-signet.fish': '/usr/share/fish/vendor_completions.d/git-signet.fish',
      LICENSE: '/usr/share/doc/git-signet/copyright',
      'THIRD-PARTY-NOTICES.txt': '/usr/share/doc/git-signet/THIRD-PARTY-NOTICES.txt',
      'CHANGELOG.md': '/usr/share/doc/git-signet/changelog.gz',
    });
  });

  it('an RPM package marks both licence files, so that --nodocs keeps them', () => {
    const marked = packageFiles('rpm', tree).filter(({ licence }) => licence);
    expect(marked.map(({ installed }) => installed)).toEqual([
      '/usr/share/licenses/git-signet/LICENSE',
      '/usr/share/licenses/git-signet/THIRD-PARTY-NOTICES.txt',
    ]);
    expect(places('rpm')['completions/_git-signet']).toBe(
      '/usr/share/zsh/site-functions/_git-signet',
    );
  });

  it('only the executable of a package may be run', () => {
    for (const kind of ['deb', 'rpm'] as const) {
      const runnable = packageFiles(kind, tree).filter(({ executable }) => executable);
      expect(runnable.map(({ installed }) => installed)).toEqual(['/usr/bin/git-signet']);
    }
  });

  it('no two files of a package are installed at one place, and their order is fixed', () => {
    const installed = packageFiles('deb', tree).map((file) => file.installed);
    expect(new Set(installed).size).toBe(tree.length);
    expect(packageFiles('deb', tree.toReversed()).map((file) => file.installed)).toEqual(installed);
  });

  it.each(['man/git-signet.9', 'man/git-signet', 'completions/git-signet.ps1', 'README.md'])(
    'a file that no package knows a place for stops the release: %s',
    (source) => {
      expect(() => packageFiles('deb', [source])).toThrow(
        `no package knows where to put ${source}`,
      );
    },
  );
});
