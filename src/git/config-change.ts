/**
 * Changes one file of git's configuration as a whole, and takes the change back. All edits are made in a copy, which then
 * replaces the file in one step. So a killed run leaves the old file or the new one (threat I13). The file itself keeps the
 * record of the change. As long as nothing else has changed the file, taking back restores every byte of it.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allValues, type ConfigPlace, type ConfigScope, replaceValues } from './config-edit.ts';
import { followLinks, readIfThere, replaceFile } from './config-file.ts';

/** Values by key. An empty list means that the key is not there. */
export type ConfigValues = Readonly<Record<string, readonly string[]>>;

/** The keys that one command changes in one file. */
export interface ConfigChange {
  readonly place: ConfigPlace;
  /** An absolute path. Links are followed. */
  readonly file: string;
  readonly keys: readonly string[];
  /** The key that keeps the record. */
  readonly mark: string;
}

/** The record: values before and after, and the lines that the change replaced. */
interface Kept {
  readonly former: ConfigValues;
  readonly set: ConfigValues;
  /** Absent if the file had been changed by others, so that its bytes cannot be restored. */
  readonly lines?: {
    /** Number of lines in front of the change and behind it. */
    readonly head: number;
    readonly tail: number;
    /** The replaced lines in base64, or null if there was no file. */
    readonly removed: string | null;
  };
}

/** A record as it was found, with the digest of the file in which the digest itself is zeros. */
interface FoundRecord extends Kept {
  readonly digest: string;
}

const ZEROS = '0'.repeat(64);
const scopeOf = (file: string): ConfigScope => `--file=${file}`;

async function valuesIn({ place, keys }: ConfigChange, file: string): Promise<ConfigValues> {
  const lists = await Promise.all(
    keys.map(async (key) => [key, await allValues(place, scopeOf(file), key)] as const),
  );
  return Object.fromEntries(lists);
}

/** Returns the values that the keys have now. @throws ConfigError */
export async function currentValues(change: ConfigChange): Promise<ConfigValues> {
  const file = followLinks(change.file);
  return readIfThere(file) === undefined
    ? Object.fromEntries(change.keys.map((key) => [key, []]))
    : valuesIn(change, file);
}

async function readRecord({ place, mark }: ConfigChange, file: string) {
  if (readIfThere(file) === undefined) return undefined;
  const [text = ''] = await allValues(place, scopeOf(file), mark);
  const [, digest, json] = /^([0-9a-f]{64}) (\{.*\})$/.exec(text) ?? [];
  if (digest === undefined || json === undefined) return undefined;
  try {
    return { ...(JSON.parse(json) as Kept), digest } satisfies FoundRecord;
  } catch {
    return undefined;
  }
}

/** Returns true if a record of this change is in the file. @throws ConfigError */
export async function isChanged(change: ConfigChange): Promise<boolean> {
  return (await readRecord(change, followLinks(change.file))) !== undefined;
}

const digestOf = (bytes: string): string =>
  createHash('sha256').update(bytes, 'latin1').digest('hex');
const linesOf = (bytes: string): readonly string[] => bytes.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Returns the bytes before the change, null if there was no file, and undefined if others have changed the file since. */
function bytesBefore(now: string, { digest, lines }: FoundRecord): string | null | undefined {
  if (lines === undefined || digestOf(now.replace(digest, ZEROS)) !== digest) return undefined;
  if (lines.removed === null) return null;
  const all = linesOf(now);
  const removed = Buffer.from(lines.removed, 'base64').toString('latin1');
  return [...all.slice(0, lines.head), removed, ...all.slice(all.length - lines.tail)].join('');
}

/** Returns which whole lines of `before` are missing in `after`, and the equal lines around them. */
function replacedLines(before: string | null, after: string): NonNullable<Kept['lines']> {
  if (before === null) return { head: 0, tail: 0, removed: null };
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < shorter && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const removed = old.slice(head, old.length - tail).join('');
  return { head, tail, removed: Buffer.from(removed, 'latin1').toString('base64') };
}

/** Writes the record into the copy, whose lines it counts. The digest comes last, because it covers the rest. */
async function writeRecord(
  { place, mark }: ConfigChange,
  copy: string,
  kept: Omit<Kept, 'lines'>,
  before: string | null | undefined,
): Promise<void> {
  const put = (digest: string, lines: Kept['lines']): Promise<void> =>
    replaceValues(place, scopeOf(copy), mark, [`${digest} ${JSON.stringify({ ...kept, lines })}`]);
  await put(ZEROS, undefined);
  if (before === undefined) return;
  const lines = replacedLines(before, readFileSync(copy, 'latin1'));
  await put(ZEROS, lines);
  await put(digestOf(readFileSync(copy, 'latin1')), lines);
}

/** Calls `edit` with a copy of the file, and replaces the file with the result. */
async function edited(
  file: string,
  now: string | undefined,
  from: string | null | undefined,
  edit: (copy: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'git-signet-config-'));
  try {
    const copy = join(folder, 'config');
    writeFileSync(copy, from ?? '', { encoding: 'latin1', mode: 0o600 });
    await edit(copy);
    replaceFile(file, now, readFileSync(copy, 'latin1'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Sets the values of the keys, and keeps what is needed to take that back. A key without values in `set` gets back what it
 * had before the first change. `more` edits the copy too, before the record is written. A second change keeps the record of the first.
 * @throws ConfigError, with code `CONFIG_READ_ONLY` if the file or its folder cannot be written
 */
export async function applyChange(
  change: ConfigChange,
  set: ConfigValues,
  more?: (copy: ConfigScope) => Promise<void>,
): Promise<void> {
  const file = followLinks(change.file);
  const now = readIfThere(file);
  const found = await readRecord(change, file);
  const before = found === undefined ? (now ?? null) : bytesBefore(now ?? '', found);
  const former = found?.former ?? (await currentValues(change));
  await edited(file, now, before === undefined ? now : before, async (copy) => {
    for (const key of change.keys) {
      await replaceValues(change.place, scopeOf(copy), key, set[key] ?? former[key] ?? []);
    }
    await more?.(scopeOf(copy));
    await writeRecord(change, copy, { former, set }, before);
  });
}

export interface TakenBack {
  readonly putBack: readonly { readonly key: string; readonly values: readonly string[] }[];
  /** Keys that another program or the user has changed since, so they stay as they are. */
  readonly left: readonly string[];
}

function same(some: readonly string[] = [], others: readonly string[] = []): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}

/**
 * Takes the change back: every byte of the file if nothing else has changed it, otherwise only the keys that still have the
 * values of the change. Returns undefined if there is no record. @throws ConfigError as applyChange
 */
export async function takeBack(change: ConfigChange): Promise<TakenBack | undefined> {
  const file = followLinks(change.file);
  const now = readIfThere(file);
  const found = await readRecord(change, file);
  if (found === undefined || now === undefined) return undefined;
  const values = await valuesIn(change, file);
  const differing = change.keys.filter((key) => !same(values[key], found.former[key]));
  const left = differing.filter((key) => !same(values[key], found.set[key] ?? found.former[key]));
  const due = differing.filter((key) => !left.includes(key));
  const before = bytesBefore(now, found);
  if (before !== undefined) replaceFile(file, now, before ?? undefined);
  else {
    await edited(file, now, now, async (copy) => {
      for (const key of due) {
        await replaceValues(change.place, scopeOf(copy), key, found.former[key] ?? []);
      }
      await replaceValues(change.place, scopeOf(copy), change.mark, []);
    });
  }
  return { putBack: due.map((key) => ({ key, values: found.former[key] ?? [] })), left };
}
