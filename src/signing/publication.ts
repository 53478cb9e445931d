/**
 * Publishes a signature and builds what is stored: timestamp, then log entry, then the signature's own form. The log comes
 * last, because an entry cannot be taken back. Everything else that can fail was tried before (threat R21).
 */

import { utf8 } from '../core/bytes.ts';
import type { PayloadKind } from '../core/git/payload-kind.ts';
import { joinSignature, type ObjectType, objectId } from '../core/git/signed-object.ts';
import { leafHash } from '../core/rekor/inclusion.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { AnswerError, ConfigError } from '../errors.ts';
import type { LogService } from '../services/choose-servers.ts';
import { appendLogEntry, type LogRecord, loggedBody } from '../services/rekor-append.ts';
import { requestTimestamp } from '../services/timestamp.ts';
import { loadTrust } from '../trust/load.ts';
import type { Credential } from './credential.ts';
import type { SigningParts } from './login.ts';
import type { SignatureForm, Signed, Stamped } from './signature-form.ts';

/** Callbacks of the caller, for one signature. */
export interface SigningWatch {
  /** Called with a signature for git without timestamp and log entry, while the first server is asked. */
  readonly onSigned?: (signature: string) => void;
  /** Called before the log is asked. If it throws, signing stops and nothing was published. */
  readonly beforeLog?: () => void;
}

/** Everything that one signature is published with. */
export interface PublicationContext {
  readonly parts: SigningParts;
  readonly credential: Credential;
  readonly watch: SigningWatch;
}

/** The signature in its own form, and the log entry if there is one. */
export interface Published {
  readonly signature: string;
  readonly logEntry?: TransparencyLogEntry | undefined;
}

/** A payload without its signature, and the signature. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly kind: PayloadKind;
  readonly form: SignatureForm;
  readonly signed: Signed;
}

/** A payload whose signature is ready for the log. */
interface StampedPayload extends SignedPayload {
  readonly signed: Stamped;
}

/**
 * Logs a signature in the configured form, with a timestamp first if the log proves no time.
 * @throws ServiceError (`LOG_DUPLICATE`: sign again), AnswerError (`SELF_VERIFICATION` if the timestamp does not verify),
 * ConfigError if there is no log, and what `watch.beforeLog` throws
 */
export async function publish(
  object: SignedPayload,
  context: PublicationContext,
): Promise<Published> {
  const { services, settings } = context.parts;
  const { log } = services;
  if (log === undefined) return stampedOnly(object, context);
  const stamped = await stampFirst(object, context);
  context.watch.beforeLog?.();
  const { kind } = object;
  // a push certificate or a statement has no name that an entry could be looked up by
  return settings.rekorMode === 'online' && (kind === 'commit' || kind === 'tag')
    ? logByName({ ...object, kind, signed: stamped }, context, log)
    : logEmbedded({ ...object, signed: stamped }, context, log);
}

/** Adds a timestamp if one is needed, and verifies everything but the log entry. @throws ServiceError, AnswerError */
async function stampFirst(object: SignedPayload, context: PublicationContext): Promise<Stamped> {
  const { payload, signed, form } = object;
  const { services } = context.parts;
  if (services.timestampUrl === undefined) return signed;
  const asked = stamp(signed, services.timestampUrl, context.parts);
  show(object, context);
  const stamped = { ...signed, timestampToken: await asked };
  const signature = form.write(stamped, context.credential.certificate.der);
  await holdsUnlogged({ payload, signature, form }, context.parts);
  return stamped;
}

/**
 * Verifies a timestamped signature without its log entry, so that a bad timestamp is refused before the log is asked.
 * @throws AnswerError `SELF_VERIFICATION`
 */
async function holdsUnlogged(
  {
    payload,
    signature,
    form,
  }: Pick<SignedPayload, 'payload' | 'form'> & { readonly signature: string },
  { crypto, trust, now, settings }: SigningParts,
): Promise<void> {
  const judge = (by: TrustMaterial): Promise<Verdict> =>
    form.verify(payload, utf8(signature), { crypto, trust: by, now: now(), unlogged: true });
  let verdict = await judge(trust);
  if (verdict.status !== 'verified' && trust.mirror !== undefined) {
    // the trust root may have been refreshed during the login
    verdict = await judge(await loadTrust(settings, crypto));
  }
  if (verdict.status === 'verified') return;
  const what = `the signature does not verify with its timestamp: ${verdict.detail}`;
  throw new AnswerError('SELF_VERIFICATION', what, {
    hint: 'nothing was logged. Check that signet.timestampUrl and signet.trust belong together: git signet trust show',
  });
}

/** Calls `onSigned` after the pending request was sent. */
function show(
  { kind, form, signed }: SignedPayload,
  { watch, credential }: PublicationContext,
): void {
  const { onSigned } = watch;
  // a bundle costs too much to be sent twice
  if (onSigned !== undefined && kind !== 'statement')
    setImmediate(() => onSigned(form.write(signed, credential.certificate.der)));
}

/** Makes the default form. The signature embeds the log entry, and the timestamp if there is one. */
async function logEmbedded(
  object: StampedPayload,
  context: PublicationContext,
  log: LogService,
): Promise<Published> {
  const { signed: stamped, form } = object;
  const { crypto } = context.parts;
  const { der: certificateDer } = context.credential.certificate;
  const { signature, signedBytes } = stamped;
  const digest = crypto.hash('sha256', signedBytes);
  const record = { digest, signature, certificateDer, envelope: form.envelope?.(stamped) };
  const asked = appendRecorded(log, record, context);
  if (stamped.timestampToken === undefined) show(object, context);
  const logEntry = await asked;
  return { signature: form.write(stamped, certificateDer, logEntry), logEntry };
}

/** Makes a signature that is in no log. A timestamp proves its time. The configuration and the policy must both ask for it. */
async function stampedOnly(
  { signed, form }: SignedPayload,
  context: PublicationContext,
): Promise<Published> {
  const { unlogged, services } = context.parts;
  if (unlogged !== true || services.timestampUrl === undefined) {
    throw new ConfigError('no policy here allows signing without a log (signet.log = none)', {
      hint: 'git config --unset signet.log',
    });
  }
  const timestampToken = await stamp(signed, services.timestampUrl, context.parts);
  const { der } = context.credential.certificate;
  return { signature: form.write({ ...signed, timestampToken }, der) };
}

/** Makes gitsign's online form. The log holds a second signature, over the object's SHA-1 name in hex, and nothing is embedded. */
async function logByName(
  object: StampedPayload & { readonly kind: ObjectType },
  context: PublicationContext,
  log: LogService,
): Promise<Published> {
  const { payload, kind, form, signed: stamped } = object;
  const { crypto } = context.parts;
  const { key, certificate } = context.credential;
  const signature = form.write(stamped, certificate.der);
  const joined = joinSignature(payload, utf8(signature), kind === 'commit' ? 'gpgsig' : 'body');
  const name = utf8(objectId(crypto, kind, joined, 'sha1'));
  const record = {
    digest: crypto.hash('sha256', name),
    signature: await key.sign(name),
    certificateDer: certificate.der,
  };
  const asked = appendRecorded(log, record, context);
  if (stamped.timestampToken === undefined) show(object, context);
  return { signature, logEntry: await asked };
}

/** Logs a record. The ledger gets its line before the log is asked, and the index after it (threat M06). */
async function appendRecorded(
  log: LogService,
  record: LogRecord,
  { parts: { crypto, send, ledger }, credential }: PublicationContext,
): Promise<TransparencyLogEntry> {
  const leaf = leafHash(crypto, loggedBody(log.version, record, crypto));
  ledger?.intend({ identity: credential.signer.value, log: log.url, leaf });
  const entry = await appendLogEntry(log, record, { send, crypto });
  ledger?.logged(leaf, entry.logIndex);
  return entry;
}

/** Requests an RFC 3161 token over the signature value. @throws ServiceError, AnswerError */
function stamp(
  { signature }: Signed,
  url: string,
  { send, crypto }: SigningParts,
): Promise<Uint8Array> {
  return requestTimestamp(url, signature, { send, crypto });
}
