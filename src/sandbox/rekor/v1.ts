/**
 * Rekor v1's log: hashedrekord and dsse 0.0.1 entries in a Merkle tree (RFC 6962), each answered with an inclusion
 * proof under a signed checkpoint and with a signed promise (SET) that binds body, time and index.
 */

import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type KeyPair, openLineLog } from '../state.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import { checkpoint, keyDigest, type NoteSigner } from './signed-note.ts';
import { dsseSearchTerms } from './v1-dsse.ts';

export interface StoredEntry {
  readonly uuid: string;
  readonly logIndex: number;
  readonly body: Buffer;
  /** Unix seconds. */
  readonly integratedTime: number;
}

/** The value beside the UUID in Rekor's answers. */
export interface LogEntryAnswer {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: InclusionProofAnswer;
    readonly signedEntryTimestamp: string;
  };
}

export interface InclusionProofAnswer {
  readonly checkpoint: string;
  readonly hashes: readonly string[];
  readonly logIndex: number;
  readonly rootHash: string;
  readonly treeSize: number;
}

export interface RekorV1Log {
  readonly publicKey: KeyObject;
  /** SHA-256 of the key. */
  readonly logId: Buffer;
  readonly treeId: string;
  readonly tree: MerkleTree;
  /** Appends, or gives the entry that has that very body: `added` says which. */
  readonly append: (
    body: Buffer,
    at: number,
  ) => { readonly entry: StoredEntry; readonly added: boolean };
  readonly byUuid: (uuid: string) => StoredEntry | undefined;
  readonly byIndex: (index: number) => StoredEntry | undefined;
  readonly byBody: (body: Uint8Array) => StoredEntry | undefined;
  /** UUIDs by search key, newest first: hex SHA-256 of the key's PEM, `sha256:<digest>`, e-mail. */
  readonly search: (key: string) => readonly string[];
  readonly answer: (entry: StoredEntry, size?: number) => LogEntryAnswer;
  readonly checkpoint: () => string;
  readonly close: () => void;
}

const sha256Hex = (data: Uint8Array | string): string =>
  createHash('sha256').update(data).digest('hex');

/** hashedrekord 0.0.1 in RFC 8785 form: all its members are ASCII, so sorted keys and JSON's own escapes are enough. */
export function hashedRekordV001(
  artifact: { readonly algorithm: string; readonly value: string },
  signature: string,
  pem: string,
): Buffer {
  const content = Buffer.from(pem).toString('base64');
  const spec = {
    data: { hash: artifact },
    signature: { content: signature, publicKey: { content } },
  };
  return Buffer.from(JSON.stringify({ apiVersion: '0.0.1', kind: 'hashedrekord', spec }));
}

/** E-mail addresses that a certificate is for, in lower case, as the index keeps them. */
function emailsIn(pem: string): string[] {
  if (!pem.startsWith('-----BEGIN CERTIFICATE-----')) return [];
  const names = new X509Certificate(pem).subjectAltName ?? '';
  return [...names.matchAll(/(?:^|, )email:([^,]+)/g)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  );
}

/** What the index knows an entry by: the key's digest, `sha256:<artifact>`, e-mail addresses. */
function indexKeys(body: Buffer): string[] {
  const { kind, spec } = JSON.parse(body.toString());
  if (kind === 'dsse') {
    const { digests, pems } = dsseSearchTerms(spec);
    // as Rekor: of this kind alone, a key's digest stands among those of artifacts
    const keys = pems.map((pem) => `sha256:${sha256Hex(pem)}`);
    return [...keys, ...pems.flatMap(emailsIn), ...digests];
  }
  const pem = Buffer.from(spec.signature.publicKey.content, 'base64').toString();
  return [sha256Hex(pem), `${spec.data.hash.algorithm}:${spec.data.hash.value}`, ...emailsIn(pem)];
}

/** Where a body stands in the log's file, in base64: the first byte and how many. */
interface Place {
  readonly at: number;
  readonly length: number;
}

/** An entry in numbers alone: its UUID stands in the tree and its body in the file. */
class PlacedEntry implements StoredEntry {
  readonly logIndex: number;
  readonly integratedTime: number;
  readonly #store: EntryStore;
  readonly #place: Place;

  constructor(store: EntryStore, index: number, integratedTime: number, place: Place) {
    this.#store = store;
    this.logIndex = index;
    this.integratedTime = integratedTime;
    this.#place = place;
  }

  get uuid(): string {
    return this.#store.uuidAt(this.logIndex);
  }

  get body(): Buffer {
    return Buffer.from(this.#store.read(this.#place).toString('latin1'), 'base64');
  }
}

/**
 * The tree, the entries and the search index. Bodies stay in the file, and the index is made when it is first asked, so
 * that a log of a million entries fits into memory.
 */
class EntryStore {
  readonly tree = new MerkleTree();
  readonly read: (place: Place) => Buffer;
  readonly #shard: string;
  readonly #entries: StoredEntry[] = [];
  /** By the hash's bytes as Latin-1, which is the shortest string of them. */
  readonly #indexOfHash = new Map<string, number>();
  readonly #entriesByKey = new Map<string, StoredEntry[]>();
  #indexed = 0;

  constructor(treeId: string, read: (place: Place) => Buffer) {
    this.#shard = BigInt(treeId).toString(16).padStart(16, '0');
    this.read = read;
  }

  insert(hash: Buffer, integratedTime: number, place: Place): StoredEntry {
    const entry = new PlacedEntry(this, this.tree.append(hash), integratedTime, place);
    this.#entries.push(entry);
    this.#indexOfHash.set(hash.toString('latin1'), entry.logIndex);
    return entry;
  }

  uuidAt(index: number): string {
    return this.#shard + this.tree.nodes(0, index, index + 1).toString('hex');
  }

  byIndex(index: number): StoredEntry | undefined {
    return this.#entries[index];
  }

  byHash(hash: Buffer): StoredEntry | undefined {
    const index = this.#indexOfHash.get(hash.toString('latin1'));
    return index === undefined ? undefined : this.#entries[index];
  }

  /** By UUID, with or without the shard before it. */
  byUuid(uuid: string): StoredEntry | undefined {
    const hash = uuid.startsWith(this.#shard) ? uuid.slice(this.#shard.length) : uuid;
    return /^[0-9a-f]{64}$/.test(hash) ? this.byHash(Buffer.from(hash, 'hex')) : undefined;
  }

  search(key: string): readonly string[] {
    for (const entry of this.#entries.slice(this.#indexed)) this.#index(entry);
    return (this.#entriesByKey.get(key) ?? []).map(({ uuid }) => uuid).toReversed();
  }

  #index(entry: StoredEntry): void {
    for (const key of indexKeys(entry.body)) {
      const known = this.#entriesByKey.get(key);
      if (known === undefined) this.#entriesByKey.set(key, [entry]);
      else known.push(entry);
    }
    this.#indexed += 1;
  }
}

/** Signs the tree's head. A size that was just signed is not signed again. */
function checkpointSigner(signer: NoteSigner, tree: MerkleTree): (size: number) => string {
  let latest = { size: -1, text: '' };
  return (size) => {
    if (latest.size !== size) latest = { size, text: checkpoint(signer, size, tree.root(size)) };
    return latest.text;
  };
}

/**
 * Opens the log of a directory. A line of its file is the time, a space and the body in base64. Checkpoints are signed
 * under `host`. `treeId` is decimal.
 */
export function openRekorV1(dir: string, keys: KeyPair, treeId: string, host: string): RekorV1Log {
  const store = new EntryStore(treeId, ({ at, length }) => lines.read(at, length));
  const { tree } = store;
  const logId = keyDigest(keys.publicKey);
  const key = keys.privateKey;
  const origin = `${host} - ${treeId}`;
  const checkpointOf = checkpointSigner({ origin, name: host, keyHint: logId, key }, tree);
  const insert = (line: string, at: number, hash: Buffer): StoredEntry => {
    const begin = line.indexOf(' ') + 1;
    const place = { at: at + begin, length: line.length - begin };
    return store.insert(hash, Number(line.slice(0, begin)), place);
  };
  const lines = openLineLog(join(dir, 'rekor-v1.log'), (line, at) => {
    const body = Buffer.from(line.slice(line.indexOf(' ') + 1), 'base64');
    insert(line, at, leafHash(body));
  });
  return {
    ...{ publicKey: keys.publicKey, logId, treeId, tree },
    append: (body, at) => {
      const hash = leafHash(body);
      const existing = store.byHash(hash);
      if (existing !== undefined) return { entry: existing, added: false };
      const line = `${Math.floor(at / 1000)} ${body.toString('base64')}`;
      return { entry: insert(line, lines.append(line), hash), added: true };
    },
    byUuid: (uuid) => store.byUuid(uuid),
    byIndex: (index) => store.byIndex(index),
    byBody: (body) => store.byHash(leafHash(body)),
    search: (wanted) => store.search(wanted),
    answer: (entry, size = tree.size) =>
      answerOf(entry, { tree, size, logId, key, checkpoint: checkpointOf(size) }),
    checkpoint: () => checkpointOf(tree.size),
    close: lines.close,
  };
}

interface Signing {
  readonly tree: MerkleTree;
  readonly size: number;
  readonly logId: Buffer;
  readonly key: KeyObject;
  readonly checkpoint: string;
}

function answerOf(
  entry: StoredEntry,
  { tree, size, logId, key, checkpoint: note }: Signing,
): LogEntryAnswer {
  const body = entry.body.toString('base64');
  const logID = logId.toString('hex');
  return {
    body,
    integratedTime: entry.integratedTime,
    logID,
    logIndex: entry.logIndex,
    verification: {
      inclusionProof: {
        checkpoint: note,
        hashes: tree.inclusionProof(entry.logIndex, size).map((hash) => hash.toString('hex')),
        logIndex: entry.logIndex,
        rootHash: tree.root(size).toString('hex'),
        treeSize: size,
      },
      signedEntryTimestamp: signedEntryTimestamp(key, {
        body,
        integratedTime: entry.integratedTime,
        logID,
        logIndex: entry.logIndex,
      }),
    },
  };
}

/** The SET: ECDSA over RFC 8785 JSON of exactly these four members, in this order. */
export function signedEntryTimestamp(
  key: KeyObject,
  { body, integratedTime, logID, logIndex }: Omit<LogEntryAnswer, 'verification'>,
): string {
  const payload = JSON.stringify({ body, integratedTime, logID, logIndex });
  return sign('sha256', Buffer.from(payload), key).toString('base64');
}
