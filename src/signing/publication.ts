/**
 * From a signature to the armor that git stores: timestamp, then log entry, then CMS. The log is asked last, because an
 * entry cannot be taken back: whatever else can fail has been tried by then (threat R21).
 */

import { utf8 } from '../core/bytes.ts';
import { assembleSignedData } from '../core/cms/assemble.ts';
import { writeArmor } from '../core/cms/signed-data.ts';
import { joinSignature, type ObjectType, objectId } from '../core/git/object.ts';
import { encodeLogEntry, type TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { verifyDetached } from '../core/verify.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { AnswerError, ConfigError } from '../errors.ts';
import type { LogService } from '../services/in-force.ts';
import { appendLogEntry } from '../services/rekor-append.ts';
import { requestTimestamp } from '../services/timestamp.ts';
import { loadTrust } from '../trust/store.ts';
import type { Credential } from './credential.ts';
import type { SigningParts } from './login.ts';

/** What the caller of one signature hears of it, and has a say in. */
export interface SigningWatch {
  /** Given the armor without what the servers add, while the first of them is asked. */
  readonly onSigned?: (armor: string) => void;
  /** Called before the log is asked. What it throws ends the signature: nothing has been published then. */
  readonly beforeLog?: () => void;
}

/** Everything that one signature is made with. */
export interface Signing {
  readonly parts: SigningParts;
  readonly credential: Credential;
  readonly watch: SigningWatch;
}

/** What git is given, and the entry where there is one. */
export interface Published {
  readonly armor: string;
  readonly logEntry?: TransparencyLogEntry | undefined;
}

/** What the signature is over, and the signature. */
export interface Signed {
  readonly signedAttrs: Uint8Array;
  readonly signature: Uint8Array;
}

/** A signature that is ready for the log: with its timestamp, where one is due. */
interface Stamped extends Signed {
  readonly timestampToken?: Uint8Array;
}

/** A commit or tag without its signature, and the signature. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly kind: ObjectType;
  readonly signed: Signed;
}

/**
 * Publishes a signature in the form that is configured: logged, and stamped before that where the log vouches for no time.
 * @throws ServiceError (`LOG_DUPLICATE`: sign again); AnswerError, `SELF_VERIFICATION` where the timestamp would not
 * verify; ConfigError where there is no log; what `watch.beforeLog` throws
 */
export async function publish(object: SignedPayload, signing: Signing): Promise<Published> {
  const { services, settings } = signing.parts;
  const { log } = services;
  if (log === undefined) return stampedOnly(object.signed, signing);
  const stamped = await stampFirst(object, signing);
  signing.watch.beforeLog?.();
  return settings.rekorMode === 'online'
    ? logByName({ ...object, signed: stamped }, signing, log)
    : logEmbedded(stamped, signing, log);
}

/** The signature with its timestamp, where one is due; it verifies then, but for its entry. @throws ServiceError, AnswerError */
async function stampFirst({ payload, signed }: SignedPayload, signing: Signing): Promise<Stamped> {
  const { services } = signing.parts;
  if (services.timestampUrl === undefined) return signed;
  const asked = stamp(signed, services.timestampUrl, signing.parts);
  show(signed, signing);
  const stamped = { ...signed, timestampToken: await asked };
  await holdsUnlogged(payload, assemble(stamped, signing.credential.certificate), signing.parts);
  return stamped;
}

/**
 * Verifies everything of a stamped signature that the log does not add, as any verifier will: a timestamp that would
 * be refused is refused before the log is asked. @throws AnswerError `SELF_VERIFICATION`
 */
async function holdsUnlogged(
  payload: Uint8Array,
  armor: string,
  { crypto, trust, now, settings }: SigningParts,
): Promise<void> {
  const judge = (by: TrustMaterial): Promise<Verdict> =>
    verifyDetached(payload, utf8(armor), { crypto, trust: by, now: now(), unlogged: true });
  let verdict = await judge(trust);
  if (verdict.status !== 'verified' && trust.mirror !== undefined) {
    // it may have been refreshed beside the login
    verdict = await judge(await loadTrust(settings, crypto));
  }
  if (verdict.status === 'verified') return;
  const what = `the signature does not verify with its timestamp: ${verdict.detail}`;
  throw new AnswerError('SELF_VERIFICATION', what, {
    hint: 'nothing was logged; do signet.timestampUrl and signet.trust belong together? git signet trust show',
  });
}

/** Shows what there is of the signature, when the question before has left. */
function show(signed: Signed, { watch, credential }: Signing): void {
  const { onSigned } = watch;
  if (onSigned !== undefined)
    setImmediate(() => onSigned(assemble(signed, credential.certificate)));
}

/** The default form: entry, and timestamp where there is one, stand in the signature. */
async function logEmbedded(
  stamped: Stamped,
  signing: Signing,
  log: LogService,
): Promise<Published> {
  const { crypto, send } = signing.parts;
  const { certificate } = signing.credential;
  const { signature, signedAttrs } = stamped;
  const record = {
    digest: crypto.hash('sha256', signedAttrs),
    signature,
    certificateDer: certificate.der,
  };
  const asked = appendLogEntry(log, record, { send, crypto });
  if (stamped.timestampToken === undefined) show(stamped, signing);
  const logEntry = await asked;
  return { armor: assemble(stamped, certificate, encodeLogEntry(logEntry)), logEntry };
}

/** In no log: a timestamp says when. Both who configure and who judge must have asked for it by name. */
async function stampedOnly(signed: Signed, signing: Signing): Promise<Published> {
  const { unlogged, services } = signing.parts;
  if (unlogged !== true || services.timestampUrl === undefined) {
    throw new ConfigError('nothing is signed without a log here (signet.log = none)', {
      hint: 'git config --unset signet.log',
    });
  }
  const timestampToken = await stamp(signed, services.timestampUrl, signing.parts);
  return { armor: assemble({ ...signed, timestampToken }, signing.credential.certificate) };
}

/** gitsign's online form: the log holds a second signature, over the object's SHA-1 name in hex; nothing is embedded. */
async function logByName(
  { payload, kind, signed: stamped }: SignedPayload & { readonly signed: Stamped },
  signing: Signing,
  log: LogService,
): Promise<Published> {
  const { crypto, send } = signing.parts;
  const { key, certificate } = signing.credential;
  const armor = assemble(stamped, certificate);
  const object = joinSignature(payload, utf8(armor), kind === 'commit' ? 'gpgsig' : 'body');
  const name = utf8(objectId(crypto, kind, object, 'sha1'));
  const record = {
    digest: crypto.hash('sha256', name),
    signature: await key.sign(name),
    certificateDer: certificate.der,
  };
  const asked = appendLogEntry(log, record, { send, crypto });
  if (stamped.timestampToken === undefined) show(stamped, signing);
  return { armor, logEntry: await asked };
}

/** RFC 3161 token over the signature value. @throws ServiceError, AnswerError */
function stamp(
  { signature }: Signed,
  url: string,
  { send, crypto }: SigningParts,
): Promise<Uint8Array> {
  return requestTimestamp(url, signature, { send, crypto });
}

function assemble(
  { signedAttrs, signature, timestampToken }: Stamped,
  { der }: Certificate,
  logEntry?: Uint8Array,
): string {
  return writeArmor(
    assembleSignedData({ certificateDer: der, signedAttrs, signature, timestampToken, logEntry }),
  );
}
