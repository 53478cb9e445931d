/**
 * Signatures by the thousand, in this process and without HTTP, from the sandbox's own parts: key, certificate,
 * CMS as gitsign writes it, log entry, timestamp. For tests of what a verifier must refuse, each step can be bent.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { certificatePem, encodeName } from './certificates.ts';
import {
  contextConstructed,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  utcTime,
} from './der-writer.ts';
import { issueLeaf, type LeafVariations, type Principal } from './fulcio-issue.ts';
import { subjectOf } from './identity-token.ts';
import { type EntryFields, encodeEntry, entryOfV1, entryOfV2 } from './log-entry-writer.ts';
import type { SandboxParts } from './parts.ts';
import { hashedRekordV001 } from './rekor-v1.ts';
import { hashedRekordV002 } from './rekor-v2.ts';
import { spkiOf } from './signed-note.ts';
import type { KeyPair } from './state.ts';
import { sha256Imprint, timestampToken } from './timestamp-authority.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  logEntry: '1.3.6.1.4.1.57264.3.1',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const;

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
const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), setOf(value));

/** 64 columns, final newline: gitsign's PEM. */
export function armorOf(cms: Uint8Array): string {
  const lines =
    Buffer.from(cms)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN SIGNED MESSAGE-----\n${lines.join('\n')}\n-----END SIGNED MESSAGE-----\n`;
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

function signedAttributes(payload: Uint8Array, unixSeconds: number): Buffer {
  return setOf(
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.signingTime, utcTime(unixSeconds)),
    attribute(OID.messageDigest, octetString(sha256(payload))),
  );
}

interface CmsParts {
  readonly certificate: Buffer;
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly signedAttributes: Buffer;
  readonly signature: Buffer;
  readonly unsigned: readonly Buffer[];
}

/** SignedData in the one shape gitsign writes: detached, one signer, the leaf alone, no algorithm parameters. */
function assembleCms(parts: CmsParts): Buffer {
  const digestAlgorithm = sequence(oid(OID.sha256));
  const signerInfo = sequence(
    integer(1),
    sequence(parts.issuer, parts.serial),
    digestAlgorithm,
    Buffer.concat([Buffer.from([0xa0]), parts.signedAttributes.subarray(1)]),
    sequence(oid(OID.ecdsaSha256)),
    octetString(parts.signature),
    ...(parts.unsigned.length === 0
      ? []
      : [contextConstructed(1, ...parts.unsigned.toSorted(Buffer.compare))]),
  );
  const signedData = sequence(
    integer(1),
    setOf(digestAlgorithm),
    sequence(oid(OID.data)),
    contextConstructed(0, parts.certificate),
    setOf(signerInfo),
  );
  return sequence(oid(OID.signedData), contextConstructed(0, signedData));
}

/** The serial INTEGER of a certificate this sandbox wrote: TBS, [0] version, then it. */
function serialOf(certificate: Buffer): Buffer {
  // SEQUENCE and TBS headers are 4 octets each (both are longer than 255), [0] version is 5.
  const at = 13;
  return certificate.subarray(at, at + 2 + (certificate[at + 1] ?? 0));
}

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

const ecdsa = (key: KeyObject, data: Uint8Array): Buffer => sign('sha256', data, key);

/** Signs a payload. `issuer` is the OpenID Connect issuer that certificates name. */
export function issueSignature(
  parts: SandboxParts,
  issuer: string,
  payload: Uint8Array,
  request: SignatureRequest = {},
): IssuedSignature {
  const at = request.at ?? parts.clock();
  const keys = request.keys ?? newKeys();
  const authority = request.leaf?.authority ?? parts.fulcio.intermediate;
  const certificate =
    request.certificate ??
    issueLeaf(
      { authority, ctLog: parts.ctLog },
      {
        principal:
          request.principal ?? emailPrincipal(request.email ?? 'alice@example.test', issuer),
        spki: spkiOf(keys.publicKey),
        at,
        lifetimeSeconds: parts.certificateLifetimeSeconds,
        ...(request.leaf === undefined ? {} : { variations: request.leaf }),
      },
    );
  const attributes = signedAttributes(payload, Math.floor(at / 1000));
  const signature = ecdsa(keys.privateKey, attributes);
  const logged: Logged = {
    digest: sha256(attributes),
    signature,
    certificate,
    at: at + (request.loggedAfter ?? 0),
  };
  const { rekor = 1 } = request;
  const made =
    rekor === 'none' ? undefined : rekor === 1 ? logV1(parts, logged) : logV2(parts, logged);
  const named =
    made && request.kindVersion !== undefined ? { ...made, version: request.kindVersion } : made;
  const entry = named && (request.entry?.(named) ?? named);
  const token =
    request.timestamp === true
      ? stamp(parts, signature, Math.floor((at + (request.stampedAfter ?? 0)) / 1000))
      : undefined;
  const cms = assembleCms({
    certificate,
    issuer: encodeName(authority.name),
    serial: serialOf(certificate),
    signedAttributes: attributes,
    signature,
    unsigned: [
      ...(entry === undefined ? [] : [attribute(OID.logEntry, octetString(encodeEntry(entry)))]),
      ...(token === undefined ? [] : [attribute(OID.timestampToken, token)]),
    ],
  });
  return {
    armor: armorOf(cms),
    cms,
    certificate,
    keys,
    signedAttributes: attributes,
    signature,
    ...(entry === undefined ? {} : { entry }),
    ...(token === undefined ? {} : { timestampToken: token }),
  };
}
