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

/** An entry whose body is kept elsewhere. `stored` reads it back. */
interface NewEntry extends Pick<StoredEntry, 'body' | 'integratedTime'> {
  readonly stored: () => Buffer;
}

/** The tree and the search index, in memory. Bodies stay in the file, so that a log of a million entries fits into memory. */
class EntryStore {
  readonly tree = new MerkleTree();
  readonly #shard: string;
  readonly #entries: StoredEntry[] = [];
  readonly #indexOfUuid = new Map<string, number>();
  readonly #uuidsByKey = new Map<string, string[]>();

  constructor(treeId: string) {
    this.#shard = BigInt(treeId).toString(16).padStart(16, '0');
  }

  insert({ body, integratedTime, stored }: NewEntry, hash: Buffer): StoredEntry {
    const uuid = this.#shard + hash.toString('hex');
    const logIndex = this.tree.append(hash);
    const entry = {
      ...{ uuid, logIndex, integratedTime },
      get body() {
        return stored();
      },
    };
    this.#entries.push(entry);
    this.#indexOfUuid.set(uuid, entry.logIndex);
    for (const key of indexKeys(body)) {
      const known = this.#uuidsByKey.get(key);
      if (known === undefined) this.#uuidsByKey.set(key, [uuid]);
      else known.push(uuid);
    }
    return entry;
  }

  byIndex(index: number): StoredEntry | undefined {
    return this.#entries[index];
  }

  /** By UUID, with or without the shard before it. */
  byUuid(uuid: string): StoredEntry | undefined {
    const index = this.#indexOfUuid.get(uuid.length === 64 ? this.#shard + uuid : uuid);
    return index === undefined ? undefined : this.#entries[index];
  }

  search(key: string): readonly string[] {
    return (this.#uuidsByKey.get(key) ?? []).toReversed();
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

/** A line of the file: the time, a space and the body in base64. `at` is where it begins. */
interface Line {
  readonly line: string;
  readonly at: number;
}

/** Opens the log of a directory. Checkpoints are signed under `host`. `treeId` is decimal. */
export function openRekorV1(dir: string, keys: KeyPair, treeId: string, host: string): RekorV1Log {
  const store = new EntryStore(treeId);
  const { tree } = store;
  const logId = keyDigest(keys.publicKey);
  const key = keys.privateKey;
  const origin = `${host} - ${treeId}`;
  const checkpointOf = checkpointSigner({ origin, name: host, keyHint: logId, key }, tree);
  const insert = ({ line, at }: Line, body: Buffer, integratedTime: number): StoredEntry => {
    const space = line.indexOf(' ') + 1;
    const [from, length] = [at + space, line.length - space];
    const stored = () => Buffer.from(lines.read(from, length).toString('latin1'), 'base64');
    return store.insert({ body, integratedTime, stored }, leafHash(body));
  };
  const lines = openLineLog(join(dir, 'rekor-v1.log'), (line, at) => {
    const [time = '', body = ''] = line.split(' ');
    const bytes = Buffer.from(body, 'base64');
    insert({ line, at }, bytes, Number(time));
  });
  return {
    ...{ publicKey: keys.publicKey, logId, treeId, tree },
    append: (body, at) => {
      const hash = leafHash(body);
      const existing = store.byUuid(hash.toString('hex'));
      if (existing !== undefined) return { entry: existing, added: false };
      const seconds = Math.floor(at / 1000);
      const line = `${seconds} ${body.toString('base64')}`;
      return { entry: insert({ line, at: lines.append(line) }, body, seconds), added: true };
    },
    byUuid: (uuid) => store.byUuid(uuid),
    byIndex: (index) => store.byIndex(index),
    byBody: (body) => store.byUuid(leafHash(body).toString('hex')),
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
