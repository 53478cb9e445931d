/**
 * Verifies an RFC 3161 timestamp token over a signature, by a trusted authority. gitsign stores the bare token (a
 * ContentInfo). Bundles and services wrap it in a TimeStampResp.
 */

import { equal, latin1, toHex } from '../bytes.ts';
import { children, cursor, DerError, expect, expectDer, Tag } from '../cms/der.ts';
import { readSignedAttributes } from '../cms/signed-attributes.ts';
import {
  type Attribute,
  CmsOid,
  type Envelope,
  readEnvelope,
  type SignedData,
  singleValue,
  withSigner,
} from '../cms/signed-data.ts';
import type { Crypto, HashAlgorithm } from '../crypto.ts';
import { remembered } from '../remembered.ts';
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
import { invalid, readTimestampInfo, type TimestampInfo } from './timestamp-info.ts';

/** A token whose signer is not yet known. */
interface ReadToken {
  readonly envelope: Envelope;
  /** DER of the TSTInfo. */
  readonly content: Uint8Array;
  readonly info: TimestampInfo;
}

/** Reads a bare token's envelope and TSTInfo. Proves nothing. @throws Refusal `timestamp-invalid` */
export function readTimestampToken(token: Uint8Array): ReadToken {
  return invalidOr(() => {
    const envelope = readEnvelope(token);
    const { contentType, content } = envelope;
    if (contentType !== CmsOid.tstInfo || content === undefined)
      throw invalid('the token holds no TSTInfo');
    return { envelope, content, info: readTimestampInfo(content) };
  });
}

/** Refuses a token as invalid if it cannot be read or is inconsistent. A refusal with another code stays. */
function invalidOr<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asInvalid(error);
  }
}

function asInvalid(error: unknown): unknown {
  const own = error instanceof Refusal && error.code.startsWith('timestamp-');
  if (own || !(error instanceof DerError || error instanceof Refusal)) return error;
  return invalid(error.message);
}

/**
 * Returns the token with its signer. The certificate is embedded or, if the request did not ask for it (RFC 3161 §2.4.1,
 * certReq), belongs to a trusted authority.
 * @throws Refusal `timestamp-invalid`, `timestamp-untrusted` if no authority has the named certificate
 */
function signedToken({ envelope }: ReadToken, store: AuthorityStore): SignedData {
  if (envelope.certificates.length > 0) return withSigner(envelope, envelope.certificates);
  const trusted = store.chains.flatMap(({ certificates }) => certificates);
  const distinct = trusted.filter(
    ({ der }, at) => trusted.findIndex((other) => equal(other.der, der)) === at,
  );
  try {
    return withSigner(envelope, distinct);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'signer-ambiguous') throw error;
    throw new Refusal(
      'timestamp-untrusted',
      'the token embeds no certificate, and names none of the trusted timestamp authorities',
    );
  }
}

/** Returns true if the first ESSCertID (RFC 2634 §5.4.1, SHA-1) or ESSCertIDv2 (RFC 5035 §4) names this certificate. */
function namesCertificate(
  value: Uint8Array,
  certificate: Certificate,
  unnamedHash: HashAlgorithm,
  crypto: Crypto,
): boolean {
  const [ids] = children(expectDer(value, Tag.sequence));
  const [first] = children(expect(ids, Tag.sequence));
  const fields = cursor(expect(first, Tag.sequence), 3);
  const algorithm = fields.optional(Tag.sequence);
  const hash = algorithm === undefined ? unnamedHash : readDigestAlgorithm(algorithm);
  const digest = fields.next(Tag.octetString).content;
  return hash !== undefined && equal(digest, crypto.hash(hash, certificate.der));
}

/** Attributes that name the signer's certificate, with their default hash. */
const NAMING = [
  [CmsOid.signingCertificateV2, 'sha256'],
  [CmsOid.signingCertificate, 'sha1'],
] as const;

/** Checks that all attributes with a signer's certificate name this one. A token without embedded certificate needs one (RFC 3161 §2.4.2). */
function checkNamed(
  { certificates, signer: { certificate } }: SignedData,
  attributes: readonly Attribute[],
  crypto: Crypto,
): void {
  const named = NAMING.flatMap(([oid, hash]) => {
    const value = singleValue(attributes, oid);
    return value === undefined ? [] : [namesCertificate(value.raw, certificate, hash, crypto)];
  });
  if (named.includes(false)) throw invalid('the token names another certificate');
  if (named.length === 0 && certificates.length === 0)
    throw invalid('the token neither embeds its certificate nor names it');
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
  checkNamed(message, attributes.all, crypto);
  const { publicKey } = certificate;
  if (
    !(await signatureHolds(crypto, publicKey, signatureHash, signer.signedAttrs, signer.signature))
  ) {
    throw invalid('the token\u2019s signature does not verify');
  }
}

/** Most certificates of authorities whose paths are remembered for one trust root. */
const MAX_PATHS = 16;
const pathsSeen = new WeakMap<AuthorityStore, Map<string, Promise<readonly CertificationPath[]>>>();

/**
 * Returns the paths from the TSA's certificate to trusted authorities. They are found once for the exact bytes of a
 * certificate, because most signatures of a history are stamped by one TSA, and no time changes a path.
 */
function authorityPaths(
  certificate: Certificate,
  store: AuthorityStore,
  crypto: Crypto,
): Promise<readonly CertificationPath[]> {
  const seen = pathsSeen.get(store) ?? new Map<string, Promise<readonly CertificationPath[]>>();
  pathsSeen.set(store, seen);
  if (seen.size > MAX_PATHS) seen.clear();
  return remembered(seen, latin1(certificate.der), () => findPaths(certificate, store, crypto));
}

/**
 * Returns the paths from the TSA's certificate to trusted authorities. A chain that begins with a TSA's certificate
 * trusts only that TSA. A chain of CAs alone trusts every TSA that they certified.
 */
async function findPaths(
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
    provenLinks: new Map<string, Promise<boolean>>(),
    provenChains: new Map<string, Promise<boolean>>(),
  };
  return certificationPaths(certificate, issuers, purpose, crypto);
}

/**
 * Checks that the token covers this signature value, by a trusted TSA, within the dates of that same TSA (threat R11).
 * Returns the proven time in Unix seconds, and the authority's URI.
 * @throws Refusal `timestamp-invalid`, `timestamp-untrusted`
 */
export async function verifyTimestampToken(
  token: Uint8Array,
  signature: Uint8Array,
  store: AuthorityStore,
  crypto: Crypto,
): Promise<{ readonly time: number; readonly authority: string }> {
  const read = readTimestampToken(token);
  const { info, content } = read;
  if (!equal(info.imprint, crypto.hash(info.imprintHash, signature))) {
    throw invalid('the token is over another signature');
  }
  try {
    const message = signedToken(read, store);
    const { certificate } = message.signer;
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
    throw asInvalid(error);
  }
}
