/**
 * Reads answers of Rekor v1 and v2 as a TransparencyLogEntry. JSON from a server may be hostile, so only own properties,
 * exact numbers, strict hex and base64 are read. Nothing is proved here.
 */

import { fromBase64, fromHex, fromUtf8 } from '../bytes.ts';
import type { Json } from '../json.ts';
import { withoutNull } from '../proto-json.ts';
import { Refusal } from '../verdict.ts';
import type { InclusionProof, TransparencyLogEntry } from './log-entry.ts';

function malformed(what: string): Refusal {
  return new Refusal('log-entry-malformed', `the log's answer: ${what} is missing or malformed`);
}

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what);
  return value as Json;
}

function field(json: Json, name: string): unknown {
  return Object.hasOwn(json, name) ? json[name] : undefined;
}

function text(json: Json, name: string): string {
  const value = field(json, name);
  if (typeof value !== 'string') throw malformed(name);
  return value;
}

/** Reads an exact JSON number, or the decimal string that protobuf JSON writes for an int64. */
function count(json: Json, name: string): bigint {
  const value = field(json, name);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value)) return BigInt(value);
  throw malformed(name);
}

function base64(json: Json, name: string): Uint8Array {
  const bytes = fromBase64(text(json, name));
  if (bytes === undefined) throw malformed(name);
  return bytes;
}

function hex(value: unknown, what: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined;
  if (bytes === undefined) throw malformed(what);
  return bytes;
}

function list(json: Json, name: string): readonly unknown[] {
  const value = field(json, name) ?? [];
  if (!Array.isArray(value) || value.length > 64) throw malformed(name);
  return value;
}

/** Returns kind and version from the canonical body. */
function kindVersion(body: Uint8Array): { kind: string; version: string } {
  try {
    const json = object(JSON.parse(fromUtf8(body) ?? ''), 'body');
    return { kind: text(json, 'kind'), version: text(json, 'apiVersion') };
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('body');
    throw error;
  }
}

/**
 * Reads an entry of Rekor v1 (`{body, integratedTime, logID, logIndex, verification}`) and keeps its body.
 * @throws Refusal `log-entry-malformed`
 */
export function logEntryFromRekorV1(value: unknown): TransparencyLogEntry {
  const json = object(value, 'entry');
  const body = base64(json, 'body');
  const verification = object(field(json, 'verification'), 'verification');
  const proof = object(field(verification, 'inclusionProof'), 'inclusionProof');
  return {
    logIndex: count(json, 'logIndex'),
    logId: hex(field(json, 'logID'), 'logID'),
    ...kindVersion(body),
    integratedTime: count(json, 'integratedTime'),
    inclusionPromise: base64(verification, 'signedEntryTimestamp'),
    inclusionProof: {
      logIndex: count(proof, 'logIndex'),
      rootHash: hex(field(proof, 'rootHash'), 'rootHash'),
      treeSize: count(proof, 'treeSize'),
      hashes: list(proof, 'hashes').map((hash) => hex(hash, 'hashes')),
      checkpoint: text(proof, 'checkpoint'),
    },
    canonicalizedBody: body,
  };
}

/**
 * Reads a TransparencyLogEntry in protobuf JSON, as in answers of Rekor v2 and in bundles, and keeps its body.
 * @throws Refusal `log-entry-malformed`
 */
export function logEntryFromRekorV2(value: unknown): TransparencyLogEntry {
  const json = object(withoutNull(value), 'entry');
  const kind = object(field(json, 'kindVersion'), 'kindVersion');
  const promise = field(json, 'inclusionPromise');
  const proof = field(json, 'inclusionProof');
  return {
    logIndex: count({ logIndex: '0', ...json }, 'logIndex'),
    logId: base64(object(field(json, 'logId'), 'logId'), 'keyId'),
    kind: text(kind, 'kind'),
    version: text(kind, 'version'),
    integratedTime: count({ integratedTime: '0', ...json }, 'integratedTime'),
    ...(promise === undefined
      ? {}
      : { inclusionPromise: base64(object(promise, 'inclusionPromise'), 'signedEntryTimestamp') }),
    ...(proof === undefined
      ? {}
      : { inclusionProof: protobufProof(object(proof, 'inclusionProof')) }),
    canonicalizedBody: base64(json, 'canonicalizedBody'),
  };
}

function protobufProof(json: Json): InclusionProof {
  return {
    logIndex: count({ logIndex: '0', ...json }, 'logIndex'),
    rootHash: base64(json, 'rootHash'),
    treeSize: count(json, 'treeSize'),
    hashes: list(json, 'hashes').map((hash) => base64({ hash }, 'hash')),
    checkpoint: text(object(field(json, 'checkpoint'), 'checkpoint'), 'envelope'),
  };
}

/** Returns an entry as protobuf JSON, for bundles. `body` is its canonical body in the log. */
export function logEntryToJson(entry: TransparencyLogEntry, body: Uint8Array): Json {
  const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: encode(entry.logId) },
    kindVersion: kindVersion(body),
    integratedTime: String(entry.integratedTime),
    ...(promise === undefined
      ? {}
      : { inclusionPromise: { signedEntryTimestamp: encode(promise) } }),
    ...(proof === undefined
      ? {}
      : {
          inclusionProof: {
            logIndex: String(proof.logIndex),
            rootHash: encode(proof.rootHash),
            treeSize: String(proof.treeSize),
            hashes: proof.hashes.map(encode),
            checkpoint: { envelope: proof.checkpoint },
          },
        }),
    canonicalizedBody: encode(body),
  };
}
