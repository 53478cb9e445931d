/**
 * Prepares everything that signing needs here besides the payload, for one signature or many. The parts that only verifying,
 * a login or signing in place needs are loaded on use, because the agent may be working meanwhile.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { payloadKind } from '../core/git/payload-kind.ts';
import { openPayload, subjectLine } from '../core/git/signed-object.ts';
import type { SigningContext } from '../login/browser/page.ts';
import { unattendedWay } from '../login/unattended.ts';
import type { Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { once } from '../system/once.ts';
import { basename } from '../system/paths.ts';
import type { Secret } from '../system/secret.ts';
import type { DailyLook } from '../trust/daily.ts';
import type { SignRequest } from './login.ts';
import type { MadeVerifier } from './verify-made.ts';

export interface SigningTools {
  readonly settings: Settings;
  readonly invocation: Invocation;
  readonly crypto: Crypto;
  /** True if the policy and the configuration both say that signatures go into no log. */
  readonly unlogged: boolean;
  /** True if the agent may sign: no token was given, and the agent would know everything that decides. */
  readonly agentMay: boolean;
  readonly verifier: () => Promise<MadeVerifier>;
  /** Returns what signing in place, or a login, needs besides. If the daily look at the trust mirror is due, it comes first. */
  readonly request: () => Promise<SignRequest>;
  /** Waits for the work that was started beside the login. Never rejects. */
  readonly settled: () => Promise<void>;
}

export interface ToolOptions {
  readonly settings: Settings;
  readonly crypto: Crypto;
  /** The first payload. It provides the words for the user. */
  readonly payload: Uint8Array;
  /** Returns whether signatures go into no log. It reads the policy only if that matters. */
  readonly signsUnlogged: () => Promise<boolean>;
  /** An identity token that the user gave. */
  readonly token?: Secret | undefined;
}

/** Returns what the user is told about the object that is signed. */
async function contextOf(
  payload: Uint8Array,
  cwd: string,
  logVersion: () => Promise<number | undefined>,
): Promise<SigningContext> {
  const repository = basename(cwd);
  if (payloadKind(payload) === 'statement') {
    const { statementLine } = await import('../core/statement/statement.ts');
    const sent = (await logVersion()) === 1;
    return { repository, kind: 'statement', subject: statementLine(payload), sent };
  }
  const header = openPayload(payload);
  if (header?.type === 'push') {
    const refs = header.updates.map(({ ref }) => ref);
    return { repository, kind: 'push', subject: refs.join(', ') };
  }
  const { type: kind = 'commit' } = header ?? {};
  const tag = header?.type === 'tag' ? fromUtf8Lossy(header.name) : undefined;
  return { repository, kind, tag, subject: subjectLine(payload) };
}

/**
 * Prepares signing here.
 * @throws ConfigError if the configuration says that nothing is logged but the policy does not, LoginError if no identity
 * may become public
 */
export async function signingTools(
  invocation: Invocation,
  { settings, crypto, payload, token, signsUnlogged }: ToolOptions,
): Promise<SigningTools> {
  const { env, cwd, now, terminal } = invocation;
  if (settings.publishIdentity === 'no') {
    const { nothingIsPublished } = await import('./nothing-published.ts');
    throw await nothingIsPublished('not signed', invocation);
  }
  const unlogged = await signsUnlogged();
  const daily = { settings, crypto, env, now };
  const verifier = once(async () => {
    const { openMadeVerifier } = await import('./verify-made.ts');
    return openMadeVerifier({ ...daily, unlogged });
  });
  let looking: Promise<DailyLook> | undefined;
  const look = async (): Promise<DailyLook> => {
    await (await verifier()).trust();
    const { lookDaily } = await import('../trust/daily.ts');
    return lookDaily(daily);
  };
  const request = async (): Promise<SignRequest> => {
    // if no login is possible here, signing fails at once, before the mirror is asked
    const { canLogIn } = await import('../login/obtain-token.ts');
    if (token !== undefined || (await canLogIn({ settings, env, terminal }))) {
      looking ??= look();
      await looking;
    }
    const { loadSigningConfig, loadTrust } = await import('../trust/load.ts');
    const [trust, signingConfig] = await Promise.all([
      loadTrust(settings, crypto),
      loadSigningConfig(settings),
    ]);
    const services = { token, settings, trust, signingConfig, terminal, crypto, now };
    const logVersion = async (): Promise<number | undefined> => {
      const { chooseServices } = await import('../services/choose-servers.ts');
      return chooseServices(settings, signingConfig, now()).log?.version;
    };
    return { ...services, env, context: await contextOf(payload, cwd, logVersion), unlogged };
  };
  const unattended = token !== undefined || unattendedWay(env, settings) !== undefined;
  const { agent, agentSocket } = settings;
  // the agent does not know the policy, so it makes no signature that depends on it
  const agentMay = !unlogged && !unattended && (agent || agentSocket !== undefined);
  const settled = async (): Promise<void> => {
    await looking?.then(({ finished }) => finished).catch(() => undefined);
  };
  return { settings, invocation, crypto, unlogged, agentMay, verifier, request, settled };
}
