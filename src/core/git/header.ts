/**
 * Reads the headers of commits and tags as git does, or says why they are malformed. Every other part of this program
 * uses this reader. git reads tree, parents and people by position, and stops at the first other line. So git and a reader
 * that looks for names would read different objects if the lines stand in another order (threats G18, G19). The grammar
 * is that of `git fsck` (fsck.c, fsck_commit and fsck_tag), on the stored bytes:
 *
 *     commit = tree, parent*, author, committer, then encoding, gpgsig, gpgsig-sha256, mergetag and others in any order
 *     tag    = object, type, tag, optional tagger, then at most one of gpgsig and gpgsig-sha256
 *
 * It checks order, count and names of header lines, but not the names of people, because history has odd ones.
 */

import { equal, latin1 } from '../bytes.ts';
import { Refusal } from '../verdict.ts';
import { HeaderLines, malformed, type Span, standsAt } from './header-lines.ts';

export type ObjectType = 'commit' | 'tag';
export type ObjectFormat = 'sha1' | 'sha256';
export type TargetType = ObjectType | 'tree' | 'blob';

interface Header {
  /** End of the header lines, before the blank line. */
  readonly end: number;
  /** The lines that git finds by their position, up to the committer or tagger. */
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
  /** Bytes behind `author `. person.ts reads them. */
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

/** The headers that hold signatures, by the object format that they sign. */
export const SIGNATURE_HEADERS = { sha1: 'gpgsig', sha256: 'gpgsig-sha256' } as const;
export type SignatureHeader = (typeof SIGNATURE_HEADERS)[ObjectFormat];

/** The way of reading: as a stored object, or as the payload of a signature, which holds no signature header. */
export interface ReadOptions {
  /** The repository's format. If undefined, either format is allowed, but all hashes must have the same. */
  readonly format?: ObjectFormat | undefined;
  readonly form: 'stored' | 'payload';
}

/** Most bytes of one armored signature. */
export const MAX_SIGNATURE_BYTES = 1024 * 1024;

const SPACE = 0x20;
const POSITIONAL: Readonly<Record<ObjectType, readonly string[]>> = {
  commit: ['tree', 'parent', 'author', 'committer'],
  tag: ['object', 'type', 'tag', 'tagger'],
};
const TARGETS: readonly string[] = ['commit', 'tag', 'tree', 'blob'];

/** Returns the type of an object by its first header, or undefined for any other bytes. */
export function typeOf(bytes: Uint8Array): ObjectType | undefined {
  if (standsAt(bytes, 0, 'tree ')) return 'commit';
  return standsAt(bytes, 0, 'object ') ? 'tag' : undefined;
}

/** Reads the headers behind the positional ones. @throws Refusal */
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
  // with two signatures, git 2.39 leaves the first one in the payload
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
 * @throws Refusal `object-malformed` if git would read something else or nothing, or if the header is too long
 */
export function readHeader(
  type: ObjectType,
  bytes: Uint8Array,
  options: ReadOptions,
): ObjectHeader {
  const lines = new HeaderLines(bytes);
  return type === 'commit' ? readCommit(lines, options) : readTag(lines, options);
}

/** Returns true if git reads the same from both. */
export function readsEqual(one: ObjectHeader, other: ObjectHeader): boolean {
  return (
    one.type === other.type &&
    one.encoding === other.encoding &&
    equal(one.positional, other.positional)
  );
}

/**
 * Reads the header of a stored object or payload, whose first header tells its type. Returns undefined if it is
 * malformed, or neither commit nor tag.
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

/** Reads the header of a stored commit. Returns undefined if it is malformed, or no commit. */
export function commitHeader(raw: Uint8Array): CommitHeader | undefined {
  const header = headerOf(raw);
  return header?.type === 'commit' ? header : undefined;
}

/** Reads the header of a stored tag. Returns undefined if it is malformed, or no tag. */
export function tagHeader(raw: Uint8Array): TagHeader | undefined {
  const header = headerOf(raw);
  return header?.type === 'tag' ? header : undefined;
}
