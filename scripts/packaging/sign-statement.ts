/**
 * Signs a statement as a workload or person of Sigstore does, with the program's own login, certificate and log, into a
 * Sigstore bundle v0.3: DSSE envelope, certificate, log entry, and a timestamp where the log vouches for no time. Rekor v1
 * logs an envelope as `dsse` 0.0.1, Rekor v2 as hashedrekord over what was signed (pre-authentication encoding).
 */

import { logEntryFromRekorV1, logEntryToJson } from '../../src/core/rekor/log-answer.ts';
import type { TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import { responseFromToken } from '../../src/core/tsa/timestamp-info.ts';
import { certificatePem } from '../../src/core/x509/certificate.ts';
import { answerJson, isSuccess, refusedBy } from '../../src/http/answers.ts';
import type { LogService } from '../../src/services/choose-servers.ts';
import { appendLogEntry } from '../../src/services/rekor-append.ts';
import { requestTimestamp } from '../../src/services/timestamp.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Credential } from '../../src/signing/credential.ts';
import { type SigningParts, withLogin } from '../../src/signing/login.ts';
import { obtainCredential } from '../../src/signing/sign.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import type { Environment } from '../../src/system/environment.ts';
import { processTerminal } from '../../src/system/terminal.ts';
import { loadSigningConfig, loadTrust } from '../../src/trust/load.ts';
import { PAYLOAD_TYPE } from './statement.ts';

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');

/** What the signature of an envelope is over (DSSE's protocol, "PAE"). */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/**
 * Signs a statement's bytes and returns the bundle in JSON. `env` chooses servers, trust and login as it does for the
 * program. @throws ConfigError, LoginError, ServiceError, AnswerError
 */
export async function signStatement(payload: Uint8Array, env: Environment): Promise<string> {
  const encoded = preAuthenticationEncoding(PAYLOAD_TYPE, payload);
  // a statement names no committer that the signer could match
  const settings = { ...(await loadSettings({ env, cwd: process.cwd() })), matchCommitter: false };
  const request = {
    ...{ settings, crypto: nodeCrypto, env, renewable: false },
    trust: await loadTrust(settings, nodeCrypto),
    signingConfig: await loadSigningConfig(settings),
    terminal: processTerminal(env),
    context: { repository: 'the release', kind: 'login', subject: '' },
    now: () => Math.floor(Date.now() / 1000),
  } as const;
  return withLogin(encoded, request, async (identity, parts) => {
    const credential = await obtainCredential(identity, settings.identity ?? '', parts);
    return JSON.stringify(await makeBundle({ payload, encoded }, credential, parts));
  });
}

interface Signed {
  readonly payload: Uint8Array;
  readonly encoded: Uint8Array;
}

async function makeBundle(
  { payload, encoded }: Signed,
  { key, certificate }: Credential,
  parts: SigningParts,
): Promise<Readonly<Record<string, unknown>>> {
  const { log, timestampUrl } = parts.services;
  if (log === undefined) throw new Error('a release is logged: unset signet.log');
  const signature = await key.sign(encoded);
  // asked before the log, whose entry cannot be taken back
  const token =
    timestampUrl === undefined ? undefined : await requestTimestamp(timestampUrl, signature, parts);
  const envelope = {
    payload: base64(payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: base64(signature) }],
  };
  const record = {
    digest: nodeCrypto.hash('sha256', encoded),
    signature,
    certificateDer: certificate.der,
  };
  const entry =
    log.version === 2
      ? await appendLogEntry(log, record, parts)
      : await appendEnvelope(log, { envelope, payload, certificate: certificate.der }, parts);
  const stamps = token === undefined ? [] : [{ signedTimestamp: base64(responseFromToken(token)) }];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate.der) },
      tlogEntries: [logEntryToJson(entry, entry.canonicalizedBody ?? new Uint8Array())],
      timestampVerificationData: { rfc3161Timestamps: stamps },
    },
    dsseEnvelope: envelope,
  };
}

interface Proposed {
  readonly envelope: { readonly signatures: readonly { readonly sig: string }[] };
  readonly payload: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** The envelope's entry in a Rekor v1 log, if it is about what was sent. @throws ServiceError, AnswerError, Error */
async function appendEnvelope(
  { url }: LogService,
  { envelope, payload, certificate }: Proposed,
  { send, crypto }: SigningParts,
): Promise<TransparencyLogEntry> {
  const service = 'the log';
  const verifier = base64(certificatePem(certificate));
  const proposedContent = { envelope: JSON.stringify(envelope), verifiers: [verifier] };
  const answer = await send({
    ...{ service, method: 'POST', url: `${url}/api/v1/log/entries` },
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } }),
    idempotent: true,
    hint: 'the release has no provenance yet; run this step again',
  });
  if (!isSuccess(answer)) throw refusedBy(service, url, answer);
  const [value] = Object.values(answerJson(answer, service));
  const entry = logEntryFromRekorV1(value);
  const hashOf = (bytes: Uint8Array) => ({
    algorithm: 'sha256',
    value: Buffer.from(crypto.hash('sha256', bytes)).toString('hex'),
  });
  const wanted = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: hashOf(Buffer.from(proposedContent.envelope)),
      payloadHash: hashOf(payload),
      signatures: envelope.signatures.map(({ sig }) => ({ signature: sig, verifier })),
    },
  };
  if (Buffer.from(entry.canonicalizedBody ?? []).toString() !== JSON.stringify(wanted)) {
    throw new Error(`${service} (${url}) answered with an entry about something else`);
  }
  return entry;
}
