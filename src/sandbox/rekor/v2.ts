/**
 * Rekor v2: hashedrekord 0.0.2 in a tiled log (C2SP tlog-tiles) with Ed25519 checkpoints. It vouches for no
 * time and promises nothing: an answer holds a proof or there is none. Its id covers origin and key.
 */

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { verifyDigest } from '../digest-signature.ts';
import { type Handler, json, type Reply, text } from '../service.ts';
import { type KeyPair, openLineLog } from '../state.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import { checkpoint, type NoteSigner, noteKeyDigest, spkiOf } from './signed-note.ts';

const TILE = 256;

export interface RekorV2Log {
  readonly publicKey: KeyObject;
  readonly logId: Buffer;
  readonly origin: string;
  readonly tree: MerkleTree;
  /** Appends, or gives the index of the same body. */
  readonly append: (body: Buffer) => { readonly index: number; readonly added: boolean };
  /** TransparencyLogEntry as protojson. */
  readonly answer: (index: number) => Readonly<Record<string, unknown>>;
  readonly body: (index: number) => Buffer | undefined;
  readonly checkpoint: () => string;
  readonly handler: Handler;
  readonly close: () => void;
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : '', 'base64');

/** Key details that are accepted, with the curve and digest length they mean. */
const KEY_DETAILS: Readonly<
  Record<string, { readonly curve: string; readonly algorithm: string; readonly length: number }>
> = {
  PKIX_ECDSA_P256_SHA_256: { curve: 'prime256v1', algorithm: 'SHA2_256', length: 32 },
  PKIX_ECDSA_P384_SHA_384: { curve: 'secp384r1', algorithm: 'SHA2_384', length: 48 },
  PKIX_ECDSA_P521_SHA_512: { curve: 'secp521r1', algorithm: 'SHA2_512', length: 64 },
};

export interface HashedRekordV002 {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyDetails: string;
  readonly verifier: { readonly certificate: Uint8Array } | { readonly publicKey: Uint8Array };
}

/** hashedrekord 0.0.2 in RFC 8785 form. */
export function hashedRekordV002({
  digest,
  signature,
  keyDetails,
  verifier,
}: HashedRekordV002): Buffer {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const named =
    'certificate' in verifier
      ? { keyDetails, x509Certificate: { rawBytes: base64(verifier.certificate) } }
      : { keyDetails, publicKey: { rawBytes: base64(verifier.publicKey) } };
  const algorithm = KEY_DETAILS[keyDetails]?.algorithm;
  const hashedRekordV002 = {
    data: { algorithm, digest: base64(digest) },
    signature: { content: base64(signature), verifier: named },
  };
  return Buffer.from(
    JSON.stringify({ apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002 } }),
  );
}

/** Returns the canonical body of a request, or undefined if its signature does not hold. */
function canonicalBody(request: Fields): Buffer | undefined {
  const wanted = fields(request.hashedRekordRequestV002);
  const signature = fields(wanted.signature);
  const verifier = fields(signature.verifier);
  const keyDetails = String(verifier.keyDetails);
  const details = KEY_DETAILS[keyDetails];
  const certificate = bytesOf(fields(verifier.x509Certificate).rawBytes);
  const publicKey = bytesOf(fields(verifier.publicKey).rawBytes);
  const digest = bytesOf(wanted.digest);
  const content = bytesOf(signature.content);
  try {
    const key =
      certificate.length > 0
        ? new X509Certificate(certificate).publicKey
        : createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    if (details === undefined || digest.length !== details.length) return undefined;
    if (
      key.asymmetricKeyDetails?.namedCurve !== details.curve ||
      !verifyDigest(key, digest, content)
    )
      return undefined;
    const named = certificate.length > 0 ? { certificate } : { publicKey: spkiOf(key) };
    return hashedRekordV002({ digest, signature: content, keyDetails, verifier: named });
  } catch {
    return undefined;
  }
}

/** `x001/x234/067[.p/W]` → index and width of a tile, or undefined for any other spelling. */
export function parseTileIndex(
  path: string,
): { readonly index: number; readonly width: number } | undefined {
  const match = /^((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null || /^x000\//.test(path)) return undefined;
  const width = match[2] === undefined ? TILE : Number(match[2]);
  if (match[2] !== undefined && width >= TILE) return undefined;
  return { index: Number((match[1] ?? '').replace(/[x/]/g, '')), width };
}

export function openRekorV2(dir: string, keys: KeyPair, origin: string): RekorV2Log {
  const tree = new MerkleTree();
  const bodies: Buffer[] = [];
  const indexOfHash = new Map<string, number>();
  const logId = noteKeyDigest(origin, keys.publicKey);
  const signer: NoteSigner = { origin, name: origin, keyHint: logId, key: keys.privateKey };

  const insert = (body: Buffer, hash: Buffer): number => {
    bodies.push(body);
    const index = tree.append(hash);
    indexOfHash.set(hash.toString('hex'), index);
    return index;
  };
  const lines = openLineLog(join(dir, 'rekor-v2.log'), (line) => {
    const body = Buffer.from(line, 'base64');
    insert(body, leafHash(body));
  });

  const log: Omit<RekorV2Log, 'handler'> = {
    publicKey: keys.publicKey,
    logId,
    origin,
    tree,
    append: (body) => {
      const hash = leafHash(body);
      const known = indexOfHash.get(hash.toString('hex'));
      if (known !== undefined) return { index: known, added: false };
      lines.append(body.toString('base64'));
      return { index: insert(body, hash), added: true };
    },
    answer: (index) => answerOf(log, index),
    body: (index) => bodies[index],
    checkpoint: () => checkpoint(signer, tree.size, tree.root()),
    close: lines.close,
  };
  return { ...log, handler: handlerOf(log) };
}

function answerOf(
  log: Omit<RekorV2Log, 'handler'>,
  index: number,
): Readonly<Record<string, unknown>> {
  return {
    logIndex: String(index),
    logId: { keyId: log.logId.toString('base64') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    integratedTime: '0',
    inclusionPromise: null,
    inclusionProof: {
      logIndex: String(index),
      rootHash: log.tree.root().toString('base64'),
      treeSize: String(log.tree.size),
      hashes: log.tree.inclusionProof(index).map((hash) => hash.toString('base64')),
      checkpoint: { envelope: log.checkpoint() },
    },
    canonicalizedBody: (log.body(index) ?? Buffer.alloc(0)).toString('base64'),
  };
}

const refuse = (
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Reply => json(status, { code, message, details: [] }, headers);

function create(log: Omit<RekorV2Log, 'handler'>, body: Buffer): Reply {
  let request: Fields;
  try {
    request = fields(JSON.parse(body.toString('utf8')));
  } catch {
    return refuse(400, 3, 'invalid JSON');
  }
  if (request.hashedRekordRequestV002 === undefined)
    return refuse(400, 3, 'invalid type, must be hashedrekord');
  const canonical = canonicalBody(request);
  if (canonical === undefined) return refuse(400, 3, 'invalid hashedrekord request');
  const { index, added } = log.append(canonical);
  return added
    ? json(201, log.answer(index))
    : refuse(
        409,
        6,
        `an equivalent entry already exists in the transparency log with index ${index}`,
      );
}

const binary = (body: Uint8Array): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body,
});
const missing = (): Reply => refuse(404, 5, 'Not Found');

/** A hash tile: up to 256 nodes of level 8·L side by side. */
function hashTile(log: Omit<RekorV2Log, 'handler'>, level: number, path: string): Reply {
  const tile = parseTileIndex(path);
  if (tile === undefined || level > 5) return missing();
  const end = tile.index * TILE + tile.width;
  if (end > MerkleTree.nodeCount(8 * level, log.tree.size)) return missing();
  return binary(log.tree.nodes(8 * level, tile.index * TILE, end));
}

/** An entry bundle: up to 256 bodies, each after its length in two octets. */
function entryBundle(log: Omit<RekorV2Log, 'handler'>, path: string): Reply {
  const tile = parseTileIndex(path);
  if (tile === undefined || tile.index * TILE + tile.width > log.tree.size) return missing();
  const parts = Array.from(
    { length: tile.width },
    (_, offset) => log.body(tile.index * TILE + offset) ?? Buffer.alloc(0),
  );
  return binary(
    Buffer.concat(
      parts.flatMap((body) => [Buffer.from([body.length >> 8, body.length & 0xff]), body]),
    ),
  );
}

function handlerOf(log: Omit<RekorV2Log, 'handler'>): Handler {
  return ({ method, path, body }) => {
    if (method === 'POST' && path === '/api/v2/log/entries') return create(log, body);
    if (method !== 'GET') return missing();
    if (path === '/api/v2/checkpoint') return text(log.checkpoint());
    if (path === '/healthz') return json(200, { status: 'SERVING' });
    const entries = /^\/api\/v2\/tile\/entries\/(.+)$/.exec(path);
    if (entries !== null) return entryBundle(log, entries[1] ?? '');
    const hashes = /^\/api\/v2\/tile\/(0|[1-9]\d?)\/(.+)$/.exec(path);
    return hashes === null ? missing() : hashTile(log, Number(hashes[1]), hashes[2] ?? '');
  };
}
