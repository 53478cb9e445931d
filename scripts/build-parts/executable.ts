/** Compiles the executable of one platform from the bundled modules, with Bun. */

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MODULES } from './bundle.ts';
import { ORDER } from './bytecode-order.ts';
import { run } from './run.ts';

export interface ExecutableParts {
  /** Bun's executable that compiles: that of this machine. */
  readonly bun: string;
  /** Bun's name of another platform, and that platform's Bun. Absent: this machine's. */
  readonly other?: { readonly target: string; readonly bun: string };
  /** Package folder with the keyring's native library for the platform. Absent: the executable has no keyring. */
  readonly keyring?: string | undefined;
  /** File with the notices, which `version --licenses` prints. */
  readonly notices: string;
  /** Path of the executable. Its last part is inside the executable too: only files of one name are equal. */
  readonly outfile: string;
}

const FLAGS = [
  ...['build', '--compile', '--bytecode', '--minify', '--splitting', '--format=esm'],
  // autoloading would read .env and bunfig.toml of the repository being verified, and run what they name
  ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
  // git starts this once a commit: no run is long enough for its code to be worth compiling; `verify` undoes it
  '--compile-jit-policy=1000',
  ...['--loader=.keyring:file', '--loader=.txt:file'],
  `--bytecode-order=${ORDER}`,
];

/** Copies a file to the modules: Bun names the modules by the folder that all files of the executable lie in. */
function beside(path: string, name: string): string {
  const copy = join(MODULES, name);
  copyFileSync(path, copy);
  return copy;
}

/** The keyring's native library, as a file for the executable to carry. */
function keyringLibrary(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.node'));
  if (name === undefined) throw new Error(`${folder} holds no native library`);
  return beside(join(folder, name), 'native.keyring');
}

/** Writes the executable. @throws Error with what Bun said */
export function compile({ bun, other, keyring, notices, outfile }: ExecutableParts): void {
  mkdirSync(join(outfile, '..'), { recursive: true });
  const cross =
    other === undefined
      ? []
      : [`--target=${other.target}`, `--compile-executable-path=${other.bun}`];
  // the worker's entry goes in as a second module; the first one is what starts
  const entries = [
    ...[join(MODULES, 'git-signet.js'), join(MODULES, 'range-worker.js')],
    ...(keyring === undefined ? [] : [keyringLibrary(keyring)]),
    beside(notices, basename(notices)),
  ];
  run(bun, [...FLAGS, ...cross, ...entries, '--outfile', outfile]);
}
