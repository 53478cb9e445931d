/**
 * Fulcio (https://github.com/sigstore/fulcio): a short-lived certificate for an identity token and a key. v2 is asked
 * first, v1 where the server has only that. The answer is checked before anything is signed or logged with it: a CA
 * that certifies another key or another person must not get our signature (threat X13).
 */

import { equal, toBase64, toBase64Lines, utf8 } from '../core/bytes.ts';
import { DerError } from '../core/cms/der.ts';
import { visible } from '../core/escape.ts';
import type { EvidenceContext } from '../core/evidence.ts';
import { expectationWords, signerMeets } from '../core/expectation.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import { verifyIssuedCertificate } from '../core/issued-certificate.ts';
import { Refusal, type Signer } from '../core/verdict.ts';
import { type Certificate, readCertificate } from '../core/x509/certificate.ts';
import { AnswerError, LoginError } from '../errors.ts';
import { answerJson, answerMessage, badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';
import { Secret } from '../system/secret.ts';
import type { SigningKey } from '../system/signing-key.ts';

const SERVICE = 'the certificate authority';
const HINT = 'nothing was signed; nothing is lost; try again, or see git signet doctor';
/** A CA's clock may be ahead of ours by this much. */
const CLOCK_SKEW = 300;

export interface CertificateRequest {
  readonly fulcioUrl: string;
  readonly token: Secret;
  readonly claims: IdentityClaims;
  readonly key: SigningKey;
}

/** The leaf, DER. @throws ServiceError, LoginError `TOKEN_REFUSED` */
export async function requestCertificate(
  request: CertificateRequest,
  send: HttpSend,
): Promise<Uint8Array> {
  // the key's holder signs the very claim that the CA will write into the certificate (threat X14)
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
    // a second certificate for the same key and person says nothing new; without one there is no signature
    idempotent: true,
    // minutes may lie between two certificates, and the token does not get younger
    newConnection: true,
    hint: HINT,
  } as const;
}

type Asked = Pick<CertificateRequest, 'fulcioUrl' | 'claims'>;

function checkStatus(answer: HttpAnswer, { fulcioUrl, claims }: Asked): void {
  if (isSuccess(answer)) return;
  const message = answerMessage(answer);
  // one message for expired, foreign and forged tokens alike: say what it was about
  if ([400, 401, 403].includes(answer.status)) {
    const because = message === '' ? '' : `: ${message}`;
    throw new LoginError(
      'TOKEN_REFUSED',
      `${SERVICE} (${new URL(fulcioUrl).host}) refused the identity of ${visible(claims.challenge)} from ${visible(claims.issuer)}${because}`,
      { hint: 'log in again; if it stays so, the authority does not accept this issuer or client' },
    );
  }
  throw refusedBy(SERVICE, fulcioUrl, answer);
}

/** @throws LoginError, ServiceError */
export function certificateFromV2(answer: HttpAnswer, asked: Asked): Uint8Array {
  checkStatus(answer, asked);
  const json = answerJson(answer, SERVICE);
  const signed = json.signedCertificateEmbeddedSct ?? json.signedCertificateDetachedSct;
  const chain =
    typeof signed === 'object' && signed !== null && 'chain' in signed ? signed.chain : undefined;
  const list =
    typeof chain === 'object' && chain !== null && 'certificates' in chain
      ? chain.certificates
      : undefined;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return leafOfPem(typeof first === 'string' ? first : '', answer);
}

/** @throws LoginError, ServiceError */
export function certificateFromV1(answer: HttpAnswer, asked: Asked): Uint8Array {
  checkStatus(answer, asked);
  return leafOfPem(Buffer.from(answer.body).toString('latin1'), answer);
}

function leafOfPem(pem: string, answer: HttpAnswer): Uint8Array {
  const match = /-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(
    pem,
  );
  if (match?.[1] === undefined) throw badAnswer(SERVICE, 'no certificate in it', answer);
  return new Uint8Array(Buffer.from(match[1], 'base64'));
}

export interface IssuedFor {
  readonly key: Pick<SigningKey, 'spki'>;
  readonly claims: IdentityClaims;
  /** Whom it must be for: see core/expectation.ts. */
  readonly expected: string;
  /** Whom it is from, for messages: an address. */
  readonly fulcioUrl: string;
}

export interface IssuedCertificate {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

/**
 * The certificate is for our key, our identity and our issuer, and a verifier would trust it: path, SCT, usage, dates.
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
        `does not hold: ${error.message}`,
        'git signet trust update, or is signet.trust of another instance?',
        error,
      );
    }
    throw error;
  }
}

/** E-mail tokens give exactly that address; what a workload's token gives is the CA's own wording of its claims. */
function speaksFor(signer: Signer, claims: IdentityClaims): boolean {
  if (claims.kind === 'email') return signer.kind === 'email' && signer.value === claims.challenge;
  return signer.kind !== 'email';
}

const wrongFrom =
  (host: string) =>
  (what: string, hint?: string, cause?: unknown): AnswerError =>
    new AnswerError(
      'CERTIFICATE_ANSWER',
      `the certificate from ${SERVICE} (${host}) ${what}; nothing was signed or logged`,
      { hint, cause },
    );
