/**
 * Signs: identity, certificate, signature, timestamp, log entry, CMS or bundle. Each answer of a service is checked
 * before the next step uses it. The caller verifies the result before git sees it. Nothing is published for an account
 * that is not expected here. `signPayload` does all steps in place. The agent keeps the credential between
 * `obtainCredential` and `signWithCredential`.
 */

import { toHex } from '../core/bytes.ts';
import { expectationOf } from '../core/expected-account.ts';
import { type PayloadKind, payloadKind } from '../core/git/payload-kind.ts';
import { checkPayload } from '../core/git/signable.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { isSignetError } from '../errors.ts';
import type { IdentityToken } from '../login/token-request.ts';
import { checkIssuedCertificate, requestCertificate } from '../services/fulcio.ts';
import { generateSigningKey } from '../system/signing-key.ts';
import type { Credential, MadeSignature } from './credential.ts';
import { formFor } from './forms.ts';
import { type SigningParts, type SignRequest, withLogin } from './login.ts';
import { type Published, publish, type SigningWatch } from './publication.ts';

export type { SignRequest } from './login.ts';

export interface SignResult extends MadeSignature {
  /** True if the user has just logged in for it. Then one line is printed even with signet.quiet. */
  readonly freshLogin: boolean;
}

const HASH_NUMBER = { sha256: 8, sha384: 9, sha512: 10 } as const;

/** Returns the kind of a payload that may be signed. @throws UsageError */
async function kindOf(payload: Uint8Array): Promise<PayloadKind> {
  if (payloadKind(payload) !== 'statement') return checkPayload(payload);
  const { checkSignable } = await import('../core/statement/signable.ts');
  return checkSignable(payload);
}

/**
 * Signs a payload of any kind, which is given without its signature.
 * @throws UsageError, ConfigError, LoginError, ServiceError, AnswerError
 */
export async function signPayload(payload: Uint8Array, request: SignRequest): Promise<SignResult> {
  await kindOf(payload);
  // this login is not kept, so no refresh token is requested
  return withLogin(payload, { ...request, renewable: false }, async (identity, parts) => {
    const expected = expectationOf(parts.settings, payload);
    const credential = await obtainCredential(identity, expected, parts);
    const made = await signWithCredential(payload, credential, parts);
    return { ...made, freshLogin: identity.fresh };
  });
}

/**
 * Obtains a certificate for this login's identity and a fresh key, and checks it before it is used (threat X13).
 * `expected` is the expected identity (core/expected-account.ts).
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
 * Signs a payload of any kind and publishes the signature.
 * @throws UsageError if it is of no kind, ServiceError, AnswerError (`SELF_VERIFICATION` if the timestamp does not verify), and
 * what `watch.beforeLog` throws
 */
export async function signWithCredential(
  payload: Uint8Array,
  credential: Credential,
  parts: SigningParts,
  watch: SigningWatch = {},
): Promise<MadeSignature> {
  const kind = await kindOf(payload);
  const form = await formFor(kind, payload);
  const { key, certificate, signer } = credential;
  const signingTime = parts.now();
  const attempt = async (): Promise<Published> => {
    const signedBytes = form.signedBytes(payload, signingTime, parts.crypto);
    const signed = { signedBytes, signature: await key.sign(signedBytes) };
    return publish({ payload, kind, form, signed }, { parts, credential, watch });
  };
  const { signature, logEntry } = await attempt().catch((error: unknown) => {
    // it was logged but the answer was lost. A new ECDSA signature differs, so it can be logged
    if (isSignetError(error) && error.code === 'LOG_DUPLICATE') return attempt();
    throw error;
  });
  return {
    signature,
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

function hashNumber({ signatureHash }: Certificate): 8 | 9 | 10 {
  return signatureHash === undefined || signatureHash === 'sha1' ? 8 : HASH_NUMBER[signatureHash];
}
