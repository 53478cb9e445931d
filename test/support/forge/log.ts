/** A transparency log on paper: tree, audit path, signed notes, promises. Written from RFC 6962, not from our reader. */

import { createHash } from 'node:crypto';
import { utf8 } from '../../../src/core/bytes.ts';
import type { ForgeKey } from './keys.ts';

const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return new Uint8Array(hash.digest());
};
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const leafHashOf = (body: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), body);

function split(size: number): number {
  let k = 1;
  while (2 * k < size) k *= 2;
  return k;
}

/** MTH(D[n]) of leaf hashes (RFC 6962 §2.1). */
export function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return sha256(Uint8Array.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH(m, D[n]) (RFC 6962 §2.1.1). */
export function auditPath(index: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...auditPath(index, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...auditPath(index - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

/** Other people's entries. */
export const strangers = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHashOf(utf8(`stranger ${index}`)));

export interface LoggedRecord {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificateDer: Uint8Array;
}

export function pem(der: Uint8Array): string {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** hashedrekord 0.0.1 as Rekor v1 canonicalizes it. */
export function bodyV1({ digest, signature, certificateDer }: LoggedRecord): Uint8Array {
  return utf8(
    JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: hex(digest) } },
        signature: {
          content: base64(signature),
          publicKey: { content: base64(utf8(pem(certificateDer))) },
        },
      },
    }),
  );
}

/** hashedrekord 0.0.2 as Rekor v2 canonicalizes it. */
export function bodyV2({ digest, signature, certificateDer }: LoggedRecord): Uint8Array {
  const verifier = {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    x509Certificate: { rawBytes: base64(certificateDer) },
  };
  return utf8(
    JSON.stringify({
      apiVersion: '0.0.2',
      kind: 'hashedrekord',
      spec: {
        hashedRekordV002: {
          data: { algorithm: 'SHA2_256', digest: base64(digest) },
          signature: { content: base64(signature), verifier },
        },
      },
    }),
  );
}

/** dsse 0.0.1 as Rekor v1 canonicalizes it: of an envelope whose text had this digest, and of this payload. */
export const bodyDsse =
  (payload: Uint8Array, envelopeHash = 'ab'.repeat(32)) =>
  ({ signature, certificateDer }: LoggedRecord): Uint8Array =>
    utf8(
      JSON.stringify({
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: { algorithm: 'sha256', value: envelopeHash },
          payloadHash: { algorithm: 'sha256', value: hex(sha256(payload)) },
          signatures: [
            { signature: base64(signature), verifier: base64(utf8(pem(certificateDer))) },
          ],
        },
      }),
    );

export interface NoteSignatureSpec {
  readonly name: string;
  readonly hint: Uint8Array;
  readonly key: ForgeKey;
}

export interface NoteSpec {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
  /** Lines after the root. */
  readonly more: readonly string[];
  readonly signatures: readonly NoteSignatureSpec[];
}

/** The signed note (c2sp.org/signed-note), signed as it is spelt. */
export function note({ origin, size, root, more, signatures }: NoteSpec): string {
  const text = [origin, size, root, ...more, ''].join('\n');
  const lines = signatures.map(({ name, hint, key }) => {
    const bytes = Buffer.concat([hint.subarray(0, 4), key.sign(utf8(text))]);
    return `\u2014 ${name} ${bytes.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** Log id: of the bare key (v1), or of origin and key (v2, c2sp.org/signed-note). */
export function logIdOf(key: ForgeKey, origin: string): Uint8Array {
  return key.kind === 'ed25519'
    ? sha256(utf8(`${origin}\n`), Uint8Array.of(1), key.spki.subarray(-32))
    : sha256(key.spki);
}

export interface PromiseSpec {
  readonly body: Uint8Array;
  readonly integratedTime: bigint;
  readonly logId: Uint8Array;
  readonly logIndex: bigint;
  readonly key: ForgeKey;
}

/** Signed entry timestamp over the canonical JSON of the four claims. */
export function promise({ body, integratedTime, logId, logIndex, key }: PromiseSpec): Uint8Array {
  const claims = `{"body":"${base64(body)}","integratedTime":${integratedTime},"logID":"${hex(logId)}","logIndex":${logIndex}}`;
  return key.sign(utf8(claims));
}
