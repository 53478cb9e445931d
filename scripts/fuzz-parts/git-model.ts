/**
 * What git reads of a commit or tag, and what it hands to a signing program: an independent model, written from git's
 * documentation (gitformat-signature, git-fsck) and from what git was seen to do; nothing of src/ is used. The campaign
 * holds every object that verifies against it, and test/fuzz.test.ts holds it against git itself.
 */

export type GitType = 'commit' | 'tag';

/** Everything that some part of git shows or walks by. Texts are Latin-1: one character a byte. */
export interface GitReading {
  readonly type: GitType;
  /** Names of the headers up to the last that git fsck wants in this order. */
  readonly order: readonly string[];
  /** A commit's tree, or what a tag points to with its type. */
  readonly target: string;
  readonly parents: readonly string[];
  readonly tagName: string;
  /** Each line of that name: parts of git take the first, others the last. */
  readonly people: readonly string[];
  readonly encoding: readonly string[];
  readonly message: string;
  /** How many headers of a commit hold a signature that counts here. */
  readonly signatures: number;
}

export interface Handed {
  readonly payload: Buffer;
  readonly signature: Buffer;
}

const text = (raw: Uint8Array): string => Buffer.from(raw).toString('latin1');
const bytes = (latin: string): Buffer => Buffer.from(latin, 'latin1');

const FSCK_ORDER: Readonly<Record<GitType, RegExp>> = {
  commit: /^(?:tree|parent|author|committer)$/,
  tag: /^(?:object|type|tag|tagger)$/,
};

/** The header, as git log goes through it: to the first empty line, and past a NUL as if a line ended there. */
function headerLines(raw: string): readonly string[] {
  const lines = raw.split(/[\n\0]/);
  const end = lines.indexOf('');
  return end === -1 ? lines : lines.slice(0, end);
}

function messageOf(raw: string): string {
  const blank = raw.indexOf('\n\n');
  return blank === -1 ? '' : raw.slice(blank + 2);
}

/** Names of the leading headers that git fsck wants one behind the other; it stops at the first other one. */
function leadingNames(type: GitType, lines: readonly string[]): readonly string[] {
  const names = lines.map((line) => line.split(' ', 1)[0] ?? '');
  const other = names.findIndex((name) => !FSCK_ORDER[type].test(name));
  return other === -1 ? names : names.slice(0, other);
}

function common(type: GitType, raw: string, signatureHeader: string) {
  const lines = headerLines(raw);
  const named = (name: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${name} `));
  const people = type === 'commit' ? ['author', 'committer'] : ['tagger'];
  return {
    type,
    order: leadingNames(type, lines),
    people: people.flatMap(named),
    encoding: named('encoding'),
    // in a tag such a header is of another hash algorithm; the signature stands at its end
    signatures: type === 'commit' ? named(signatureHeader).length : 0,
  };
}

/**
 * Parents from a position on, as many as stand one behind the other. What is too short for a line and one character more
 * is none; a longer line that begins as a parent does and is none stops git.
 */
function parentsOf(whole: string, from: number, hexDigits: 40 | 64): readonly string[] | undefined {
  const length = 'parent '.length + hexDigits + 1;
  const parents: string[] = [];
  for (let at = from; at + length < whole.length && whole.startsWith('parent ', at); at += length) {
    const [, id] = /^parent ([0-9a-fA-F]+)\n$/.exec(whole.slice(at, at + length)) ?? [];
    if (id === undefined) return undefined;
    parents.push(id);
  }
  return parents;
}

/** What git reads; undefined where it cannot parse the object. `hexDigits`: 40, or 64. */
export function readAsGit(
  type: GitType,
  raw: Uint8Array,
  hexDigits: 40 | 64,
): GitReading | undefined {
  const whole = text(raw);
  const signatureHeader = hexDigits === 40 ? 'gpgsig' : 'gpgsig-sha256';
  const hash = `[0-9a-fA-F]{${hexDigits}}`;
  if (type === 'commit') {
    const head = new RegExp(`^tree (${hash})\n`).exec(whole);
    const parents = parentsOf(whole, head?.[0].length ?? 0, hexDigits);
    if (head === null || parents === undefined) return undefined;
    const message = messageOf(whole);
    return {
      ...common(type, whole, signatureHeader),
      ...{ target: head[1] ?? '', parents, tagName: '', message },
    };
  }
  const head = new RegExp(`^object (${hash})\ntype ([^\n]{1,19})\ntag ([^\n]*)\n`).exec(whole);
  if (head === null) return undefined;
  const [, object = '', kind = '', tagName = ''] = head;
  const payload = handedToProgram(type, raw, hexDigits)?.payload;
  return {
    ...common(type, whole, signatureHeader),
    ...{ target: `${kind} ${object}`, parents: [], tagName },
    message: messageOf(payload === undefined ? whole : text(payload)),
  };
}

const ARMORS = /^-----BEGIN (?:SIGNED MESSAGE|PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE)-----/gm;

/** Headers with their continuation lines, and where the message begins (its blank line included). */
function groupsOf(whole: string): { readonly groups: readonly string[]; readonly rest: string } {
  const blank = whole.startsWith('\n') ? 0 : whole.indexOf('\n\n') + 1;
  const end = blank === 0 && !whole.startsWith('\n') ? whole.length : blank;
  const lines = whole.slice(0, end).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const groups: string[] = [];
  for (const line of lines) {
    if (line.startsWith(' ') && groups.length > 0) groups.push(`${groups.pop()}${line}`);
    else groups.push(line);
  }
  return { groups, rest: whole.slice(end) };
}

/** Payload and signature as `git verify-commit` and `git verify-tag` give them; undefined for what git calls unsigned. */
export function handedToProgram(
  type: GitType,
  raw: Uint8Array,
  hexDigits: 40 | 64,
): Handed | undefined {
  const whole = text(raw);
  if (type === 'commit') {
    const header = hexDigits === 40 ? 'gpgsig ' : 'gpgsig-sha256 ';
    const { groups, rest } = groupsOf(whole);
    const signatures = groups.filter((group) => group.startsWith(header));
    if (signatures.length === 0) return undefined;
    const signature = signatures
      .map((group) => group.slice(header.length).replace(/\n /g, '\n'))
      .join('');
    const payload = groups.filter((group) => !group.startsWith('gpgsig')).join('') + rest;
    return { payload: bytes(payload), signature: bytes(signature) };
  }
  const last = [...whole.matchAll(ARMORS)].at(-1);
  if (last === undefined) return undefined;
  const { groups, rest } = groupsOf(whole.slice(0, last.index));
  const kept = groups.filter((group) => !/^gpgsig(?:-sha256)? /.test(group));
  return { payload: bytes(kept.join('') + rest), signature: bytes(whole.slice(last.index)) };
}
