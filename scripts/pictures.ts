/** Makes the pictures of docs/pictures, or with `--check` says which of them are stale. Run by scripts/pictures. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { haveTools } from '../test/support/tools.ts';
import { FOLDER, PICTURES, type Picture } from './picture-parts/table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/git-signet');

function keptBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Says what was done to a picture, or what is wrong with it. */
async function update({ name, needs, make, same }: Picture, check: boolean): Promise<string> {
  if (!haveTools(...needs)) return 'skipped';
  const path = join(root, FOLDER, name);
  const [kept, made] = [keptBytes(path), await make(program)];
  if (kept !== undefined && same(kept, made)) return 'unchanged';
  if (!check) writeFileSync(path, made);
  return check ? 'stale' : 'written';
}

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('-'));
const unknown = names.filter((name) => PICTURES.every((picture) => picture.name !== name));
if (unknown.length > 0) throw new Error(`no such picture: ${unknown.join(', ')}`);
for (const picture of PICTURES) {
  if (names.length > 0 && !names.includes(picture.name)) continue;
  const done = await update(picture, args.includes('--check'));
  process.stdout.write(`${done.padEnd(10)} ${FOLDER}/${picture.name}\n`);
  if (done === 'stale') process.exitCode = 1;
}
if (process.exitCode === 1) process.stdout.write('make them anew: scripts/pictures\n');
