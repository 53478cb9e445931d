/**
 * Rekor v1's `dsse` 0.0.1 entries: an envelope (github.com/secure-systems-lab/dsse) is proposed with its verifiers, and
 * the log keeps the digests of envelope and payload, and each signature with the verifier under which it holds. (Rekor v2
 * has no such kind: there an envelope is logged as a hashedrekord over its pre-authentication encoding.)
 */

import { createHash } from 'node:crypto';
import { canonicalPem, readVerifier, type Verifier, verifyDigest } from '../digest-signature.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  /** Base64, as the client wrote it. */
  readonly signatures: readonly string[];
}

const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest();
const hashOf = (data: Uint8Array | string) => ({
  algorithm: 'sha256',
  value: sha256(data).toString('hex'),
});

/** Pre-authentication encoding: what a signature of an envelope is over. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function readEnvelope(text: string): Envelope | undefined {
  let json: Fields;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { payloadType, payload, signatures } = json ?? {};
  if (typeof payloadType !== 'string' || typeof payload !== 'string') return undefined;
  if (!Array.isArray(signatures)) return undefined;
  const texts = signatures.map((each: Fields) => each?.sig);
  const written = texts.filter((text): text is string => typeof text === 'string');
  if (written.length === 0 || written.length < texts.length) return undefined;
  return { payloadType, payload: Buffer.from(payload, 'base64'), signatures: written };
}

/** Returns the body of a proposed entry in RFC 8785 form if every signature of its envelope holds, otherwise the reason. */
export function canonicalDsse(spec: Fields): Buffer | string {
  const { envelope: text, verifiers: encoded } = (spec.proposedContent ?? {}) as Fields;
  if (typeof text !== 'string' || !Array.isArray(encoded) || encoded.length === 0) {
    return 'missing proposed content';
  }
  const envelope = readEnvelope(text);
  if (envelope === undefined) return 'the envelope is malformed';
  const verifiers = encoded.map((each) =>
    readVerifier(Buffer.from(String(each), 'base64').toString()),
  );
  const known = verifiers.filter((each): each is Verifier => each !== undefined);
  if (known.length < verifiers.length) return 'could not parse public key as x509';
  const digest = sha256(preAuthentication(envelope.payloadType, envelope.payload));
  const signatures = envelope.signatures.toSorted().map((signature) => {
    const bytes = Buffer.from(signature, 'base64');
    const verifier = known.find(({ key }) => verifyDigest(key, digest, bytes));
    return verifier === undefined
      ? undefined
      : { signature, verifier: Buffer.from(canonicalPem(verifier)).toString('base64') };
  });
  if (signatures.includes(undefined)) return 'all signatures must have a key that verifies it';
  const logged = { envelopeHash: hashOf(text), payloadHash: hashOf(envelope.payload), signatures };
  return Buffer.from(JSON.stringify({ apiVersion: '0.0.1', kind: 'dsse', spec: logged }));
}

/** What an entry's spec is found by: digests of payload, envelope and verifiers, and the verifiers' PEM texts. */
export function dsseSearchTerms(spec: {
  readonly envelopeHash: { readonly value: string };
  readonly payloadHash: { readonly value: string };
  readonly signatures: readonly { readonly verifier: string }[];
}): { readonly digests: readonly string[]; readonly pems: readonly string[] } {
  const pems = spec.signatures.map(({ verifier }) => Buffer.from(verifier, 'base64').toString());
  const digests = [spec.payloadHash.value, spec.envelopeHash.value];
  return { digests: digests.map((value) => `sha256:${value}`), pems };
}
