/** A built form, installed in a folder as a package manager does it, so that it can be upgraded while it runs. */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

export type Form = 'executable' | 'node';

export interface Installed {
  /** What git would call. */
  readonly path: string;
  /** The program's files are replaced by those of another version, which differ in their names only. */
  readonly upgrade: () => void;
  /** Sets the program's clock off by so many seconds; absent where it cannot be. */
  readonly setClock?: (seconds: number) => void;
}

const root = resolve(import.meta.dirname, '../..');

/** Copies a form of `dist/` into `folder`, which is made. */
export function installProgram(form: Form, folder: string): Installed {
  mkdirSync(folder);
  return form === 'executable' ? installExecutable(folder) : installForNode(folder);
}

function installExecutable(folder: string): Installed {
  const path = join(folder, 'git-signet');
  const upgrade = (): void => {
    copyFileSync(join(root, 'dist/git-signet'), `${path}.new`);
    chmodSync(`${path}.new`, 0o755);
    renameSync(`${path}.new`, path);
  };
  upgrade();
  return { path, upgrade };
}

/** Every program of the copy reads the clock's error from a file. The monotonic clock stays as it is. */
const CLOCK = (file: string): string => `{
  const { readFileSync } = require('node:fs');
  const { Date: Real } = globalThis;
  let error = 0;
  let read = -1000;
  const now = () => {
    if (performance.now() - read > 100) {
      read = performance.now();
      error = Number(readFileSync(${JSON.stringify(file)}, 'utf8')) * 1000;
    }
    return Real.now() + error;
  };
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };
}
`;

function installForNode(folder: string): Installed {
  const path = join(folder, 'git-signet');
  // a link to the version that is installed, so that there is one at every moment
  const files = join(folder, 'node');
  const clock = join(folder, 'clock');
  const setClock = (seconds: number): void => {
    writeFileSync(`${clock}.new`, String(seconds));
    renameSync(`${clock}.new`, clock);
  };
  let version = 0;
  const upgrade = (): void => {
    version += 1;
    const next = join(folder, `node-${version}`);
    cpSync(join(root, 'dist/node'), next, { recursive: true });
    // the names of its parts hold digests, so no two versions share them
    renameSync(join(next, 'chunks'), join(next, `chunks-${version}`));
    for (const name of ['git-signet.cjs', 'range-worker.cjs']) {
      const text = readFileSync(join(next, name), 'utf8');
      const named = text.replaceAll('./chunks/', `./chunks-${version}/`);
      writeFileSync(join(next, name), CLOCK(clock) + named);
    }
    symlinkSync(next, `${files}.new`);
    renameSync(`${files}.new`, files);
    rmSync(join(folder, `node-${version - 1}`), { recursive: true, force: true });
  };
  setClock(0);
  upgrade();
  const main = join(files, 'git-signet.cjs');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });
  return { path, upgrade, setClock };
}
