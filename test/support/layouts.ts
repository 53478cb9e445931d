/**
 * Folders as package managers lay them out, with the built executable in the folder of its version. The shims are what mise
 * and asdf write; the program that they call is a stand-in which looks for the version where the real one does.
 */

import {
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const EXECUTABLE = resolve(import.meta.dirname, '../../dist/git-signet');

export interface Layout {
  /** Folders that the shell of the user has on PATH. */
  readonly path: readonly string[];
  /** What git must be told to start; undefined where the manager makes no path that lasts. */
  readonly stable: string | undefined;
  /** The next version comes, and the one before it goes. */
  readonly upgrade: () => void;
}

function put(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    linkSync(EXECUTABLE, path);
  } catch {
    copyFileSync(EXECUTABLE, path);
  }
}

function script(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
}

/** A link that is there at every moment. */
function lead(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** `folder` holds a folder for each version, and `installed` is told which one counts. */
function versions(
  folder: string,
  program: string,
  installed: (version: string) => void,
  name: (version: string) => string = (version) => version,
): () => void {
  const install = (version: string): void => {
    put(join(folder, name(version), program));
    installed(version);
  };
  install('0.1.0');
  return () => {
    install('0.2.0');
    rmSync(join(folder, name('0.1.0')), { recursive: true });
  };
}

/** By name: makes it below `home`. */
export const LAYOUTS: Readonly<Record<string, (home: string) => Layout>> = {
  Homebrew: (home) => {
    const stable = join(home, 'brew/bin/git-signet');
    const upgrade = versions(join(home, 'brew/Cellar/git-signet'), 'bin/git-signet', (version) =>
      lead(stable, `../Cellar/git-signet/${version}/bin/git-signet`),
    );
    return { path: [dirname(stable)], stable, upgrade };
  },
  'a nix profile': (home) => {
    const profile = join(home, '.nix-profile');
    const name = (version: string) => `0f3n-git-signet-${version}`;
    const store = join(home, 'nix/store');
    const upgrade = versions(
      store,
      'bin/git-signet',
      (v) => lead(profile, join(store, name(v))),
      name,
    );
    return { path: [join(profile, 'bin')], stable: join(profile, 'bin/git-signet'), upgrade };
  },
  'mise, which puts the version on PATH': (home) => {
    const installs = join(home, '.local/share/mise/installs/git-signet');
    const upgrade = versions(installs, 'bin/git-signet', (version) =>
      lead(join(installs, 'latest'), `./${version}`),
    );
    const stable = join(installs, 'latest/bin/git-signet');
    return { path: [join(installs, '0.1.0/bin')], stable, upgrade };
  },
  'mise, with shims alone': (home) => {
    const data = join(home, '.local/share/mise');
    const program = join(home, '.local/bin/mise');
    const chosen = join(home, '.config/mise/version');
    script(
      program,
      `#!/bin/sh\nread -r version <'${chosen}'\nexec '${data}/installs/'"\${0##*/}/$version/bin/\${0##*/}" "$@"\n`,
    );
    const stable = join(data, 'shims/git-signet');
    lead(stable, program);
    const upgrade = versions(join(data, 'installs/git-signet'), 'bin/git-signet', (version) =>
      script(chosen, `${version}\n`),
    );
    return { path: [dirname(stable)], stable, upgrade };
  },
  asdf: (home) => {
    const data = join(home, '.asdf');
    script(
      join(data, 'bin/asdf'),
      `#!/usr/bin/env bash\nread -r _ version <~/.tool-versions\nshift\nexec '${data}/installs/'"$1/$version/bin/$1" "\${@:2}"\n`,
    );
    const stable = join(data, 'shims/git-signet');
    script(
      stable,
      `#!/usr/bin/env bash\n# asdf-plugin: git-signet 0.1.0\nexec ${data}/bin/asdf exec "git-signet" "$@"\n`,
    );
    const upgrade = versions(join(data, 'installs/git-signet'), 'bin/git-signet', (version) =>
      script(join(home, '.tool-versions'), `git-signet ${version}\n`),
    );
    return { path: [dirname(stable)], stable, upgrade };
  },
  'npm, with the package of the platform': (home) => {
    const modules = join(home, 'npm/lib/node_modules/git-signet/node_modules');
    const stable = join(modules, '@git-signet/linux-x64/git-signet');
    const launcher = join(home, 'npm/bin/git-signet');
    script(
      launcher,
      `#!/usr/bin/env node\nrequire('node:process').execve('${stable}', ['git-signet', ...process.argv.slice(2)], process.env);\n`,
    );
    put(stable);
    const upgrade = (): void => {
      rmSync(modules, { recursive: true });
      put(stable);
    };
    return { path: [dirname(launcher)], stable, upgrade };
  },
  'a folder for each version': (home) => {
    const folder = join(home, 'opt');
    const upgrade = versions(folder, 'git-signet', () => undefined);
    return { path: [join(folder, '0.1.0')], stable: undefined, upgrade };
  },
};
