/** Many signatures with one login: by the agent, or in place with one certificate for as long as it is valid. */

import { basename } from 'node:path';
import { utf8 } from '../core/bytes.ts';
import { createEvidenceCache } from '../core/evidence-cache.ts';
import { subjectLine } from '../core/git/object.ts';
import { AnswerError } from '../errors.ts';
import { loadSettings } from '../io/config.ts';
import type { Credential } from '../io/credential.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { checkExpectedIdentity } from '../io/oidc/expected-identity.ts';
import { unattendedWay } from '../io/oidc/unattended.ts';
import { type SignRequest, withLogin } from '../io/signing-login.ts';
import { lookDaily, trustForSigning } from '../io/trust-daily.ts';
import { loadSigningConfig, loadTrust } from '../io/trust-store.ts';
import type { Invocation } from './command.ts';
import type { Made, Signing } from './gpgsm-sign.ts';
import { signsUnlogged } from './unlogged.ts';
import { once, verifyMade } from './verify-made.ts';

/** What one payload became. */
export type SeriesSignature = Pick<Made, 'armor' | 'identity' | 'logIndex'>;
export type SignOne = (payload: Uint8Array) => Promise<SeriesSignature>;

/** A certificate is renewed when it has less than this left, in seconds. */
const MARGIN = 30;

/** Everything that signing needs here, but the payload. */
async function prepare(
  first: Uint8Array,
  invocation: Invocation,
): Promise<Omit<Signing, 'payload'>> {
  const { env, cwd, now, terminal } = invocation;
  const [settings, crypto] = await Promise.all([loadSettings({ env, cwd }), loadCrypto()]);
  const unlogged = await signsUnlogged(settings, invocation, crypto);
  const daily = { settings, crypto, environment: env, now };
  const trust = once(() => trustForSigning(daily));
  const context = {
    repository: basename(cwd),
    kind: 'commit',
    subject: subjectLine(first),
  } as const;
  const newerTrust = (): ReturnType<typeof loadTrust> => loadTrust(settings, crypto);
  const request = async (): Promise<SignRequest> => {
    await trust();
    await lookDaily(daily);
    const [fresh, signingConfig] = await Promise.all([newerTrust(), loadSigningConfig(settings)]);
    return {
      ...{ settings, trust: fresh, signingConfig, terminal },
      ...{ crypto, now, environment: env, context, unlogged },
    };
  };
  const cache = createEvidenceCache();
  return { settings, invocation, request, trust, newerTrust, crypto, now, unlogged, cache };
}

/** In place: one login, each payload compared with the account that logged in. */
async function inPlace<T>(
  first: Uint8Array,
  signing: Omit<Signing, 'payload'>,
  use: (sign: SignOne) => Promise<T>,
): Promise<T> {
  const { obtainCredential, signWithCredential } = await import('../sign.ts');
  return withLogin(first, await signing.request(), (identity, parts) => {
    let credential: Credential | undefined;
    const sign: SignOne = async (payload) => {
      checkExpectedIdentity(identity.claims, payload, signing.settings);
      const until = credential?.certificate.notAfter ?? 0;
      if (credential === undefined || until - signing.now() < MARGIN) {
        credential = await obtainCredential(identity, parts);
      }
      const made = await signWithCredential(payload, credential, parts);
      const verdict = await verifyMade(payload, utf8(made.armor), signing, made.logEntry);
      if (verdict.status === 'verified') return made;
      const what = `the signature just made does not verify: ${verdict.detail}`;
      throw new AnswerError('SELF_VERIFICATION', what);
    };
    return use(sign);
  });
}

/**
 * Gives `use` a way to sign any number of payloads with one login. `first` is the first of them: what the person is told
 * and whom the repository expects come from it. @throws LoginError, ServiceError, AnswerError
 */
export async function withSeries<T>(
  first: Uint8Array,
  invocation: Invocation,
  use: (sign: SignOne) => Promise<T>,
): Promise<T> {
  const signing = await prepare(first, invocation);
  const { settings, unlogged } = signing;
  const { agent, agentSocket } = settings;
  const unattended = unattendedWay(invocation.env, settings) !== undefined;
  if (unlogged === true || unattended || !(agent || agentSocket !== undefined)) {
    return inPlace(first, signing, use);
  }
  const { makeByAgent } = await import('./sign-by-agent.ts');
  const made = await makeByAgent({ ...signing, payload: first });
  if (made === undefined) return inPlace(first, signing, use);
  return use(async (payload) => {
    if (payload === first) return made;
    const next = await makeByAgent({ ...signing, payload });
    return next ?? inPlace(payload, signing, (sign) => sign(payload));
  });
}
