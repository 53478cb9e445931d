/**
 * Finds the log entries of the signatures in repositories: on every ref, in every reflog, in notes, tags and merged tags,
 * in the bundles of statements and in kept push certificates. An entry is known by its leaf hash. An attestation by
 * gitsign is known by the hash of its envelope, which covers payload and signatures.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { tagTarget } from '../core/git/links.ts';
import { mergedTags } from '../core/git/merged-tags.ts';
import { payloadKind } from '../core/git/payload-kind.ts';
import {
  type ObjectType,
  objectId,
  splitPushCertificate,
  splitSignedObject,
} from '../core/git/signed-object.ts';
import { Refusal } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import { CERTIFICATES } from '../git/kept-certificates.ts';
import type { ObjectFrame } from '../git/object-frames.ts';
import { listed } from '../git/objects.ts';
import { type GitRepository, openRepository } from '../git/repository.ts';
import { FETCHED } from '../statements/places.ts';
import { bundlesIn } from '../statements/read.ts';
import type { Environment } from '../system/environment.ts';
import { bundleSignature, objectSignature } from './known-leaves.ts';
import type { ExplicableEntry } from './logged-signature.ts';
import type { Watch } from './watch.ts';

/** The signatures of repositories, as logs know them. */
export interface KnownSignatures {
  /** Returns true if the entry belongs to one of the signatures. */
  readonly explains: (entry: ExplicableEntry) => boolean;
  /** How many there are by watched identities. */
  readonly count: number;
}

const AT_ONCE = 512;
/** Most tags in a chain of tags. */
const MAX_DEPTH = 8;
const BRACE = 0x7b;
const NEWLINE = 0x0a;

interface Collected {
  readonly leaves: Set<string>;
  /** Digest of an object's name and SHA-256 of the certificate, for gitsign's online form. */
  readonly names: Set<string>;
  /** SHA-256 of DSSE envelopes. */
  readonly envelopes: Set<string>;
}

interface Collecting extends Collected {
  readonly crypto: Crypto;
  readonly watch: Watch;
  readonly repository: GitRepository;
}

/** Where repositories are looked for. */
interface Here {
  readonly env: Environment;
  readonly cwd: string;
}

/** Opens a repository that is named. @throws UsageError */
async function openNamed(path: string, { env, cwd }: Here): Promise<GitRepository> {
  const place = resolve(cwd, path);
  const refused = (why: string): UsageError => new UsageError(`--repository ${path}: ${why}`);
  if (!existsSync(place)) throw refused('there is no such directory');
  try {
    return await openRepository(place, withoutRepository(env));
  } catch (error) {
    throw error instanceof UsageError ? refused(error.message) : error;
  }
}

/** Checks that each of these is a repository, before it is needed. @throws UsageError */
export async function checkRepositories(paths: readonly string[], here: Here): Promise<void> {
  for (const path of paths) (await openNamed(path, here)).objects.close();
}

/** Reads the signatures of these repositories. @throws UsageError for a path that is none, OBJECT_CORRUPT */
export async function knownSignatures(
  paths: readonly string[],
  { crypto, watch, ...here }: Here & { readonly crypto: Crypto; readonly watch: Watch },
): Promise<KnownSignatures> {
  const all: Collected = { leaves: new Set(), names: new Set(), envelopes: new Set() };
  let count = 0;
  for (const path of paths) {
    const repository = await openNamed(path, here);
    try {
      count += await collect({ ...all, crypto, watch, repository });
    } finally {
      repository.objects.close();
    }
  }
  return {
    count,
    explains: ({ leaf, digest, envelope, certificate }) =>
      all.leaves.has(leaf) ||
      (envelope !== undefined && all.envelopes.has(envelope)) ||
      (digest !== undefined && all.names.has(`${digest} ${certificate.sha256}`)),
  };
}

/** A repository that the environment names would be read in place of the one that is asked for. */
function withoutRepository(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^GIT_(?!CONFIG)/.test(name)));
}

async function collect(collecting: Collecting): Promise<number> {
  const { repository } = collecting;
  let count = 0;
  const note = (frame: ObjectFrame): void => {
    if (frame.kind !== 'object' || (frame.type !== 'commit' && frame.type !== 'tag')) return;
    if (noteSignature(frame.type, frame.raw, collecting)) count += 1;
    if (frame.type !== 'commit') return;
    for (const tag of tagsMergedBy(frame.raw))
      if (noteSignature('tag', tag, collecting)) count += 1;
  };
  await eachListed(repository, ['--all', '--reflog'], note);
  await eachListed(repository, ATTESTATIONS, (frame) => {
    count += noteStatements(frame, collecting);
  });
  await eachListed(repository, PUSHES, (frame) => {
    if (notePush(frame, collecting)) count += 1;
  });
  let tags: readonly string[] = await tagsOf(repository);
  for (let depth = 0; depth < MAX_DEPTH && tags.length > 0; depth += 1) {
    const targets = await repository.objects.each(tags, (frame) => {
      note(frame);
      if (frame.kind !== 'object' || frame.type !== 'tag') return [];
      const { target, targetType } = tagTarget(frame.raw, repository.format) ?? {};
      return target !== undefined && targetType === 'tag' ? [target] : [];
    });
    tags = targets.flat();
  }
  return count;
}

/** All objects of statements, of gitsign's `attest` and of notes. */
const ATTESTATIONS = [
  '--objects',
  '--glob=refs/attestations/*',
  `--glob=${FETCHED}/*`,
  '--glob=refs/notes/*',
];
/** All objects of kept push certificates. git knows no option for one ref that may not be there. */
const PUSHES = ['--objects', `--glob=${CERTIFICATES}*`];

/** Reads every object that `git rev-list` lists. */
async function eachListed(
  repository: GitRepository,
  args: readonly string[],
  read: (frame: ObjectFrame) => void,
): Promise<void> {
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    await repository.objects.each(waiting, read);
    waiting = [];
  };
  for await (const lines of listed(repository, ['rev-list', ...args])) {
    // a path may follow the name
    for (const line of lines) waiting.push(line.split(' ', 1)[0] ?? '');
    if (waiting.length >= AT_ONCE) await flush();
  }
  await flush();
}

/**
 * Notes what may be an envelope, and the entries that bundles by watched identities would have. Returns the number of those.
 * Nothing else has the hash of an envelope. `git notes` ends every note with a line end.
 */
function noteStatements(frame: ObjectFrame, collecting: Collecting): number {
  if (frame.kind !== 'object' || frame.type !== 'blob') return 0;
  const { crypto, envelopes, leaves } = collecting;
  const { raw } = frame;
  if (raw[0] === BRACE) {
    envelopes.add(toHex(crypto.hash('sha256', raw)));
    if (raw.at(-1) === NEWLINE) envelopes.add(toHex(crypto.hash('sha256', raw.subarray(0, -1))));
  }
  const known = bundlesIn(raw).flatMap((bundle) => bundleSignature(bundle, collecting) ?? []);
  for (const leaf of known.flatMap((each) => each.leaves)) leaves.add(leaf);
  return known.length;
}

/** Notes the entries that a push certificate by a watched identity would have. Returns false for any other object. */
function notePush(frame: ObjectFrame, collecting: Collecting): boolean {
  if (frame.kind !== 'object' || frame.type !== 'blob') return false;
  const split = splitPushCertificate(frame.raw);
  if (split === undefined || payloadKind(split.payload) !== 'push') return false;
  const known = objectSignature(split, collecting);
  for (const leaf of known?.leaves ?? []) collecting.leaves.add(leaf);
  return known !== undefined;
}

function tagsMergedBy(commit: Uint8Array): readonly Uint8Array[] {
  try {
    return mergedTags(commit);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

async function tagsOf(repository: GitRepository): Promise<readonly string[]> {
  const tags: string[] = [];
  const args = ['for-each-ref', '--format=%(objecttype) %(objectname)'];
  for await (const lines of listed(repository, args))
    tags.push(...lines.flatMap((line) => (line.startsWith('tag ') ? [line.slice(4)] : [])));
  return tags;
}

/** Notes the entries that a signature by a watched identity would have. Returns false for any other object. */
function noteSignature(type: ObjectType, raw: Uint8Array, collecting: Collecting): boolean {
  const { repository, crypto, leaves, names } = collecting;
  const split = splitSignedObject(type, raw, repository.format);
  const known = split && objectSignature(split, collecting);
  if (known === undefined) return false;
  for (const leaf of known.leaves) leaves.add(leaf);
  const certificate = toHex(crypto.hash('sha256', known.certificate.der));
  const name = utf8(objectId(crypto, type, raw, repository.format));
  names.add(`${toHex(crypto.hash('sha256', name))} ${certificate}`);
  return true;
}
