/**
 * Reads and writes a transparency log entry (dev.sigstore.rekor.v1.TransparencyLogEntry, the unsigned attribute
 * 1.3.6.1.4.1.57264.3.1), and writes the canonical hashedrekord bodies that logs hash. gitsign never stores the body. It is
 * rebuilt here from the signature, so it cannot be about anything else.
 */

import { concat, fromUtf8, toBase64, toHex, utf8 } from '../bytes.ts';
import { Refusal } from '../verdict.ts';
import { certificatePem } from '../x509/certificate.ts';
import { ProtobufError, type ProtobufField, readFields, writeField } from './protobuf.ts';

export interface InclusionProof {
  /** Position within the log's shard. */
  readonly logIndex: bigint;
  readonly rootHash: Uint8Array;
  readonly treeSize: bigint;
  readonly hashes: readonly Uint8Array[];
  /** The signed note, as text. */
  readonly checkpoint: string;
}

export interface TransparencyLogEntry {
  /** Position over all shards. */
  readonly logIndex: bigint;
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  /** Unix seconds, or 0 if the log vouches for no time. */
  readonly integratedTime: bigint;
  /** Signed entry timestamp. */
  readonly inclusionPromise?: Uint8Array;
  readonly inclusionProof?: InclusionProof;
  readonly canonicalizedBody?: Uint8Array | undefined;
}

const MAX_ENTRY = 64 * 1024;

function malformed(detail: string): never {
  throw new Refusal('log-entry-malformed', detail);
}

/** Returns singular fields by number. A repeated or unknown field is refused, because evidence must be understood as a whole. */
function singular(
  bytes: Uint8Array,
  known: readonly number[],
  repeated: readonly number[] = [],
): { one: Map<number, bigint | Uint8Array>; many: readonly ProtobufField[] } {
  const one = new Map<number, bigint | Uint8Array>();
  const many: ProtobufField[] = [];
  for (const field of readFields(bytes)) {
    if (repeated.includes(field.number)) {
      many.push(field);
      continue;
    }
    if (!known.includes(field.number)) throw new ProtobufError(`unknown field ${field.number}`);
    if (one.has(field.number)) throw new ProtobufError(`field ${field.number} twice`);
    one.set(field.number, field.value);
  }
  return { one, many };
}

function bytesOf(value: bigint | Uint8Array | undefined, name: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ProtobufError(`${name} is missing`);
  return value;
}

function textOf(value: bigint | Uint8Array | undefined, name: string): string {
  const text = fromUtf8(bytesOf(value, name));
  if (text === undefined) throw new ProtobufError(`${name} is not UTF-8`);
  return text;
}

/** Reads an int64 of proto3. Absent means zero. A negative one, a varint of ten octets, is refused. */
function countOf(value: bigint | Uint8Array | undefined, name: string): bigint {
  if (value === undefined) return 0n;
  if (typeof value !== 'bigint' || value >= 1n << 63n)
    throw new ProtobufError(`${name} is out of range`);
  return value;
}

function decodeProof(bytes: Uint8Array): InclusionProof {
  const { one, many } = singular(bytes, [1, 2, 3, 5], [4]);
  const checkpoint = singular(bytesOf(one.get(5), 'checkpoint'), [1]).one;
  return {
    logIndex: countOf(one.get(1), 'inclusion proof log_index'),
    rootHash: bytesOf(one.get(2), 'root_hash'),
    treeSize: countOf(one.get(3), 'tree_size'),
    hashes: many.map((field) => bytesOf(field.value, 'hash')),
    checkpoint: textOf(checkpoint.get(1), 'checkpoint'),
  };
}

/** Reads the protobuf of the unsigned attribute. @throws Refusal `log-entry-malformed` */
export function decodeLogEntry(bytes: Uint8Array): TransparencyLogEntry {
  if (bytes.length > MAX_ENTRY) malformed('the log entry is over 64 KiB');
  try {
    const { one } = singular(bytes, [1, 2, 3, 4, 5, 6, 7]);
    const kindVersion = singular(bytesOf(one.get(3), 'kind_version'), [1, 2]).one;
    const promise = one.get(5);
    const proof = one.get(6);
    const body = one.get(7);
    return {
      logIndex: countOf(one.get(1), 'log_index'),
      logId: bytesOf(singular(bytesOf(one.get(2), 'log_id'), [1]).one.get(1), 'key_id'),
      kind: textOf(kindVersion.get(1), 'kind'),
      version: textOf(kindVersion.get(2), 'version'),
      integratedTime: countOf(one.get(4), 'integrated_time'),
      ...promiseOf(promise),
      ...(proof === undefined
        ? {}
        : { inclusionProof: decodeProof(bytesOf(proof, 'inclusion_proof')) }),
      canonicalizedBody: body === undefined ? undefined : bytesOf(body, 'canonicalized_body'),
    };
  } catch (error) {
    if (error instanceof ProtobufError) malformed(error.message);
    throw error;
  }
}

/** gitsign stores an empty promise for logs that make none (Rekor v2). */
function promiseOf(value: bigint | Uint8Array | undefined): { inclusionPromise?: Uint8Array } {
  if (value === undefined) return {};
  const set = singular(bytesOf(value, 'inclusion_promise'), [1]).one.get(1);
  return set === undefined ? {} : { inclusionPromise: bytesOf(set, 'signed_entry_timestamp') };
}

/** Writes the protobuf with its body, for a reader that cannot rebuild the body from a signature. */
export function encodeWholeLogEntry(entry: TransparencyLogEntry): Uint8Array {
  const { canonicalizedBody: body } = entry;
  const embedded = encodeLogEntry(entry);
  return body === undefined ? embedded : concat(embedded, writeField(7, body));
}

/** Writes the protobuf as gitsign stores it: fields in order, canonicalized_body left out. */
export function encodeLogEntry(entry: TransparencyLogEntry): Uint8Array {
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  return concat(
    writeField(1, entry.logIndex),
    writeField(2, writeField(1, entry.logId)),
    writeField(3, concat(writeField(1, utf8(entry.kind)), writeField(2, utf8(entry.version)))),
    writeField(4, entry.integratedTime),
    promise === undefined ? new Uint8Array() : writeField(5, writeField(1, promise)),
    proof === undefined ? new Uint8Array() : writeField(6, encodeProof(proof)),
  );
}

function encodeProof(proof: InclusionProof): Uint8Array {
  return concat(
    writeField(1, proof.logIndex),
    writeField(2, proof.rootHash),
    writeField(3, proof.treeSize),
    ...proof.hashes.map((hash) => writeField(4, hash)),
    writeField(5, writeField(1, utf8(proof.checkpoint))),
  );
}

/** The content of a hashedrekord: the key of this certificate made this signature over data of this digest. */
export interface HashedRekord {
  /** SHA-256 of the signed data. */
  readonly digest: Uint8Array;
  /** DER ECDSA. */
  readonly signature: Uint8Array;
  readonly certificateDer: Uint8Array;
}

/** Returns the canonical (RFC 8785) body of hashedrekord 0.0.1, as Rekor v1 hashes it. Members are in canonical order. */
export function hashedRekordV001Body({
  digest,
  signature,
  certificateDer,
}: HashedRekord): Uint8Array {
  const publicKey = toBase64(utf8(certificatePem(certificateDer)));
  return utf8(
    `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${toHex(digest)}"}},` +
      `"signature":{"content":"${toBase64(signature)}","publicKey":{"content":"${publicKey}"}}}}`,
  );
}

/** Returns the canonical body of hashedrekord 0.0.2 over a P-256 certificate, as Rekor v2 hashes it. */
export function hashedRekordV002Body({
  digest,
  signature,
  certificateDer,
}: HashedRekord): Uint8Array {
  return utf8(
    `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${toBase64(digest)}"},` +
      `"signature":{"content":"${toBase64(signature)}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256",` +
      `"x509Certificate":{"rawBytes":"${toBase64(certificateDer)}"}}}}}}`,
  );
}

/** The content of a dsse entry: the key of this certificate signed an envelope with this payload. */
export interface DsseRecord {
  /** SHA-256 of the envelope's text, as the log got it. */
  readonly envelopeDigest: Uint8Array;
  /** SHA-256 of the payload. */
  readonly payloadDigest: Uint8Array;
  /** DER ECDSA, over the pre-authentication encoding. */
  readonly signature: Uint8Array;
  readonly certificateDer: Uint8Array;
}

/** Returns the canonical body of dsse 0.0.1, as Rekor v1 hashes it. Rekor v2 has no such kind. */
export function dsseV001Body(record: DsseRecord): Uint8Array {
  const { envelopeDigest, payloadDigest, signature, certificateDer } = record;
  const hash = (digest: Uint8Array): string => `{"algorithm":"sha256","value":"${toHex(digest)}"}`;
  const verifier = toBase64(utf8(certificatePem(certificateDer)));
  return utf8(
    `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":${hash(envelopeDigest)},"payloadHash":${hash(payloadDigest)},` +
      `"signatures":[{"signature":"${toBase64(signature)}","verifier":"${verifier}"}]}}`,
  );
}
