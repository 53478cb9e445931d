/**
 * Encodes verified evidence for the store, and decodes it. A signer signs many commits, so all texts of a proof form its
 * shape, which many proofs share. Digests, times and the log index are numbers beside it. Decoding a proof gives the verdict
 * that was reached, before any policy.
 */

import type { Verdict, Verified } from '../core/verdict.ts';

/** What the checks of the core found, without anything that a policy said. */
export type Evidence = Pick<Verified, 'signer' | 'certificate' | 'logEntry' | 'times'>;

/** Encoded evidence. */
export interface EncodedEvidence {
  /** JSON of signer, log, authorities. Equal for all signatures of one signer under the same servers. */
  readonly shape: string;
  /** Digests of the certificate, times, index. */
  readonly numbers: Uint8Array;
}

/** Encoded evidence before it goes to another thread. */
interface FreshEvidence extends EncodedEvidence {
  readonly numbers: Buffer;
}

interface Shape {
  readonly signer: Evidence['signer'];
  readonly logEntry?: NonNullable<Evidence['logEntry']>;
  readonly times: Evidence['times'];
}

const SHA1 = 20;
const SHA256 = 32;
const FIELD = 8;
const MAX_INDEX = 2n ** 64n;

/** Returns the evidence of a verdict on a signature that is proved by certificate and log. */
export function evidenceOf(verdict: Verdict): Evidence | undefined {
  if (verdict.status !== 'verified' && verdict.status !== 'not-allowed') return undefined;
  const { signer, certificate, logEntry, times } = verdict;
  return { signer, certificate, ...(logEntry === undefined ? {} : { logEntry }), times };
}

/** Encodes evidence. Returns undefined if it cannot be decoded to the same. */
export function encodeProof(evidence: Evidence): FreshEvidence | undefined {
  const { signer, certificate, logEntry, times } = evidence;
  const index = logEntry === undefined ? 0n : BigInt(logEntry.logIndex);
  if (index < 0n || index >= MAX_INDEX) return undefined;
  const shape: Shape = {
    signer,
    ...(logEntry === undefined ? {} : { logEntry: blank(logEntry) }),
    times: times.map((proven) => ({ ...proven, time: 0 })),
  };
  const numbers = Buffer.alloc(SHA1 + SHA256 + FIELD * (4 + times.length));
  numbers.write(certificate.sha1, 0, 'hex');
  numbers.write(certificate.sha256, SHA1, 'hex');
  let at = SHA1 + SHA256;
  at = numbers.writeBigUInt64LE(index, at);
  const { notBefore, notAfter } = certificate;
  for (const seconds of [notBefore, notAfter, logEntry?.integratedTime ?? 0])
    at = numbers.writeDoubleLE(seconds, at);
  for (const { time } of times) at = numbers.writeDoubleLE(time, at);
  const proof = { shape: JSON.stringify(shape), numbers };
  const again = decodeProof(readShape(proof.shape), numbers);
  return JSON.stringify(again) === JSON.stringify({ status: 'verified', ...evidence })
    ? proof
    : undefined;
}

function blank(entry: NonNullable<Evidence['logEntry']>): NonNullable<Evidence['logEntry']> {
  const timed = entry.integratedTime === undefined ? {} : { integratedTime: 0 };
  return { ...entry, logIndex: '', ...timed };
}

/** Reads a shape that `encodeProof` wrote. */
export function readShape(text: string): object {
  return JSON.parse(text) as object;
}

/** Returns the number of bytes of a shape's numbers. */
export function numbersLength(shape: object): number {
  return SHA1 + SHA256 + FIELD * (4 + (shape as Shape).times.length);
}

/** Returns the latest proven time, in Unix seconds. The numbers stand between two offsets of `bytes`. */
export function latestTime(bytes: Buffer, start = 0, end = bytes.length): number {
  let latest = 0;
  for (let at = start + SHA1 + SHA256 + FIELD * 4; at < end; at += FIELD)
    latest = Math.max(latest, bytes.readDoubleLE(at));
  return latest;
}

/** A verdict that was reached, before any policy. */
export type ProvedVerdict = Evidence & Pick<Verified, 'status'>;

/** Returns the verdict of a shape and its numbers, which begin at `start` of `bytes`. */
export function decodeProof(shape: object, bytes: Buffer, start = 0): ProvedVerdict {
  const { signer, logEntry, times } = shape as Shape;
  const fields = start + SHA1 + SHA256;
  const second = (index: number): number => bytes.readDoubleLE(fields + FIELD * index);
  const certificate = {
    sha1: bytes.toString('hex', start, start + SHA1),
    sha256: bytes.toString('hex', start + SHA1, fields),
    notBefore: second(1),
    notAfter: second(2),
  };
  const proven = times.map((one, index) => ({ ...one, time: second(4 + index) }));
  if (logEntry === undefined) return { status: 'verified', signer, certificate, times: proven };
  const logIndex = bytes.readBigUInt64LE(fields).toString();
  const timed = logEntry.integratedTime === undefined ? {} : { integratedTime: second(3) };
  const entry = { ...logEntry, logIndex, ...timed };
  return { status: 'verified', signer, certificate, logEntry: entry, times: proven };
}
