/** Objects and settings of a repository, written into its files without a process: tests make thousands of them. */

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

export type ObjectFormat = 'sha1' | 'sha256';
type Type = 'commit' | 'tag' | 'tree' | 'blob';

const framed = (type: string, raw: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${type} ${raw.length}\0`), raw]);

/** Returns the content of the file of a loose object. */
export const looseFile = (type: string, raw: Uint8Array): Buffer =>
  deflateSync(framed(type, raw), { level: 1 });

/** Writes an object as it is, like `git hash-object --literally -w`. Returns its name. */
export function writeLoose(
  objects: string,
  format: ObjectFormat,
  object: { readonly type: Type; readonly raw: Uint8Array },
): string {
  const bytes = framed(object.type, object.raw);
  const id = createHash(format).update(bytes).digest('hex');
  const folder = join(objects, id.slice(0, 2));
  const path = join(folder, id.slice(2));
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path)) writeFileSync(path, deflateSync(bytes, { level: 1 }), { mode: 0o444 });
  return id;
}

export interface TreeEntry {
  readonly mode: '100644' | '40000';
  readonly name: string;
  readonly id: string;
}

/** Returns the bytes of a tree, whose entries it sorts as git does. */
export function treeBytes(entries: readonly TreeEntry[]): Buffer {
  const key = ({ mode, name }: TreeEntry): Buffer =>
    Buffer.from(mode === '40000' ? `${name}/` : name);
  return Buffer.concat(
    entries
      .toSorted((one, other) => Buffer.compare(key(one), key(other)))
      .flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
}

const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;

/** Adds settings to a file that git reads. Keys are `section.name` or `section.subsection.name`. */
export function addSettings(file: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([key, value]) => {
    const [, section = '', between = '', name = ''] = /^([^.]+)\.(.*\.)?([^.]+)$/s.exec(key) ?? [];
    const under = between === '' ? '' : ` ${quoted(between.slice(0, -1))}`;
    return `[${section}${under}]\n\t${name} = ${quoted(value)}\n`;
  });
  if (lines.length > 0) appendFileSync(file, lines.join(''));
}
