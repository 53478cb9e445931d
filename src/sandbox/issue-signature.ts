/**
 * Signatures in this process and without HTTP, from the sandbox's own parts: key, certificate, CMS as gitsign writes
 * it, log entry, timestamp. For tests of what a verifier must refuse, each step can be bent.
 */

import { generateKeyPairSync, sign } from 'node:crypto';
import { OctetString } from 'asn1js';
import { Attribute, Certificate, type ContentInfo } from 'pkijs';
import {
  attributesOf,
  ContentType,
  derOf,
  encodeAttributes,
  sha256,
  signedMessage,
} from './cms-writer.ts';
import { certificatePem, pemOf } from './fulcio/certificates.ts';
import { issueLeaf, type LeafVariations, type Principal } from './fulcio/issue.ts';
import { subjectOf } from './oidc/identity-token.ts';
import type { SandboxParts } from './parts.ts';
import { type EntryFields, encodeEntry, entryOfV1, entryOfV2 } from './rekor/entry-writer.ts';
import { spkiOf } from './rekor/signed-note.ts';
import { hashedRekordV001 } from './rekor/v1.ts';
import { hashedRekordV002 } from './rekor/v2.ts';
import type { KeyPair } from './state.ts';
import { sha256Imprint, timestampToken } from './timestamp-authority.ts';

export interface SignatureRequest {
  /** Default alice@example.test. */
  readonly email?: string;
  /** Any identity. Overrides `email`. */
  readonly principal?: Principal;
  /** Which log gets the entry. Default: 1. `none` embeds no entry. */
  readonly rekor?: 1 | 2 | 'none' | undefined;
  /** Embeds a timestamp token. */
  readonly timestamp?: boolean;
  /** Unix milliseconds: when certificate, signature, entry and timestamp are made. Default the sandbox's clock. */
  readonly at?: number;
  /** Later by these milliseconds than `at`. */
  readonly loggedAfter?: number;
  readonly stampedAfter?: number;
  /** A key to use again. Default: a new key. */
  readonly keys?: KeyPair;
  /** Its certificate in DER. Default: a new certificate. */
  readonly certificate?: Buffer | undefined;
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

function stamp({ tsa }: SandboxParts, signature: Uint8Array, unixSeconds: number): ContentInfo {
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

const LOG_ENTRY = '1.3.6.1.4.1.57264.3.1';
const TIMESTAMP_TOKEN = '1.2.840.113549.1.9.16.2.14';

/** The evidence that a signature carries: the log entry and the timestamp. */
function evidence(
  entry: EntryFields | undefined,
  token: ContentInfo | undefined,
): readonly Attribute[] {
  const found: Attribute[] = [];
  if (entry !== undefined) {
    const value = new OctetString({ valueHex: encodeEntry(entry) });
    found.push(new Attribute({ type: LOG_ENTRY, values: [value] }));
  }
  if (token !== undefined) {
    found.push(new Attribute({ type: TIMESTAMP_TOKEN, values: [token.toSchema()] }));
  }
  return found;
}

/** Signs a payload. `issuer` is the OpenID Connect issuer that certificates name. */
export async function issueSignature(
  parts: SandboxParts,
  issuer: string,
  payload: Uint8Array,
  request: SignatureRequest = {},
): Promise<IssuedSignature> {
  const at = request.at ?? parts.clock();
  const keys = request.keys ?? newKeys();
  const certificate = request.certificate ?? certify(parts, issuer, { ...request, at }, keys);
  const attributes = attributesOf(ContentType.data, payload, Math.floor(at / 1000));
  const signed = encodeAttributes(attributes);
  const signature = sign('sha256', signed, keys.privateKey);
  const loggedAt = at + (request.loggedAfter ?? 0);
  const logged = { digest: sha256(signed), signature, certificate, at: loggedAt };
  const entry = log(parts, request, logged);
  const stampedAt = Math.floor((at + (request.stampedAfter ?? 0)) / 1000);
  const token = request.timestamp === true ? stamp(parts, signature, stampedAt) : undefined;
  const message = signedMessage({
    contentType: ContentType.data,
    signer: Certificate.fromBER(certificate),
    withCertificate: true,
    signedAttributes: attributes,
    signature,
    unsignedAttributes: evidence(entry, token),
  });
  const cms = derOf(message);
  return {
    ...{
      armor: pemOf(cms, 'SIGNED MESSAGE'),
      cms,
      certificate,
      keys,
      signedAttributes: signed,
      signature,
    },
    ...(entry === undefined ? {} : { entry }),
    ...(token === undefined ? {} : { timestampToken: derOf(token) }),
  };
}
