/**
 * Signing, from a login to the armor that git stores: identity, certificate, attributes, signature, log entry,
 * timestamp, CMS. Each answer of a service is checked before the next step uses it; the caller verifies the result
 * as anyone would before git sees it. Nothing is published for an account that is not expected here.
 */

import { toHex, utf8 } from './core/bytes.ts';
import { buildSignedAttributes } from './core/cms/signed-attributes.ts';
import { writeArmor } from './core/cms/signed-data.ts';
import type { Crypto } from './core/crypto.ts';
import {
  joinSignature,
  type ObjectType,
  objectHeaders,
  objectId,
  payloadType,
} from './core/git/object.ts';
import { encodeLogEntry, type TransparencyLogEntry } from './core/rekor/log-entry.ts';
import type { TrustMaterial } from './core/trust/trust-material.ts';
import type { Certificate } from './core/x509/certificate.ts';
import { UsageError } from './errors.ts';
import type { Environment, Settings } from './io/config.ts';
import { checkIssuedCertificate, type IssuedCertificate, requestCertificate } from './io/fulcio.ts';
import { createHttpClient, type HttpSend } from './io/http.ts';
import { checkExpectedIdentity } from './io/oidc/expected-identity.ts';
import { type IdentityToken, obtainIdentityToken } from './io/oidc/identity-token.ts';
import type { SigningContext } from './io/oidc/page.ts';
import { appendLogEntry } from './io/rekor-append.ts';
import type { Secret } from './io/secret.ts';
import { chooseServices, type Services } from './io/services.ts';
import { generateSigningKey, type SigningKey } from './io/signing-key.ts';
import type { Terminal } from './io/terminal.ts';
import { requestTimestamp } from './io/timestamp.ts';
import type { SigningConfig } from './io/trust-store.ts';

export interface SignRequest {
  readonly settings: Settings;
  readonly trust: TrustMaterial;
  readonly signingConfig: SigningConfig;
  readonly terminal: Terminal;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: () => number;
  readonly environment: Environment;
  /** What the person is told is being signed. */
  readonly context: SigningContext;
  /** An identity token that was handed over; absent: SIGSTORE_ID_TOKEN, else a login. */
  readonly token?: Secret | undefined;
}

export interface SignResult {
  readonly armor: string;
  /** Lower-case hex. */
  readonly certificateSha1: string;
  /** Unix seconds, as signed. */
  readonly signingTime: number;
  readonly identity: string;
  readonly issuer: string;
  /** Decimal. */
  readonly logIndex: string;
  /** ECDSA, as OpenPGP numbers it. */
  readonly publicKeyAlgorithm: 19;
  /** The CA's signature hash, as OpenPGP numbers it: what gitsign prints in SIG_CREATED. */
  readonly certificateHashAlgorithm: 8 | 9 | 10;
  /** The entry, for verifying a signature that does not embed it. */
  readonly logEntry: TransparencyLogEntry;
  /** True when a person has just logged in for it: worth a line even when quiet. */
  readonly freshLogin: boolean;
}

const HASH_NUMBER = { sha256: 8, sha384: 9, sha512: 10 } as const;

/** Everything that one signature is made with. */
interface Signing {
  readonly request: SignRequest;
  readonly services: Services;
  readonly send: HttpSend;
  readonly key: SigningKey;
  readonly certificate: Certificate;
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
  const kind = checkPayload(payload);
  const { settings, signingConfig, environment, now } = request;
  const services = chooseServices(settings, signingConfig, now());
  const tlsUnchecked = environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
  const { send, close } = createHttpClient({ tlsUnchecked });
  let identity: IdentityToken | undefined;
  try {
    const { issuerUrl } = services;
    const accept: Parameters<typeof obtainIdentityToken>[0]['accept'] = (claims) =>
      checkExpectedIdentity(claims, payload, settings);
    identity = await obtainIdentityToken({
      ...request,
      given: request.token,
      issuerUrl,
      send,
      accept,
    });
    const key = await generateSigningKey();
    const { certificate, signer } = await certify(identity, key, { request, services, send });
    const signing: Signing = { request, services, send, key, certificate };
    const signingTime = now();
    const signed = await signAttributes(payload, signingTime, signing);
    const { armor, logEntry } =
      settings.rekorMode === 'online'
        ? await logByName(payload, kind, signed, signing)
        : await logEmbedded(signed, signing);
    const logIndex = String(logEntry.logIndex);
    return {
      armor,
      certificateSha1: toHex(request.crypto.hash('sha1', certificate.der)),
      signingTime,
      identity: signer.value,
      issuer: signer.issuer,
      logIndex,
      publicKeyAlgorithm: 19,
      certificateHashAlgorithm: hashNumber(certificate),
      logEntry,
      freshLogin: identity.fresh,
    };
  } finally {
    await identity?.finished;
    close();
  }
}

/** Only a commit or a tag is signed, never other text that somebody would take for one. @throws UsageError */
function checkPayload(payload: Uint8Array): ObjectType {
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

/** A certificate for this login's identity and this key, checked before it is used (threat X13). */
async function certify(
  { token, claims }: IdentityToken,
  key: SigningKey,
  { request, services, send }: Pick<Signing, 'request' | 'services' | 'send'>,
): Promise<IssuedCertificate> {
  const { crypto, trust, now, settings } = request;
  const der = await requestCertificate({ fulcioUrl: services.fulcioUrl, token, claims, key }, send);
  return checkIssuedCertificate(
    der,
    { key, claims, identity: settings.identity },
    { crypto, trust, now: now() },
  );
}

/** RFC 5652 §5.4: the signature is over the attributes, which hold the payload's digest. */
async function signAttributes(
  payload: Uint8Array,
  signingTime: number,
  { key, request }: Signing,
): Promise<Signed> {
  const messageDigest = request.crypto.hash('sha256', payload);
  const signedAttrs = buildSignedAttributes({ messageDigest, signingTime });
  return { signedAttrs, signature: await key.sign(signedAttrs) };
}

/** The default form: entry, and timestamp where there is one, stand in the signature. */
async function logEmbedded(
  signed: Signed,
  signing: Signing,
): Promise<{ armor: string; logEntry: TransparencyLogEntry }> {
  const { request, services, send, certificate } = signing;
  const { crypto } = request;
  const digest = crypto.hash('sha256', signed.signedAttrs);
  const record = { digest, signature: signed.signature, certificateDer: certificate.der };
  const [logEntry, timestampToken] = await Promise.all([
    appendLogEntry(services.log, record, { send, crypto }),
    stamp(signed, signing),
  ]);
  return {
    armor: await assemble(signed, certificate, timestampToken, encodeLogEntry(logEntry)),
    logEntry,
  };
}

/** gitsign's online form: the log holds a second signature, over the object's SHA-1 name in hex; nothing is embedded. */
async function logByName(
  payload: Uint8Array,
  kind: ObjectType,
  signed: Signed,
  signing: Signing,
): Promise<{ armor: string; logEntry: TransparencyLogEntry }> {
  const { request, services, send, key, certificate } = signing;
  const { crypto } = request;
  const armor = await assemble(signed, certificate, await stamp(signed, signing));
  const object = joinSignature(payload, utf8(armor), kind === 'commit' ? 'header' : 'body');
  const name = utf8(objectId(crypto, kind, object, 'sha1'));
  const record = {
    digest: crypto.hash('sha256', name),
    signature: await key.sign(name),
    certificateDer: certificate.der,
  };
  return { armor, logEntry: await appendLogEntry(services.log, record, { send, crypto }) };
}

/** RFC 3161 token over the signature value; undefined when none is to be asked for. */
async function stamp(
  { signature }: Signed,
  { services, send, request }: Signing,
): Promise<Uint8Array | undefined> {
  const { timestampUrl } = services;
  return timestampUrl === undefined
    ? undefined
    : requestTimestamp(timestampUrl, signature, { send, crypto: request.crypto });
}

async function assemble(
  { signedAttrs, signature }: Signed,
  { der }: Certificate,
  timestampToken: Uint8Array | undefined,
  logEntry?: Uint8Array,
): Promise<string> {
  const { assembleSignedData } = await import('./core/cms/assemble.ts');
  return writeArmor(
    assembleSignedData({ certificateDer: der, signedAttrs, signature, timestampToken, logEntry }),
  );
}

function hashNumber({ signatureHash }: Certificate): 8 | 9 | 10 {
  return signatureHash === undefined || signatureHash === 'sha1' ? 8 : HASH_NUMBER[signatureHash];
}
