/**
 * An RFC 3161 timestamp token over a signature, by a trusted authority. gitsign stores it bare (a ContentInfo);
 * bundles and services wrap it in a TimeStampResp.
 */

import { equal, toHex } from '../bytes.ts';
import {
  children,
  contextConstructed,
  cursor,
  DerError,
  expect,
  expectDer,
  readIntegerBytes,
  readSmallInteger,
  readTime,
  Tag,
} from '../cms/der.ts';
import { encode } from '../cms/der-writer.ts';
import { readSignedAttributes } from '../cms/signed-attributes.ts';
import { CmsOid, readSignedData, type SignedData, singleValue } from '../cms/signed-data.ts';
import type { Crypto, HashAlgorithm } from '../crypto.ts';
import { Refusal } from '../verdict.ts';
import { readDigestAlgorithm } from '../x509/algorithms.ts';
import { basicConstraints, type Certificate } from '../x509/certificate.ts';
import {
  type AuthorityStore,
  type CertificationPath,
  certificationPaths,
  checkLeafUsage,
  ExtendedKeyUsage,
  within,
} from '../x509/certification-path.ts';
import { signatureHolds } from '../x509/signature.ts';

export interface TimestampInfo {
  readonly imprintHash: HashAlgorithm;
  readonly imprint: Uint8Array;
  /** Unix seconds. */
  readonly time: number;
  /** Content octets of the nonce; undefined when there is none. */
  readonly nonce: Uint8Array | undefined;
}

function invalid(detail: string): Refusal {
  return new Refusal('timestamp-invalid', detail);
}

/** TSTInfo (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` */
export function readTimestampInfo(der: Uint8Array): TimestampInfo {
  const fields = cursor(expectDer(der, Tag.sequence), 10);
  if (readSmallInteger(fields.next(Tag.integer)) !== 1) throw invalid('TSTInfo of unknown version');
  fields.next(Tag.oid);
  const imprint = cursor(fields.next(Tag.sequence), 2);
  const imprintHash = readDigestAlgorithm(imprint.next(Tag.sequence));
  const hashed = imprint.next(Tag.octetString).content;
  imprint.end();
  if (imprintHash === undefined) throw invalid('imprint by an unsupported hash');
  readIntegerBytes(fields.next(Tag.integer));
  const time = readTime(fields.next(Tag.generalizedTime));
  fields.optional(Tag.sequence);
  fields.optional(Tag.boolean);
  const nonce = fields.optional(Tag.integer);
  fields.optional(contextConstructed(0));
  if (fields.optional(contextConstructed(1)) !== undefined) throw invalid('extensions in TSTInfo');
  fields.end();
  return { imprintHash, imprint: hashed, time, nonce: nonce && readIntegerBytes(nonce) };
}

/** The token inside a granted TimeStampResp (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` when not granted */
export function tokenFromResponse(der: Uint8Array): Uint8Array {
  const fields = cursor(expectDer(der, Tag.sequence), 2);
  const [status] = children(fields.next(Tag.sequence));
  const granted = readSmallInteger(expect(status, Tag.integer));
  if (granted > 1) throw invalid(`the authority answered with status ${granted}`);
  const token = fields.next(Tag.sequence).raw;
  fields.end();
  return token;
}

/** The same token as a granted response, for those who take only responses (bundles). */
export function responseFromToken(token: Uint8Array): Uint8Array {
  return encode(Tag.sequence, encode(Tag.sequence, Uint8Array.of(Tag.integer, 1, 0)), token);
}

/** Reads a bare token's SignedData and TSTInfo; proves nothing. @throws Refusal `timestamp-invalid` */
export function readTimestampToken(token: Uint8Array): {
  message: SignedData;
  info: TimestampInfo;
  content: Uint8Array;
} {
  try {
    const message = readSignedData(token);
    if (message.contentType !== CmsOid.tstInfo || message.content === undefined) {
      throw invalid('the token holds no TSTInfo');
    }
    return { message, info: readTimestampInfo(message.content), content: message.content };
  } catch (error) {
    if (error instanceof DerError || error instanceof Refusal) throw invalid(error.message);
    throw error;
  }
}

/** ESSCertIDv2 (RFC 5035): the signer's certificate is the one the token names, where it names one. */
function namesCertificate(value: Uint8Array, certificate: Certificate, crypto: Crypto): boolean {
  const [ids] = children(expectDer(value, Tag.sequence));
  const [first] = children(expect(ids, Tag.sequence));
  const fields = cursor(expect(first, Tag.sequence), 3);
  const algorithm = fields.optional(Tag.sequence);
  const hash = algorithm === undefined ? 'sha256' : readDigestAlgorithm(algorithm);
  const digest = fields.next(Tag.octetString).content;
  return hash !== undefined && equal(digest, crypto.hash(hash, certificate.der));
}

async function checkMessage(
  message: SignedData,
  content: Uint8Array,
  crypto: Crypto,
): Promise<void> {
  const { signer } = message;
  const { certificate, digestHash, signatureHash } = signer;
  if (
    digestHash === undefined ||
    signatureHash === undefined ||
    certificate.publicKey === undefined
  ) {
    throw invalid('the token uses an unsupported algorithm');
  }
  const attributes = readSignedAttributes(signer.signedAttrs);
  if (attributes.contentType !== CmsOid.tstInfo)
    throw invalid('the token signs another content type');
  if (!equal(attributes.messageDigest, crypto.hash(digestHash, content))) {
    throw invalid('the token signs another TSTInfo');
  }
  const named = singleValue(attributes.all, CmsOid.signingCertificateV2);
  if (named !== undefined && !namesCertificate(named.raw, certificate, crypto)) {
    throw invalid('the token names another certificate');
  }
  const { publicKey } = certificate;
  if (
    !(await signatureHolds(crypto, publicKey, signatureHash, signer.signedAttrs, signer.signature))
  ) {
    throw invalid('the token\u2019s signature does not verify');
  }
}

/**
 * Ways from the TSA's certificate to a trusted authority. A chain that begins with a TSA's certificate means that one
 * and no sibling of it; one of CAs alone means whomever they made a TSA.
 */
async function authorityPaths(
  certificate: Certificate,
  store: AuthorityStore,
  crypto: Crypto,
): Promise<readonly CertificationPath[]> {
  const purpose = ExtendedKeyUsage.timeStamping;
  const issuers = {
    chains: store.chains.flatMap((chain) => {
      const [first, ...rest] = chain.certificates;
      if (first === undefined || basicConstraints(first)?.ca) return [chain];
      return equal(first.der, certificate.der) ? [{ ...chain, certificates: rest }] : [];
    }),
    provenLinks: new Map<string, boolean>(),
  };
  return certificationPaths(certificate, issuers, purpose, crypto);
}

/**
 * The token is over this signature value, by a trusted TSA, within the dates of that same TSA (threats R11).
 * Returns the time it vouches for, in Unix seconds, and the authority's URI.
 * @throws Refusal `timestamp-invalid`, `timestamp-untrusted`
 */
export async function verifyTimestampToken(
  token: Uint8Array,
  signature: Uint8Array,
  store: AuthorityStore,
  crypto: Crypto,
): Promise<{ readonly time: number; readonly authority: string }> {
  const { message, info, content } = readTimestampToken(token);
  if (!equal(info.imprint, crypto.hash(info.imprintHash, signature))) {
    throw invalid('the token is over another signature');
  }
  const { certificate } = message.signer;
  try {
    await checkMessage(message, content, crypto);
    checkLeafUsage(certificate, ExtendedKeyUsage.timeStamping);
    const paths = await authorityPaths(certificate, store, crypto);
    const holding = paths.find(({ windows }) =>
      windows.every((window) => within(window, info.time)),
    );
    if (holding === undefined) {
      throw new Refusal(
        'timestamp-untrusted',
        'no trusted timestamp authority made the token within its dates',
      );
    }
    return { time: info.time, authority: toHex(crypto.hash('sha256', certificate.der)) };
  } catch (error) {
    if (error instanceof DerError) throw invalid(error.message);
    if (error instanceof Refusal && !error.code.startsWith('timestamp-'))
      throw invalid(error.message);
    throw error;
  }
}
