/**
 * Signatures by the thousand, in this process and without HTTP, from the sandbox's own parts: key, certificate,
 * CMS as gitsign writes it, log entry, timestamp. For tests of what a verifier must refuse, each step can be bent.
 */

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { certificatePem } from './certificates.ts';
import { armorOf, assembleCms, signedAttributes } from './cms-writer.ts';
import { issueLeaf, type LeafVariations, type Principal } from './fulcio-issue.ts';
import { subjectOf } from './identity-token.ts';
import { type EntryFields, encodeEntry, entryOfV1, entryOfV2 } from './log-entry-writer.ts';
import type { SandboxParts } from './parts.ts';
import { hashedRekordV001 } from './rekor-v1.ts';
import { hashedRekordV002 } from './rekor-v2.ts';
import { spkiOf } from './signed-note.ts';
import type { KeyPair } from './state.ts';
import { sha256Imprint, timestampToken } from './timestamp-authority.ts';

export interface SignatureRequest {
  /** Default alice@example.test. */
  readonly email?: string;
  /** Any identity; wins over `email`. */
  readonly principal?: Principal;
  /** Where the entry goes; default 1. `none` embeds none. */
  readonly rekor?: 1 | 2 | 'none';
  /** Embeds a timestamp token. */
  readonly timestamp?: boolean;
  /** Unix milliseconds: when certificate, signature, entry and timestamp are made. Default the sandbox's clock. */
  readonly at?: number;
  /** Later by these milliseconds than `at`. */
  readonly loggedAfter?: number;
  readonly stampedAfter?: number;
  /** A key to use again; default a new one. */
  readonly keys?: KeyPair;
  /** Its certificate, in DER; default a new one. */
  readonly certificate?: Buffer;
  readonly leaf?: LeafVariations;
  /** Changes the entry before it is embedded. */
  readonly entry?: (entry: EntryFields) => EntryFields;
  /** What the embedded v2 entry calls itself: gitsign writes 0.0.1, which is wrong and must be read. Default 0.0.2. */
  readonly kindVersion?: string;
}

export interface IssuedSignature {
  /** `-----BEGIN SIGNED MESSAGE-----`, as git stores it. */
  readonly armor: string;
  readonly cms: Buffer;
  readonly certificate: Buffer;
  readonly keys: KeyPair;
  /** DER of the signed attributes under the tag they are signed with (0x31). */
  readonly signedAttributes: Buffer;
  readonly signature: Buffer;
  readonly entry?: EntryFields;
  readonly timestampToken?: Buffer;
}

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

export function newKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

export const emailPrincipal = (email: string, issuer: string): Principal => ({
  san: { kind: 'email', value: email },
  challenge: email,
  issuer,
  extensions: { 24: subjectOf(email) },
});

interface Logged {
  readonly digest: Buffer;
  readonly signature: Buffer;
  readonly certificate: Buffer;
  readonly at: number;
}

function logV1(
  { rekor }: SandboxParts,
  { digest, signature, certificate, at }: Logged,
): EntryFields {
  const artifact = { algorithm: 'sha256', value: digest.toString('hex') };
  const body = hashedRekordV001(
    artifact,
    signature.toString('base64'),
    certificatePem(certificate),
  );
  return entryOfV1(rekor.answer(rekor.append(body, at).entry));
}

function logV2({ rekorV2 }: SandboxParts, { digest, signature, certificate }: Logged): EntryFields {
  const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
  const { index } = rekorV2.append(
    hashedRekordV002({ digest, signature, keyDetails, verifier: { certificate } }),
  );
  return entryOfV2(rekorV2, index);
}

function stamp({ tsa }: SandboxParts, signature: Uint8Array, unixSeconds: number): Buffer {
  const imprint = sha256Imprint(sha256(signature));
  return timestampToken(tsa, { imprint, includeCertificate: true }, unixSeconds);
}

function certify(
  parts: SandboxParts,
  issuer: string,
  request: SignatureRequest,
  keys: KeyPair,
): Buffer {
  const { leaf, email = 'alice@example.test' } = request;
  return issueLeaf(
    { authority: parts.fulcio.intermediate, ctLog: parts.ctLog },
    {
      principal: request.principal ?? emailPrincipal(email, issuer),
      spki: spkiOf(keys.publicKey),
      at: request.at ?? parts.clock(),
      lifetimeSeconds: parts.certificateLifetimeSeconds,
      ...(leaf === undefined ? {} : { variations: leaf }),
    },
  );
}

function log(
  parts: SandboxParts,
  request: SignatureRequest,
  logged: Logged,
): EntryFields | undefined {
  const { rekor = 1, kindVersion } = request;
  if (rekor === 'none') return undefined;
  const made = rekor === 1 ? logV1(parts, logged) : logV2(parts, logged);
  const named = kindVersion === undefined ? made : { ...made, version: kindVersion };
  return request.entry?.(named) ?? named;
}

/** Signs a payload. `issuer` is the OpenID Connect issuer that certificates name. */
export function issueSignature(
  parts: SandboxParts,
  issuer: string,
  payload: Uint8Array,
  request: SignatureRequest = {},
): IssuedSignature {
  const at = request.at ?? parts.clock();
  const keys = request.keys ?? newKeys();
  const certificate = request.certificate ?? certify(parts, issuer, { ...request, at }, keys);
  const attributes = signedAttributes(payload, Math.floor(at / 1000));
  const signature = sign('sha256', attributes, keys.privateKey);
  const digest = sha256(attributes);
  const loggedAt = at + (request.loggedAfter ?? 0);
  const entry = log(parts, request, { digest, signature, certificate, at: loggedAt });
  const stampedAt = Math.floor((at + (request.stampedAfter ?? 0)) / 1000);
  const token = request.timestamp === true ? stamp(parts, signature, stampedAt) : undefined;
  const cms = assembleCms({
    certificate,
    signedAttributes: attributes,
    signature,
    logEntry: entry && encodeEntry(entry),
    timestampToken: token,
  });
  return {
    ...{ armor: armorOf(cms), cms, certificate, keys, signedAttributes: attributes, signature },
    ...(entry === undefined ? {} : { entry }),
    ...(token === undefined ? {} : { timestampToken: token }),
  };
}
