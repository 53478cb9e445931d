/**
 * Builds from one source: the executable (Bun), the Node bundle and the library with its types. Run by scripts/build, which
 * sets BUN. `--order` writes the bytecode order anew.
 */

import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundleAll, MODULES } from './build-parts/bundle.ts';
import { committedOrder, ORDER, recordOrder, staleness } from './build-parts/bytecode-order.ts';
import { compile } from './build-parts/executable.ts';
import { takeTurn } from './build-parts/one-build.ts';
import { copyResultSchema } from './build-parts/serve-schema.ts';
import { writePages } from './man.ts';
import { keyringFolders, NOTICES, writeNotices } from './packaging/notices.ts';

const { BUN: bun } = process.env;
if (bun === undefined) throw new Error('run scripts/build, which finds the runtimes');

const say = (line: string): void => void process.stderr.write(`${line}\n`);

takeTurn('dist/build.lock', () => say('another build runs in this folder: waiting for its end'));
const parts = await bundleAll();
const [keyring] = keyringFolders();
if (keyring === undefined) {
  say(
    `no keyring for ${process.platform} ${process.arch}: the executable is built without a keyring`,
  );
}
writeNotices(parts, keyring === undefined ? [] : [keyring]);
const made = { bun, keyring, notices: NOTICES, outfile: resolve('dist/new/git-signet') };
compile(made);
const recorded = recordOrder(made.outfile);
if (process.argv.includes('--order')) {
  writeFileSync(ORDER, committedOrder(recorded));
  compile(made);
} else {
  const stale = staleness(readFileSync(ORDER, 'utf8'), recorded);
  if (stale !== undefined) say(stale);
}
// a running copy keeps its own file
renameSync(made.outfile, 'dist/git-signet');
chmodSync('dist/git-signet', 0o755);
rmSync('dist/new', { recursive: true });
await writePages();
copyResultSchema();
rmSync(MODULES, { recursive: true });
