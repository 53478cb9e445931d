/**
 * Writes what follows from the specifications of the commands and from the table of settings: the manual pages (dist/man) and
 * docs/settings.md and docs/refusals. scripts/build calls it. The date on a page is that of the commit, so that two builds are the same.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allPages } from './man-parts/pages.ts';
import { refusalDocuments } from './man-parts/refusal-documents.ts';
import { settingsDocument } from './man-parts/settings-pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** ISO day of the commit; of the epoch outside a repository, where nothing else says when. */
function commitDay(): string {
  try {
    const args = ['show', '-s', '--format=%ct', 'HEAD'];
    const seconds = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
  } catch {
    return '1970-01-01';
  }
}

export async function writePages(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folder = resolve(root, 'dist/man');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of await allPages({ version, date: commitDay() })) {
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(join(root, 'docs/settings.md'), settingsDocument());
  const refusals = join(root, 'docs/refusals');
  rmSync(refusals, { recursive: true, force: true });
  mkdirSync(refusals);
  for (const [file, text] of refusalDocuments()) writeFileSync(join(refusals, file), text);
}

if (import.meta.main) await writePages();
