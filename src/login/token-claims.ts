/**
 * Reads the claims of an identity token, and decides whether it may be used here, before anything leaves this machine
 * (threats O09, O13, X14). The CA checks the signature (and openid-client does after a browser login). A token that fails
 * here would be refused later or, worse, be used for another purpose or account.
 */

import { fromUtf8 } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import { isRecord, type Json } from '../core/json.ts';
import { LoginError } from '../errors.ts';
import type { Secret } from '../system/secret.ts';
import type { TokenRequest } from './token-request.ts';

export interface TokenExpectation {
  readonly clientId: string;
  /** The issuer that was asked or configured. Absent: any, and the CA decides. */
  readonly issuer?: string | undefined;
  /** The nonce of this login. */
  readonly nonce?: string | undefined;
  /** True if this program requested the token. Then `azp`, if present, must be this client. */
  readonly ownRequest: boolean;
  /** Unix seconds. */
  readonly now: number;
}

const MAX_TOKEN = 64 * 1024;
/** Seconds that the issuer's clock may differ. The CA checks again by its own clock. */
const CLOCK_SKEW = 60;

function refused(reason: string, hint?: string): LoginError {
  return new LoginError('TOKEN_REFUSED', `the identity token cannot be used: ${reason}`, { hint });
}

/**
 * Reads and checks a token's claims.
 * @throws LoginError `TOKEN_REFUSED`
 */
export function readIdentityToken(token: Secret, expectation: TokenExpectation): IdentityClaims {
  const claims = decode(token);
  const issuer = text(claims, 'iss') ?? refuseMissing('iss');
  if (expectation.issuer !== undefined && issuer !== expectation.issuer) {
    throw refused(
      `it comes from the issuer ${visible(issuer)}, not ${visible(expectation.issuer)}`,
    );
  }
  checkParties(claims, expectation);
  const expires = checkTimes(claims, expectation);
  if (expectation.nonce !== undefined && text(claims, 'nonce') !== expectation.nonce) {
    throw refused('it does not belong to this login (nonce)');
  }
  return { ...identityOf(claims, issuer), issuer, expires };
}

/** What a login of our own tells of the token that it got. */
export interface OwnLogin extends Pick<TokenRequest, 'accept' | 'now'> {
  readonly settings: Pick<TokenRequest['settings'], 'clientId'>;
  /** The issuer that was asked. */
  readonly issuer: string;
  /** The nonce of the login, for the ways that have one. */
  readonly nonce?: string | undefined;
}

/**
 * Returns the claims of a token that this program asked for itself, checked and accepted.
 * @throws LoginError `TOKEN_REFUSED`, and what `accept` throws
 */
export function acceptToken(token: Secret, login: OwnLogin): IdentityClaims {
  const claims = readIdentityToken(token, {
    clientId: login.settings.clientId,
    issuer: login.issuer,
    nonce: login.nonce,
    ownRequest: true,
    now: login.now(),
  });
  login.accept(claims);
  return claims;
}

function refuseMissing(name: string): never {
  throw refused(`it has no claim ${name}`);
}

function decode(token: Secret): Json {
  const compact = token.reveal();
  if (compact.length > MAX_TOKEN) throw refused('it is over 64 KiB');
  const parts = compact.split('.');
  const [header, claims, signature] = parts;
  if (parts.length !== 3 || header === undefined || claims === undefined) {
    throw refused('it is not a signed JSON web token');
  }
  const algorithm = text(decodePart(header), 'alg');
  // RFC 8725 §3.2: any program could have written a token with "none"
  if (algorithm === undefined || /^none$/i.test(algorithm) || !signature)
    throw refused('it is not signed');
  return decodePart(claims);
}

function decodePart(part: string): Json {
  const json = /^[\w-]+$/.test(part) ? fromUtf8(Buffer.from(part, 'base64url')) : undefined;
  try {
    const value: unknown = JSON.parse(json ?? '');
    if (isRecord(value)) return value;
  } catch {
    // reported below, without the text
  }
  throw refused('it is not a JSON web token');
}

function text(claims: Json, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function seconds(claims: Json, name: string): number | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw refused(`its claim ${name} is not a number`);
  return value;
}

/** Checks audience and authorized party (OpenID Connect Core §3.1.3.7, 3 to 5). */
function checkParties(claims: Json, { clientId, ownRequest }: TokenExpectation): void {
  const audience = Object.hasOwn(claims, 'aud') ? claims.aud : undefined;
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (!audiences.includes(clientId)) {
    throw refused(
      `it is for ${audiences.map((each) => visible(String(each))).join(', ')}, not for ${visible(clientId)}`,
    );
  }
  const party = text(claims, 'azp');
  // workload tokens hold the workload's own id in azp, so with one audience azp counts only if we requested the token
  const judged = ownRequest || audiences.length > 1;
  if (judged && party !== clientId && (party !== undefined || audiences.length > 1)) {
    throw refused(
      `it was issued to ${visible(party ?? 'no named client')}, not to ${visible(clientId)}`,
    );
  }
}

/** Checks the token's times, and returns `exp`. */
function checkTimes(claims: Json, { now, ownRequest }: TokenExpectation): number {
  const expires = seconds(claims, 'exp') ?? refuseMissing('exp');
  if (expires <= now - CLOCK_SKEW)
    throw refused(
      'it has expired',
      // a token that was made for this login is fresh, so a clock is wrong. For others, the source has its own hint
      ownRequest ? 'check the clock of this machine, and log in again' : undefined,
    );
  const notBefore = Math.max(seconds(claims, 'nbf') ?? 0, seconds(claims, 'iat') ?? 0);
  if (notBefore > now + CLOCK_SKEW)
    throw refused('it is not valid yet', 'check the clock of this machine');
  return expires;
}

/**
 * Returns the identity that the CA will certify: the e-mail address if the token has one, which the issuer must have
 * verified, and the subject otherwise. For a workload, the CA derives a URI from it.
 */
function identityOf(claims: Json, issuer: string): Omit<IdentityClaims, 'issuer' | 'expires'> {
  const certificateIssuers = [issuer, ...federatedIssuer(claims)];
  const email = text(claims, 'email');
  if (email !== undefined) {
    const verified = claims.email_verified;
    // some issuers write a string
    if (verified !== true && verified !== 'true')
      throw refused(`the issuer has not verified ${visible(email)}`);
    return { kind: 'email', challenge: email, names: [email], certificateIssuers };
  }
  const subject = text(claims, 'sub') ?? refuseMissing('sub');
  const workflow = text(claims, 'job_workflow_ref');
  const names = workflow === undefined ? [subject] : [`https://github.com/${workflow}`, subject];
  return { kind: 'subject', challenge: subject, names, certificateIssuers };
}

/** Returns the connector that Dex federated from, which Fulcio writes into the certificate as the issuer. */
function federatedIssuer(claims: Json): readonly string[] {
  const federated = Object.hasOwn(claims, 'federated_claims') ? claims.federated_claims : undefined;
  const connector = isRecord(federated) ? text(federated, 'connector_id') : undefined;
  return connector === undefined ? [] : [connector];
}
