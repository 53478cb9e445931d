/**
 * Signing, from a login to the armor that git stores: identity, certificate, attributes, signature, timestamp, log
 * entry, CMS. Each answer of a service is checked before the next step uses it; the caller verifies the result
 * as anyone would before git sees it. Nothing is published for an account that is not expected here.
 * Runs in place as one (`signPayload`), or in the agent, which keeps the credential between its two halves.
 */

import { toHex } from '../core/bytes.ts';
import { buildSignedAttributes } from '../core/cms/signed-attributes.ts';
import { expectationOf } from '../core/expectation.ts';
import { checkPayload } from '../core/git/signable.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { isSignetError } from '../errors.ts';
import type { IdentityToken } from '../login/token-request.ts';
import { checkIssuedCertificate, requestCertificate } from '../services/fulcio.ts';
import { generateSigningKey } from '../system/signing-key.ts';
import type { Credential, MadeSignature } from './credential.ts';
import { type SigningParts, type SignRequest, withLogin } from './login.ts';
import { type Published, publish, type Signed, type SigningWatch } from './publication.ts';

export type { SignRequest } from './login.ts';

export interface SignResult extends MadeSignature {
  /** True when a person has just logged in for it: worth a line even when quiet. */
  readonly freshLogin: boolean;
}

const HASH_NUMBER = { sha256: 8, sha384: 9, sha512: 10 } as const;

/**
 * Signs a commit or tag, given without its signature.
 * @throws UsageError, ConfigError, LoginError, ServiceError, AnswerError
 */
export async function signPayload(payload: Uint8Array, request: SignRequest): Promise<SignResult> {
  checkPayload(payload);
  // nothing of this login is kept, so nothing that could renew it is asked for
  return withLogin(payload, { ...request, renewable: false }, async (identity, parts) => {
    const expected = expectationOf(parts.settings, payload);
    const credential = await obtainCredential(identity, expected, parts);
    const made = await signWithCredential(payload, credential, parts);
    return { ...made, freshLogin: identity.fresh };
  });
}

/**
 * A certificate for this login's identity and a fresh key, checked before it is used (threat X13). `expected`: whom it
 * must be for (core/expectation.ts).
 * @throws LoginError, ServiceError, AnswerError
 */
export async function obtainCredential(
  { token, claims }: Pick<IdentityToken, 'token' | 'claims'>,
  expected: string,
  { services, send, crypto, trust, now }: SigningParts,
): Promise<Credential> {
  const key = await generateSigningKey();
  const der = await requestCertificate({ fulcioUrl: services.fulcioUrl, token, claims, key }, send);
  const issued = await checkIssuedCertificate(
    der,
    { key, claims, expected, fulcioUrl: services.fulcioUrl },
    { crypto, trust, now: now() },
  );
  return { key, ...issued };
}

/**
 * One signature over a commit or tag, stamped where the log vouches for no time, then logged.
 * @throws UsageError for anything else than a commit or tag; ServiceError; AnswerError, `SELF_VERIFICATION` where the
 * timestamp would not verify; what `watch.beforeLog` throws
 */
export async function signWithCredential(
  payload: Uint8Array,
  credential: Credential,
  parts: SigningParts,
  watch: SigningWatch = {},
): Promise<MadeSignature> {
  const kind = checkPayload(payload);
  const { certificate, signer } = credential;
  const signingTime = parts.now();
  const attempt = async (): Promise<Published> => {
    const signed = await signAttributes(payload, signingTime, credential, parts);
    return publish({ payload, kind, signed }, { parts, credential, watch });
  };
  const { armor, logEntry } = await attempt().catch((error: unknown) => {
    // logged, but the answer was lost on its way: ECDSA signs the same differently
    if (isSignetError(error) && error.code === 'LOG_DUPLICATE') return attempt();
    throw error;
  });
  return {
    armor,
    certificateSha1: toHex(parts.crypto.hash('sha1', certificate.der)),
    signingTime,
    identity: signer.value,
    issuer: signer.issuer,
    logIndex: logEntry === undefined ? '' : String(logEntry.logIndex),
    publicKeyAlgorithm: 19,
    certificateHashAlgorithm: hashNumber(certificate),
    logEntry,
  };
}

/** RFC 5652 §5.4: the signature is over the attributes, which hold the payload's digest. */
async function signAttributes(
  payload: Uint8Array,
  signingTime: number,
  { key }: Credential,
  { crypto }: SigningParts,
): Promise<Signed> {
  const messageDigest = crypto.hash('sha256', payload);
  const signedAttrs = buildSignedAttributes({ messageDigest, signingTime });
  return { signedAttrs, signature: await key.sign(signedAttrs) };
}

function hashNumber({ signatureHash }: Certificate): 8 | 9 | 10 {
  return signatureHash === undefined || signatureHash === 'sha1' ? 8 : HASH_NUMBER[signatureHash];
}
