/**
 * Finds the statements about an object in refs and notes. Trees and blobs are hashed when they are read. Names, modes and
 * sizes are a stranger's, so only plain files of bounded size count, and their number is bounded (threat I05).
 */

import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { DIRECTORY, type TreeEntry, treeEntries, treeEntry } from '../core/git/tree-entries.ts';
import { MAX_BUNDLE } from '../core/statement/bundle.ts';
import { type GitRepository, gitLine } from '../git/repository.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import { reasonOf } from '../system/system-error.ts';
import { isBundleName, isNotes, MAX_BYTES, MAX_STATEMENTS } from './places.ts';
import type { StatementProblem, StatementRef } from './refs.ts';

/** A statement as it is stored. Nothing about it is proved yet. */
export interface StoredStatement {
  /** `gitsign`: an envelope by gitsign's `attest`, which holds neither certificate nor log entry. */
  readonly kind: 'bundle' | 'gitsign';
  /** The bundle, or gitsign's envelope. */
  readonly bytes: Uint8Array;
  /** `<ref>:<path>`, for messages. Hostile text in it is not yet escaped. */
  readonly place: string;
}

/** What was found, and what could not be read. */
export interface FoundStatements {
  readonly statements: readonly StoredStatement[];
  readonly problems: readonly StatementProblem[];
}

/** A file that may hold a statement. */
interface Candidate {
  readonly kind: 'bundle' | 'gitsign' | 'note';
  readonly oid: string;
  readonly place: string;
}

interface Finding {
  readonly repository: GitRepository;
  readonly problems: StatementProblem[];
}

const PLAIN = '100644';

/** Reads a tree as `use` takes it. Returns undefined, and notes the problem, if it cannot be read. */
async function fromTree<T>(
  { repository, problems }: Finding,
  { oid, place }: { readonly oid: string; readonly place: string },
  use: (raw: Uint8Array) => T | 'malformed',
): Promise<T | undefined> {
  const [found] = await repository.objects.each([oid], (frame) =>
    frame.kind === 'object' && frame.type === 'tree' ? use(frame.raw) : 'malformed',
  );
  if (found !== 'malformed') return found;
  problems.push({ place, what: 'it is no tree that can be read' });
  return undefined;
}

/** Returns the candidates in the tree of one object. gitsign keeps `<name>` and `<name>.sig`. */
function candidatesIn(entries: readonly TreeEntry[], finding: Finding, at: string): Candidate[] {
  const names = new Set(entries.map(({ name }) => name));
  const candidates: Candidate[] = [];
  for (const { name, mode, oid } of entries) {
    const ours = isBundleName(name);
    const theirs = name.endsWith('.sig') && names.has(name.slice(0, -'.sig'.length));
    if (!ours && !theirs) continue;
    const place = `${at}/${name}`;
    if (mode !== PLAIN) finding.problems.push({ place, what: `its mode is ${mode}, not ${PLAIN}` });
    else candidates.push({ kind: ours ? 'bundle' : 'gitsign', oid, place });
  }
  return candidates;
}

async function candidatesOf(
  { ref, tree }: StatementRef,
  id: string,
  finding: Finding,
): Promise<readonly Candidate[]> {
  const { format } = finding.repository;
  const entry = await fromTree(finding, { oid: tree, place: ref }, (raw) =>
    treeEntry(raw, format, id),
  );
  if (entry === undefined) return [];
  const place = `${ref}:${id}`;
  if (entry.mode !== DIRECTORY) {
    finding.problems.push({ place, what: `its mode is ${entry.mode}, not ${DIRECTORY}` });
    return [];
  }
  const entries = await fromTree(finding, { oid: entry.oid, place }, (raw) => {
    return treeEntries(raw, format) ?? 'malformed';
  });
  return candidatesIn(entries ?? [], finding, place);
}

/** One level of a tree of notes. */
interface NoteLevel {
  readonly note: TreeEntry | undefined;
  readonly below: TreeEntry | undefined;
}

function noteLevel(raw: Uint8Array, format: ObjectFormat, rest: string): NoteLevel | 'malformed' {
  const note = treeEntry(raw, format, rest);
  const below = treeEntry(raw, format, rest.slice(0, 2));
  return note === 'malformed' || below === 'malformed' ? 'malformed' : { note, below };
}

/** Returns the notes of an object. git spreads them over directories of two digits, at any depth. */
async function notesOf(
  { ref, tree }: StatementRef,
  id: string,
  finding: Finding,
): Promise<readonly Candidate[]> {
  const { format } = finding.repository;
  const found: Candidate[] = [];
  let path = `${ref}:`;
  let due: string | undefined = tree;
  for (let rest = id; due !== undefined; rest = rest.slice(2)) {
    const level: NoteLevel | undefined = await fromTree(finding, { oid: due, place: path }, (raw) =>
      noteLevel(raw, format, rest),
    );
    const note = level?.note;
    if (note?.mode === PLAIN) found.push({ kind: 'note', oid: note.oid, place: `${path}${rest}` });
    due = rest.length > 2 && level?.below?.mode === DIRECTORY ? level.below.oid : undefined;
    path = `${path}${rest.slice(0, 2)}/`;
  }
  return found;
}

/**
 * Asks git for type and size of each file. An old git ends at the first blob that a partial clone does not hold, so that
 * no file can be read.
 */
async function sizesOf(
  candidates: readonly Candidate[],
  { repository, problems }: Finding,
): Promise<readonly string[]> {
  const input = utf8(candidates.map(({ oid }) => `${oid}\n`).join(''));
  const args = ['cat-file', '--buffer', '--batch-check=%(objecttype) %(objectsize)'];
  try {
    return (await gitLine(repository, args, input)).split('\n');
  } catch (error) {
    problems.push({ place: candidates[0]?.place ?? '', what: reasonOf(error) });
    return [];
  }
}

/** Leaves out files that are missing or too large. git's word for the size is only used to save work. */
async function withinLimits(
  candidates: readonly Candidate[],
  { repository, problems }: Finding,
): Promise<readonly Candidate[]> {
  const few = candidates.slice(0, MAX_STATEMENTS);
  if (few.length === 0) return [];
  const more = candidates[MAX_STATEMENTS];
  if (more !== undefined) {
    const what = `it and ${candidates.length - MAX_STATEMENTS - 1} more were not read: the limit is ${MAX_STATEMENTS}`;
    problems.push({ place: more.place, what });
  }
  const lines = await sizesOf(few, { repository, problems });
  let left = MAX_BYTES;
  return few.filter(({ oid, place }, index) => {
    const size = Number(/^blob (\d+)$/.exec(lines[index] ?? '')?.[1] ?? Number.NaN);
    if (size <= Math.min(MAX_BUNDLE, left)) {
      left -= size;
      return true;
    }
    const limit = `it has ${size} bytes, which is too much`;
    const what = Number.isNaN(size) ? `its blob ${oid} is not in this repository` : limit;
    problems.push({ place, what });
    return false;
  });
}

/** Part of every bundle that holds a statement. */
const ENVELOPE = Buffer.from('"dsseEnvelope"');

const maybeBundle = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x7b && Buffer.from(bytes).includes(ENVELOPE);

/** A note may hold anything. A line is taken for a statement if it begins a JSON object and names an envelope. */
function linesOf(raw: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < raw.length && lines.length < MAX_STATEMENTS; ) {
    const next = raw.indexOf(0x0a, at);
    const end = next === -1 ? raw.length : next;
    const line = raw.subarray(at, end);
    if (maybeBundle(line)) lines.push(line);
    at = end + 1;
  }
  return lines;
}

/** Returns what may be bundles in a file or a note of which nothing else is known. */
export function bundlesIn(raw: Uint8Array): readonly Uint8Array[] {
  if (raw.length > MAX_BUNDLE) return [];
  const lines = linesOf(raw);
  return lines.length === 0 && maybeBundle(raw) ? [raw] : lines;
}

async function readCandidates(
  candidates: readonly Candidate[],
  { repository, problems }: Finding,
): Promise<readonly StoredStatement[]> {
  let next = 0;
  const read = await repository.objects.each(
    candidates.map(({ oid }) => oid),
    (frame): readonly StoredStatement[] => {
      const { kind, place } = candidates[next] as Candidate;
      next += 1;
      if (frame.kind !== 'object' || frame.type !== 'blob' || frame.raw.length > MAX_BUNDLE) {
        problems.push({ place, what: 'it is no blob that can be read' });
        return [];
      }
      // git's output is overwritten by its next answer
      const bytes = frame.raw.slice();
      if (kind !== 'note') return [{ kind, bytes, place }];
      return linesOf(bytes).map((line) => ({ kind: 'bundle', bytes: line, place }));
    },
  );
  return read.flat();
}

/** Returns each statement once, where it was found first. */
function once(statements: readonly StoredStatement[], crypto: Crypto): readonly StoredStatement[] {
  const seen = new Set<string>();
  return statements.filter(({ kind, bytes }) => {
    const key = `${kind} ${toHex(crypto.hash('sha256', bytes))}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Returns the statements that these refs hold about one object. @throws UsageError OBJECT_CORRUPT, GIT_FAILED */
export async function statementsAbout(
  repository: GitRepository,
  refs: readonly StatementRef[],
  id: string,
): Promise<FoundStatements> {
  const finding: Finding = { repository, problems: [] };
  const candidates: Candidate[] = [];
  for (const ref of refs) {
    const find = isNotes(ref.ref) ? notesOf : candidatesOf;
    candidates.push(...(await find(ref, id, finding)));
  }
  // two histories of one ref mostly hold the same files
  const files = new Map<string, Candidate>();
  for (const one of candidates) {
    const key = `${one.kind} ${one.oid}`;
    if (!files.has(key)) files.set(key, one);
  }
  const readable = await withinLimits([...files.values()], finding);
  const statements = once(await readCandidates(readable, finding), await loadCrypto());
  return { statements, problems: finding.problems };
}
