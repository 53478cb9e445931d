/**
 * Signing, from a login to the armor that git stores: identity, certificate, attributes, signature, log entry,
 * timestamp, CMS. Each answer of a service is checked before the next step uses it; the caller verifies the result
 * as anyone would before git sees it. Nothing is published for an account that is not expected here.
 * Runs in place as one (`signPayload`), or in the agent, which keeps the credential between its two halves.
 */

import { toHex, utf8 } from './core/bytes.ts';
import { assembleSignedData } from './core/cms/assemble.ts';
import { buildSignedAttributes } from './core/cms/signed-attributes.ts';
import { writeArmor } from './core/cms/signed-data.ts';
import {
  joinSignature,
  type ObjectType,
  objectHeaders,
  objectId,
  payloadType,
} from './core/git/object.ts';
import { encodeLogEntry, type TransparencyLogEntry } from './core/rekor/log-entry.ts';
import type { Certificate } from './core/x509/certificate.ts';
import { ConfigError, isSignetError, UsageError } from './errors.ts';
import type { Credential, MadeSignature } from './io/credential.ts';
import { checkIssuedCertificate, requestCertificate } from './io/fulcio.ts';
import { expectationOf } from './io/oidc/expectation.ts';
import type { IdentityToken } from './io/oidc/identity-token.ts';
import { appendLogEntry } from './io/rekor-append.ts';
import type { LogService } from './io/services.ts';
import { generateSigningKey } from './io/signing-key.ts';
import { type SigningParts, type SignRequest, withLogin } from './io/signing-login.ts';
import { requestTimestamp } from './io/timestamp.ts';

export type { SignRequest } from './io/signing-login.ts';

export interface SignResult extends MadeSignature {
  /** True when a person has just logged in for it: worth a line even when quiet. */
  readonly freshLogin: boolean;
}

const HASH_NUMBER = { sha256: 8, sha384: 9, sha512: 10 } as const;

/** Everything that one signature is made with. */
interface Signing {
  readonly parts: SigningParts;
  readonly credential: Credential;
  /** Given the armor as it is while the log is asked. */
  readonly onSigned: ((armor: string) => void) | undefined;
}

/** What git is given, and the entry where there is one. */
interface Logged {
  readonly armor: string;
  readonly logEntry?: TransparencyLogEntry;
}

/** What the signature is over, and the signature. */
interface Signed {
  readonly signedAttrs: Uint8Array;
  readonly signature: Uint8Array;
}

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
 * must be for (io/oidc/expectation.ts).
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
 * One signature over a commit or tag, logged, and stamped where the log vouches for no time. `onSigned` is given the
 * armor as it is before the log has answered.
 * @throws UsageError for anything else than a commit or tag; ServiceError, AnswerError
 */
export async function signWithCredential(
  payload: Uint8Array,
  credential: Credential,
  parts: SigningParts,
  onSigned?: (armor: string) => void,
): Promise<MadeSignature> {
  const kind = checkPayload(payload);
  const { certificate, signer } = credential;
  const signing: Signing = { parts, credential, onSigned };
  const signingTime = parts.now();
  const attempt = async (): Promise<Logged> => {
    const signed = await signAttributes(payload, signingTime, signing);
    if (parts.services.log === undefined) return stampedOnly(signed, signing);
    return parts.settings.rekorMode === 'online'
      ? logByName(payload, kind, signed, signing, parts.services.log)
      : logEmbedded(signed, signing, parts.services.log);
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
    ...(logEntry === undefined ? {} : { logEntry }),
  };
}

/** Only a commit or a tag is signed, never other text that somebody would take for one. @throws UsageError */
export function checkPayload(payload: Uint8Array): ObjectType {
  const kind = payloadType(payload);
  const names = objectHeaders(payload).map(([name]) => name);
  const due = kind === 'commit' ? ['tree', 'author', 'committer'] : ['object', 'type', 'tag'];
  if (kind === undefined || !due.every((name) => names.includes(name))) {
    throw new UsageError('what is to be signed is neither a commit nor a tag', {
      hint: 'git-signet is called by git: git commit -S, git tag -s',
    });
  }
  return kind;
}

/** RFC 5652 §5.4: the signature is over the attributes, which hold the payload's digest. */
async function signAttributes(
  payload: Uint8Array,
  signingTime: number,
  { credential: { key }, parts }: Signing,
): Promise<Signed> {
  const messageDigest = parts.crypto.hash('sha256', payload);
  const signedAttrs = buildSignedAttributes({ messageDigest, signingTime });
  return { signedAttrs, signature: await key.sign(signedAttrs) };
}

/** The default form: entry, and timestamp where there is one, stand in the signature. */
async function logEmbedded(signed: Signed, signing: Signing, log: LogService): Promise<Logged> {
  const { crypto, send } = signing.parts;
  const { certificate } = signing.credential;
  const digest = crypto.hash('sha256', signed.signedAttrs);
  const record = { digest, signature: signed.signature, certificateDer: certificate.der };
  const asked = Promise.all([
    appendLogEntry(log, record, { send, crypto }),
    stamp(signed, signing),
  ]);
  // when the question has left
  setImmediate(() => signing.onSigned?.(assemble(signed, certificate, undefined)));
  const [logEntry, timestampToken] = await asked;
  return {
    armor: assemble(signed, certificate, timestampToken, encodeLogEntry(logEntry)),
    logEntry,
  };
}

/** In no log: a timestamp says when. Both who configure and who judge must have asked for it by name. */
async function stampedOnly(signed: Signed, signing: Signing): Promise<Logged> {
  const { unlogged, services } = signing.parts;
  if (unlogged !== true || services.timestampUrl === undefined) {
    throw new ConfigError('nothing is signed without a log here (signet.log = none)', {
      hint: 'git config --unset signet.log',
    });
  }
  const token = await stamp(signed, signing);
  return { armor: assemble(signed, signing.credential.certificate, token) };
}

/** gitsign's online form: the log holds a second signature, over the object's SHA-1 name in hex; nothing is embedded. */
async function logByName(
  payload: Uint8Array,
  kind: ObjectType,
  signed: Signed,
  signing: Signing,
  log: LogService,
): Promise<Logged> {
  const { crypto, send } = signing.parts;
  const { key, certificate } = signing.credential;
  const armor = assemble(signed, certificate, await stamp(signed, signing));
  signing.onSigned?.(armor);
  const object = joinSignature(payload, utf8(armor), kind === 'commit' ? 'header' : 'body');
  const name = utf8(objectId(crypto, kind, object, 'sha1'));
  const record = {
    digest: crypto.hash('sha256', name),
    signature: await key.sign(name),
    certificateDer: certificate.der,
  };
  return { armor, logEntry: await appendLogEntry(log, record, { send, crypto }) };
}

/** RFC 3161 token over the signature value; undefined when none is to be asked for. */
async function stamp(
  { signature }: Signed,
  { parts: { services, send, crypto } }: Signing,
): Promise<Uint8Array | undefined> {
  const { timestampUrl } = services;
  return timestampUrl === undefined
    ? undefined
    : requestTimestamp(timestampUrl, signature, { send, crypto });
}

function assemble(
  { signedAttrs, signature }: Signed,
  { der }: Certificate,
  timestampToken: Uint8Array | undefined,
  logEntry?: Uint8Array,
): string {
  return writeArmor(
    assembleSignedData({ certificateDer: der, signedAttrs, signature, timestampToken, logEntry }),
  );
}

function hashNumber({ signatureHash }: Certificate): 8 | 9 | 10 {
  return signatureHash === undefined || signatureHash === 'sha1' ? 8 : HASH_NUMBER[signatureHash];
}
