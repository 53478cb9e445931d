/**
 * Writes what the actions and the GitLab component know of a release: the table of sums, and the copies of ci/ inside the
 * component, which is one file. Run it after a release and after every change of ci/:
 *   action-sums.ts [SHA256SUMS]    without the file the table stays as it is
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepError } from './step.ts';
import { archiveName, TARGETS } from './targets.ts';

const TABLE = 'ci/sums.txt';
const COMPONENT = 'templates/gate.yml';
/** Files that the component writes before it uses them. */
export const COPIED = [TABLE, 'ci/fetch', 'ci/gate', 'ci/attest'] as const;

/**
 * The rows of the table, `sha256 version target file`, one for each platform, from the text of a SHA256SUMS file.
 * @throws StepError where a platform's archive is missing
 */
export function sumRows(sums: string, version: string): readonly string[] {
  const known = new Map(
    [...sums.matchAll(/^([0-9a-f]{64}) [ *](\S+)$/gm)].map(([, sum, file]) => [file, sum]),
  );
  return TARGETS.map((target) => {
    const file = archiveName(version, target);
    const sum = known.get(file);
    if (sum !== undefined) return `${sum} ${version} ${target.name} ${file}`;
    throw new StepError(
      `SHA256SUMS has no sum of ${file}`,
      `give the file of the release of ${version}, or set the version in package.json`,
    );
  });
}

/** The table with its comment kept and these rows alone: the actions' version is the program's, so older ones are of no use. */
export function withRows(table: string, rows: readonly string[]): string {
  const comment = table.split('\n').filter((line) => line.startsWith('#'));
  return `${[...comment, ...rows].join('\n')}\n`;
}

/** The component with these copies in its here-documents. @throws Error where the component has no place for one */
export function withCopies(component: string, files: ReadonlyMap<string, string>): string {
  return [...files].reduce((text, [name, content]) => {
    const mark = `end of ${name}`;
    const place = new RegExp(
      `^( *)(cat >"\\$tools/${name}" <<'${mark}'\n)[\\s\\S]*?^ *${mark}$`,
      'm',
    );
    if (!place.test(text)) throw new Error(`${COMPONENT} has no place for ${name}`);
    return text.replace(place, (_, indent: string, start: string) => {
      const copy = content.replace(/^(?=.)/gm, indent);
      return `${indent}${start}${copy}${indent}${mark}`;
    });
  }, component);
}

function main([sums]: readonly string[]): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const write = (file: string, text: string): void => writeFileSync(join(root, file), text);
  if (sums !== undefined) {
    const { version } = JSON.parse(read('package.json')) as { readonly version: string };
    write(TABLE, withRows(read(TABLE), sumRows(readFileSync(sums, 'utf8'), version)));
  }
  const copies = new Map(COPIED.map((name) => [name, read(name)]));
  write(COMPONENT, withCopies(read(COMPONENT), copies));
}

if (import.meta.main) main(process.argv.slice(2));
