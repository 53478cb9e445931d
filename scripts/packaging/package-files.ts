/**
 * Where the files of a platform's tree stand once a package is installed (Filesystem Hierarchy Standard 3.0, and each
 * shell's folder for completions that it loads by itself). Pure: names in, names out.
 */

export type PackageKind = 'deb' | 'rpm';

export interface PackageFile {
  /** Path below the platform's tree. */
  readonly source: string;
  /** Absolute path on the user's machine. A man page ends in `.gz` there, and so does Debian's changelog. */
  readonly installed: string;
  readonly executable?: true;
  /** RPM marks the licence of a package, so that an installation without documents keeps it. */
  readonly licence?: true;
}

const EXECUTABLE = 'git-signet';

/** Debian's zsh has its own folder for packages. Everywhere else it is `site-functions`. */
const ZSH: Readonly<Record<PackageKind, string>> = {
  deb: '/usr/share/zsh/vendor-completions',
  rpm: '/usr/share/zsh/site-functions',
};

/** Papers by their name in the tree. Debian's policy names the files `copyright` and `changelog.gz` (§12.5, §12.7). */
const PAPERS: Readonly<Record<PackageKind, Readonly<Record<string, string>>>> = {
  deb: {
    LICENSE: '/usr/share/doc/git-signet/copyright',
    'THIRD-PARTY-NOTICES.txt': '/usr/share/doc/git-signet/THIRD-PARTY-NOTICES.txt',
    'CHANGELOG.md': '/usr/share/doc/git-signet/changelog.gz',
  },
  rpm: {
    LICENSE: '/usr/share/licenses/git-signet/LICENSE',
    'THIRD-PARTY-NOTICES.txt': '/usr/share/licenses/git-signet/THIRD-PARTY-NOTICES.txt',
    'CHANGELOG.md': '/usr/share/doc/git-signet/CHANGELOG.md',
  },
};

/**
 * The package's files for those of a tree, in the order of their installed paths.
 * @throws Error for a file without a place: the author of a new file decides where packages put it
 */
export function packageFiles(kind: PackageKind, tree: readonly string[]): readonly PackageFile[] {
  return tree
    .map((source) => placed(kind, source))
    .toSorted((a, b) => (a.installed < b.installed ? -1 : 1));
}

function placed(kind: PackageKind, source: string): PackageFile {
  if (source === EXECUTABLE) return { source, installed: '/usr/bin/git-signet', executable: true };
  const paper = PAPERS[kind][source];
  if (paper !== undefined) {
    const licence = kind === 'rpm' && paper.startsWith('/usr/share/licenses/');
    return { source, installed: paper, ...(licence ? { licence } : {}) };
  }
  const installed = manPage(source) ?? completion(kind, source);
  if (installed === undefined) throw new Error(`no package knows where to put ${source}`);
  return { source, installed };
}

function manPage(source: string): string | undefined {
  const [, name, section] = /^man\/([\w-]+\.([1-8]))$/.exec(source) ?? [];
  return name === undefined ? undefined : `/usr/share/man/man${section}/${name}.gz`;
}

/** Each shell finds the file by its name: bash and fish by the command's, zsh by the command's after `_`. */
function completion(kind: PackageKind, source: string): string | undefined {
  switch (source) {
    case 'completions/git-signet.bash':
      return '/usr/share/bash-completion/completions/git-signet';
    case 'completions/_git-signet':
      return `${ZSH[kind]}/_git-signet`;
    case 'completions/git-signet.fish':
      return '/usr/share/fish/vendor_completions.d/git-signet.fish';
    default:
      return undefined;
  }
}
