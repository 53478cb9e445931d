/**
 * Asks Fulcio (https://github.com/sigstore/fulcio) for a short-lived certificate for an identity token and a key. If the
 * server has no v2 of the API, v1 is used. The certificate is checked before anything is signed or logged with it,
 * because a CA that certifies another key or another account must not get our signature (threat X13).
 */

import { equal, toBase64, toBase64Lines, utf8 } from '../core/bytes.ts';
import { DerError } from '../core/cms/der.ts';
import { visible } from '../core/escape.ts';
import type { EvidenceContext } from '../core/evidence.ts';
import { expectationWords, signerMeets } from '../core/expected-account.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import { verifyIssuedCertificate } from '../core/issued-certificate.ts';
import { isRecord } from '../core/json.ts';
import { Refusal, type Signer } from '../core/verdict.ts';
import { type Certificate, readCertificate } from '../core/x509/certificate.ts';
import { AnswerError, LoginError } from '../errors.ts';
import { answerJson, answerMessage, badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';
import { Secret } from '../system/secret.ts';
import type { SigningKey } from '../system/signing-key.ts';

const SERVICE = 'the certificate authority';
const HINT = 'nothing was signed and nothing is lost. Try again, or run: git signet doctor';
/** Seconds that the CA's clock may be ahead of ours. */
const CLOCK_SKEW = 300;

export interface CertificateRequest {
  readonly fulcioUrl: string;
  readonly token: Secret;
  readonly claims: IdentityClaims;
  readonly key: SigningKey;
}

/** Requests a certificate and returns it as DER. It is not checked yet. @throws ServiceError, LoginError `TOKEN_REFUSED` */
export async function requestCertificate(
  request: CertificateRequest,
  send: HttpSend,
): Promise<Uint8Array> {
  // the proof of possession is a signature over the claim that the CA writes into the certificate (threat X14)
  const proof = await request.key.sign(utf8(request.claims.challenge));
  const answer = await send(certificateRequestV2(request, proof));
  if (![404, 405, 501].includes(answer.status)) return certificateFromV2(answer, request);
  return certificateFromV1(await send(certificateRequestV1(request, proof)), request);
}

export function certificateRequestV2(
  { fulcioUrl, token, key }: CertificateRequest,
  proof: Uint8Array,
): HttpRequest {
  const pem = `-----BEGIN PUBLIC KEY-----\n${toBase64Lines(key.spki)}\n-----END PUBLIC KEY-----\n`;
  return {
    ...post(`${fulcioUrl}/api/v2/signingCert`),
    body: new Secret(
      JSON.stringify({
        credentials: { oidcIdentityToken: token.reveal() },
        publicKeyRequest: {
          publicKey: { algorithm: 'ECDSA', content: pem },
          proofOfPossession: toBase64(proof),
        },
      }),
    ),
  };
}

export function certificateRequestV1(
  { fulcioUrl, token, key }: CertificateRequest,
  proof: Uint8Array,
): HttpRequest {
  const request = post(`${fulcioUrl}/api/v1/signingCert`);
  return {
    ...request,
    headers: { ...request.headers, authorization: new Secret(`Bearer ${token.reveal()}`) },
    body: JSON.stringify({
      publicKey: { content: toBase64(key.spki), algorithm: 'ecdsa' },
      signedEmailAddress: toBase64(proof),
      certificateSigningRequest: null,
    }),
  };
}

function post(url: string) {
  return {
    service: SERVICE,
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    // a second certificate for the same key and account does no harm
    idempotent: true,
    // a kept connection may have gone dead since the last certificate, and the token expires soon
    newConnection: true,
    hint: HINT,
  } as const;
}

type Asked = Pick<CertificateRequest, 'fulcioUrl' | 'claims'>;

function checkStatus(answer: HttpAnswer, { fulcioUrl, claims }: Asked): void {
  if (isSuccess(answer)) return;
  const message = answerMessage(answer);
  // Fulcio gives one message for expired, foreign and forged tokens, so ours names the identity
  if ([400, 401, 403].includes(answer.status)) {
    const because = message === '' ? '' : `: ${message}`;
    throw new LoginError(
      'TOKEN_REFUSED',
      `${SERVICE} (${new URL(fulcioUrl).host}) refused the identity of ${visible(claims.challenge)} from ${visible(claims.issuer)}${because}`,
      {
        hint: 'log in again. If this happens again, the authority does not accept this issuer or client',
      },
    );
  }
  throw refusedBy(SERVICE, fulcioUrl, answer);
}

/** Reads the leaf certificate (DER) from a v2 answer. @throws LoginError, ServiceError */
export function certificateFromV2(answer: HttpAnswer, asked: Asked): Uint8Array {
  checkStatus(answer, asked);
  const json = answerJson(answer, SERVICE);
  const signed = json.signedCertificateEmbeddedSct ?? json.signedCertificateDetachedSct;
  const chain = isRecord(signed) ? signed.chain : undefined;
  const list = isRecord(chain) ? chain.certificates : undefined;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return leafOfPem(typeof first === 'string' ? first : '', answer);
}

/** Reads the leaf certificate (DER) from a v1 answer. @throws LoginError, ServiceError */
export function certificateFromV1(answer: HttpAnswer, asked: Asked): Uint8Array {
  checkStatus(answer, asked);
  return leafOfPem(Buffer.from(answer.body).toString('latin1'), answer);
}

function leafOfPem(pem: string, answer: HttpAnswer): Uint8Array {
  const match = /-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(
    pem,
  );
  if (match?.[1] === undefined) throw badAnswer(SERVICE, 'it holds no certificate', answer);
  return new Uint8Array(Buffer.from(match[1], 'base64'));
}

export interface IssuedFor {
  readonly key: Pick<SigningKey, 'spki'>;
  readonly claims: IdentityClaims;
  /** The expected identity (core/expected-account.ts). */
  readonly expected: string;
  /** The CA's address, for messages. */
  readonly fulcioUrl: string;
}

export interface IssuedCertificate {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

/**
 * Verifies that a certificate is for our key, identity and issuer, and that a verifier would trust its path, SCT, usage
 * and dates.
 * @throws AnswerError `CERTIFICATE_ANSWER`
 */
export async function checkIssuedCertificate(
  der: Uint8Array,
  { key, claims, expected, fulcioUrl }: IssuedFor,
  context: EvidenceContext,
): Promise<IssuedCertificate> {
  const wrong = wrongFrom(new URL(fulcioUrl).host);
  try {
    const certificate = readCertificate(der);
    if (!equal(certificate.spki, key.spki)) throw wrong('is for another key');
    if (certificate.notBefore > context.now + CLOCK_SKEW)
      throw wrong('is not valid yet', 'check the clock of this machine');
    const time = Math.max(context.now, certificate.notBefore);
    if (time > certificate.notAfter) throw wrong('has expired', 'check the clock of this machine');
    const signer = await verifyIssuedCertificate(der, time, context);
    if (!speaksFor(signer, claims))
      throw wrong(`is for ${visible(signer.value)}, not for ${visible(claims.challenge)}`);
    if (!signerMeets(expected, signer)) {
      throw wrong(`is for ${visible(signer.value)}, not for ${expectationWords(expected)}`);
    }
    if (!claims.certificateIssuers.includes(signer.issuer)) {
      throw wrong(`names the issuer ${visible(signer.issuer)}, not ${visible(claims.issuer)}`);
    }
    return { certificate, signer };
  } catch (error) {
    if (error instanceof Refusal || error instanceof DerError) {
      throw wrong(
        `cannot be trusted: ${error.message}`,
        'git signet trust update, or check that signet.trust belongs to this authority',
        error,
      );
    }
    throw error;
  }
}

/** For an e-mail token, the certificate holds the same address. For a workload's token, the CA words the claims itself. */
function speaksFor(signer: Signer, claims: IdentityClaims): boolean {
  if (claims.kind === 'email') return signer.kind === 'email' && signer.value === claims.challenge;
  return signer.kind !== 'email';
}

const wrongFrom =
  (host: string) =>
  (what: string, hint?: string, cause?: unknown): AnswerError =>
    new AnswerError(
      'CERTIFICATE_ANSWER',
      `the certificate from ${SERVICE} (${host}) ${what}, so nothing was signed or logged`,
      { hint, cause },
    );
