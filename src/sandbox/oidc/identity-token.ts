/**
 * Identity tokens of the sandbox's issuer: minted for tests, and judged as Fulcio judges them
 * (signature, issuer, audience, expiry, verified e-mail). A token of a CI workflow names no e-mail: its
 * certificate carries the workflow's URI and the extensions 57264.1.2 to .22
 * (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md).
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Principal } from '../fulcio/issue.ts';

export const KEY_ID = 'sandbox-1';
export const AUDIENCE = 'sigstore';
export const TOKEN_SECONDS = 600;

/** Differs from the e-mail address, so that a client that mistakes one for the other fails here. */
export const subjectOf = (email: string): string => `sandbox|${email}`;

/** A workflow run, as GitHub describes one in its tokens. */
export interface Workflow {
  /** `owner/name`. */
  readonly repository: string;
  /** Path inside the repository, e.g. `.github/workflows/release.yml`. */
  readonly path: string;
  /** e.g. `refs/heads/main`. */
  readonly ref: string;
  readonly sha?: string;
  readonly name?: string | undefined;
  readonly trigger?: string;
}

/** The claims of a minted token. A claim that is left out has the issuer's value for alice. */
export interface TokenClaims {
  readonly email?: string | undefined;
  readonly emailVerified?: boolean;
  readonly subject?: string;
  readonly audience?: string;
  readonly issuer?: string | undefined;
  /** Seconds from now. A negative value makes an expired token. */
  readonly expiresIn?: number;
  readonly nonce?: string;
  /** Makes it a CI token: no e-mail, subject and claims of a workflow run. */
  readonly workflow?: Workflow;
  /** Other claims. Undefined removes a claim. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** True signs with a key that the issuer never had. */
  readonly foreignKey?: boolean;
}

export interface TokenIssuer {
  readonly url: () => string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

const HOST = 'https://github.com';

function workflowClaims(workflow: Workflow): Record<string, unknown> {
  const {
    repository,
    path,
    ref,
    sha = '0'.repeat(40),
    name = 'release',
    trigger = 'push',
  } = workflow;
  return {
    repository,
    ref,
    sha,
    workflow: name,
    event_name: trigger,
    job_workflow_ref: `${repository}/${path}@${ref}`,
    job_workflow_sha: sha,
    workflow_ref: `${repository}/${path}@${ref}`,
    workflow_sha: sha,
    runner_environment: 'github-hosted',
    repository_id: '1',
    repository_owner: repository.split('/')[0],
    repository_owner_id: '2',
    repository_visibility: 'public',
    run_id: '3',
    run_attempt: '1',
  };
}

/** Mints a token with the issuer's key, without asking the issuer. */
export async function mintToken(issuer: TokenIssuer, claims: TokenClaims = {}): Promise<string> {
  const now = Math.floor(issuer.clock() / 1000);
  const email = 'email' in claims ? claims.email : 'alice@example.test';
  const person = email === undefined ? {} : { email, email_verified: claims.emailVerified ?? true };
  const { workflow } = claims;
  const payload = {
    ...(workflow === undefined ? person : workflowClaims(workflow)),
    ...(claims.nonce === undefined ? {} : { nonce: claims.nonce }),
    ...claims.extra,
  };
  const usualSubject = workflow
    ? `repo:${workflow.repository}:ref:${workflow.ref}`
    : subjectOf(email ?? 'nobody');
  const key =
    claims.foreignKey === true
      ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
      : issuer.privateKey;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
    .setIssuer(claims.issuer ?? issuer.url())
    .setSubject(claims.subject ?? usualSubject)
    .setAudience(claims.audience ?? AUDIENCE)
    .setIssuedAt(now - 1)
    .setExpirationTime(now + (claims.expiresIn ?? TOKEN_SECONDS))
    .sign(key);
}

type Claims = Readonly<Record<string, unknown>>;

/** Fulcio's extensions by claim of a workflow token. */
function workflowPrincipal(claims: Claims, issuer: string): Principal {
  const text = (name: string): string => String(claims[name] ?? '');
  const repository = `${HOST}/${text('repository')}`;
  return {
    san: { kind: 'uri', value: `${HOST}/${text('job_workflow_ref')}` },
    challenge: text('sub'),
    issuer,
    extensions: {
      2: text('event_name'),
      3: text('sha'),
      4: text('workflow'),
      5: text('repository'),
      6: text('ref'),
      9: `${HOST}/${text('job_workflow_ref')}`,
      10: text('job_workflow_sha'),
      11: text('runner_environment'),
      12: repository,
      13: text('sha'),
      14: text('ref'),
      15: text('repository_id'),
      16: `${HOST}/${text('repository_owner')}`,
      17: text('repository_owner_id'),
      18: `${HOST}/${text('workflow_ref')}`,
      19: text('workflow_sha'),
      20: text('event_name'),
      21: `${repository}/actions/runs/${text('run_id')}/attempts/${text('run_attempt')}`,
      22: text('repository_visibility'),
    },
  };
}

/** Returns the identity that a verified token's claims name, or undefined if it cannot be certified. */
export function principalOf(claims: Claims, issuer: string): Principal | undefined {
  const subject = typeof claims.sub === 'string' ? claims.sub : '';
  if (typeof claims.email === 'string') {
    if (claims.email_verified !== true || !/^[^\s@]+@[^\s@]+$/.test(claims.email)) return undefined;
    return {
      san: { kind: 'email', value: claims.email },
      challenge: claims.email,
      issuer,
      extensions: { 24: subject },
    };
  }
  if (typeof claims.job_workflow_ref === 'string') return workflowPrincipal(claims, issuer);
  if (!URL.canParse(subject)) return undefined;
  return {
    san: { kind: 'uri', value: subject },
    challenge: subject,
    issuer,
    extensions: { 24: subject },
  };
}

export type TokenVerifier = (token: string) => Promise<Principal | undefined>;

/** Checks a token against the issuer's key. Undefined for every reason: Fulcio does not tell them apart either. */
export function tokenVerifier(issuer: TokenIssuer): TokenVerifier {
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, issuer.publicKey, {
        algorithms: ['RS256'],
        issuer: issuer.url(),
        audience: AUDIENCE,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(issuer.clock()),
      });
      return principalOf(payload, issuer.url());
    } catch {
      return undefined;
    }
  };
}
