/**
 * The one reader of commits and tags: what git reads from an object's header, or why it is malformed. git reads tree,
 * parents and people by position, and stops at the first line that is none, so an object whose header lines stand in
 * another order is another object to git than to whoever only looks for names (threats G18, G19). The grammar is what
 * `git fsck` asks for (fsck.c, fsck_commit and fsck_tag), on the bytes as they are stored:
 *
 *     commit = tree, parent*, author, committer, then encoding, gpgsig, gpgsig-sha256, mergetag and others in any order
 *     tag    = object, type, tag, optional tagger, then at most one of gpgsig and gpgsig-sha256
 *
 * It judges order, count and names of header lines, never what a person is called: history has odd people.
 */

import { equal, latin1 } from '../bytes.ts';
import { Refusal } from '../verdict.ts';
import { HeaderLines, malformed, type Span, standsAt } from './header-lines.ts';

export type ObjectType = 'commit' | 'tag';
export type ObjectFormat = 'sha1' | 'sha256';
export type TargetType = ObjectType | 'tree' | 'blob';

interface Header {
  /** All header lines, without the blank line behind them. */
  readonly end: number;
  /** The lines that git finds by their position: up to the committer, or the tagger. */
  readonly positional: Uint8Array;
  /** Value of the `encoding` header. */
  readonly encoding: string | undefined;
  /** Whole signature headers with their line ends, by name. */
  readonly signatures: Readonly<Partial<Record<SignatureHeader, Span>>>;
}

export interface CommitHeader extends Header {
  readonly type: 'commit';
  /** Lower-case hex. */
  readonly tree: string;
  /** Lower-case hex, in order. */
  readonly parents: readonly string[];
  /** Bytes behind `author `: person.ts reads them. */
  readonly author: Uint8Array;
  readonly committer: Uint8Array;
}

export interface TagHeader extends Header {
  readonly type: 'tag';
  /** Lower-case hex. */
  readonly target: string;
  readonly targetType: TargetType;
  readonly name: Uint8Array;
  /** Absent in the oldest tags. */
  readonly tagger: Uint8Array | undefined;
}

export type ObjectHeader = CommitHeader | TagHeader;

/** The headers that hold signatures, by the format whose objects they sign. */
export const SIGNATURE_HEADERS = { sha1: 'gpgsig', sha256: 'gpgsig-sha256' } as const;
export type SignatureHeader = (typeof SIGNATURE_HEADERS)[ObjectFormat];

/** How an object is read: as it is stored, or as the payload of a signature, which holds no signature header. */
export interface ReadOptions {
  /** The repository's format; undefined allows the hashes of either, as long as they are all of one. */
  readonly format?: ObjectFormat | undefined;
  readonly form: 'stored' | 'payload';
}

/** Bytes of one signature, armored. */
export const MAX_SIGNATURE_BYTES = 1024 * 1024;

const SPACE = 0x20;
const POSITIONAL: Readonly<Record<ObjectType, readonly string[]>> = {
  commit: ['tree', 'parent', 'author', 'committer'],
  tag: ['object', 'type', 'tag', 'tagger'],
};
const TARGETS: readonly string[] = ['commit', 'tag', 'tree', 'blob'];

/** Type of the object that these bytes are, by its first header as git writes it; undefined for anything else. */
export function typeOf(bytes: Uint8Array): ObjectType | undefined {
  if (standsAt(bytes, 0, 'tree ')) return 'commit';
  return standsAt(bytes, 0, 'object ') ? 'tag' : undefined;
}

/** What stands behind the lines that have their place. @throws Refusal */
function readOthers(
  lines: HeaderLines,
  type: ObjectType,
  form: ReadOptions['form'],
): Pick<Header, 'encoding' | 'signatures'> {
  const signatures: Partial<Record<SignatureHeader, Span>> = {};
  let encoding: string | undefined;
  while (lines.at < lines.end) {
    const { name, start, end, first } = lines.takeAny();
    if (POSITIONAL[type].includes(name)) throw malformed(`\`${name}\` stands in the wrong place`);
    if (name.startsWith('gpgsig')) {
      if (lines.bytes[start + name.length] !== SPACE) throw malformed(`\`${name}\` has no value`);
      addSignature(signatures, { name, start, end }, form);
    } else if (type === 'tag') {
      throw malformed(`git writes no \`${name.slice(0, 40)}\` header into a tag`);
    } else if (name === 'encoding') {
      if (encoding !== undefined) throw malformed('it has two `encoding` headers');
      encoding = latin1(first);
    }
  }
  // git 2.39 leaves the first of two in what it has verified
  if (type === 'tag' && Object.keys(signatures).length > 1) {
    throw malformed('it has two signature headers');
  }
  return { encoding, signatures };
}

function addSignature(
  signatures: Partial<Record<SignatureHeader, Span>>,
  { name, start, end }: Span & { readonly name: string },
  form: ReadOptions['form'],
): void {
  if (name !== 'gpgsig' && name !== 'gpgsig-sha256') {
    throw malformed(`no signature covers \`${name.slice(0, 40)}\``);
  }
  if (form === 'payload') throw malformed(`no signature covers \`${name}\``);
  if (signatures[name] !== undefined) throw malformed(`it has two \`${name}\` headers`);
  if (end - start > MAX_SIGNATURE_BYTES) {
    throw malformed(`\`${name}\` is over ${MAX_SIGNATURE_BYTES} bytes`);
  }
  signatures[name] = { start, end };
}

function readCommit(lines: HeaderLines, { format, form }: ReadOptions): CommitHeader {
  const tree = lines.takeHash('tree', format && hashLength(format));
  const parents: string[] = [];
  while (lines.isNamed('parent')) parents.push(lines.takeHash('parent', tree.length));
  const author = lines.take('author');
  const committer = lines.take('committer');
  const positional = lines.bytes.subarray(0, lines.at);
  const { end } = lines;
  const others = readOthers(lines, 'commit', form);
  return { type: 'commit', tree, parents, author, committer, positional, end, ...others };
}

function readTag(lines: HeaderLines, { format, form }: ReadOptions): TagHeader {
  const target = lines.takeHash('object', format && hashLength(format));
  const targetType = latin1(lines.take('type').subarray(0, 8));
  if (!TARGETS.includes(targetType)) throw malformed('git knows no such `type`');
  const name = lines.take('tag');
  if (name.includes(0x0d)) throw malformed('`tag` holds a CR');
  const tagger = lines.isNamed('tagger') ? lines.take('tagger') : undefined;
  const positional = lines.bytes.subarray(0, lines.at);
  const { end } = lines;
  const others = readOthers(lines, 'tag', form);
  return {
    ...{ type: 'tag', target, targetType: targetType as TargetType, name, tagger },
    ...{ positional, end, ...others },
  };
}

function hashLength(format: ObjectFormat): number {
  return format === 'sha1' ? 40 : 64;
}

/**
 * Reads the header of a commit or tag as git does.
 * @throws Refusal `object-malformed` where git would read something else, or nothing, or the header is over its budget
 */
export function readHeader(
  type: ObjectType,
  bytes: Uint8Array,
  options: ReadOptions,
): ObjectHeader {
  const lines = new HeaderLines(bytes);
  return type === 'commit' ? readCommit(lines, options) : readTag(lines, options);
}

/** True when git reads the same from both. */
export function readsEqual(one: ObjectHeader, other: ObjectHeader): boolean {
  return (
    one.type === other.type &&
    one.encoding === other.encoding &&
    equal(one.positional, other.positional)
  );
}

/**
 * What git reads from a stored object, or from a payload, by its first header; undefined where that is malformed, or
 * neither commit nor tag.
 */
export function headerOf(bytes: Uint8Array): ObjectHeader | undefined {
  const type = typeOf(bytes);
  try {
    return type && readHeader(type, bytes, { form: 'stored' });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** What git reads from a stored commit; undefined where that is malformed, or no commit. */
export function commitHeader(raw: Uint8Array): CommitHeader | undefined {
  const header = headerOf(raw);
  return header?.type === 'commit' ? header : undefined;
}

/** What git reads from a stored tag; undefined where that is malformed, or no tag. */
export function tagHeader(raw: Uint8Array): TagHeader | undefined {
  const header = headerOf(raw);
  return header?.type === 'tag' ? header : undefined;
}
