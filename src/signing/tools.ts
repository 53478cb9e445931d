/**
 * Everything that signing needs here but the payload, for one signature or many. What only verifying, a login or signing
 * in place needs is loaded when it is asked for: an agent may be at work meanwhile.
 */

import { basename } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import { payloadType, subjectLine } from '../core/git/object.ts';
import { unattendedWay } from '../login/unattended.ts';
import type { Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { once } from '../system/once.ts';
import type { Secret } from '../system/secret.ts';
import type { DailyLook } from '../trust/daily.ts';
import type { SignRequest } from './login.ts';
import type { MadeVerifier } from './verify-made.ts';

export interface SigningTools {
  readonly settings: Settings;
  readonly invocation: Invocation;
  readonly crypto: Crypto;
  /** What is made goes into no log: policy and configuration both say so. */
  readonly unlogged: boolean;
  /** True where an agent may be asked: nobody hands a token over, and it would know all that matters. */
  readonly agentMay: boolean;
  readonly verifier: () => Promise<MadeVerifier>;
  /** What signing here, or a login, needs beyond that; the trust mirror is looked at first where that is due. */
  readonly request: () => Promise<SignRequest>;
  /** Waits for what was begun beside the login. Never rejects. */
  readonly settled: () => Promise<void>;
}

export interface ToolOptions {
  readonly settings: Settings;
  readonly crypto: Crypto;
  /** The first payload: what the person is told comes from it. */
  readonly payload: Uint8Array;
  /** Whether what is made goes into no log: a policy decides, and is asked when it matters. */
  readonly signsUnlogged: () => Promise<boolean>;
  /** An identity token that was handed over. */
  readonly token?: Secret | undefined;
}

/**
 * @throws ConfigError when the configuration says that nothing is logged and the policy does not; LoginError where no
 * identity may become public
 */
export async function signingTools(
  invocation: Invocation,
  { settings, crypto, payload, token, signsUnlogged }: ToolOptions,
): Promise<SigningTools> {
  const { env: environment, cwd, now, terminal } = invocation;
  // whoever is logged in already, and whoever holds the login
  if (settings.publishIdentity === 'no') {
    const { nothingIsPublished } = await import('./nothing-published.ts');
    throw await nothingIsPublished('not signed', invocation);
  }
  const unlogged = await signsUnlogged();
  const daily = { settings, crypto, environment, now };
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
    // where nobody can log in git is told so at once, not after a mirror was asked
    const { somebodyCanLogIn } = await import('../login/identity-token.ts');
    if (token !== undefined || (await somebodyCanLogIn({ settings, environment, terminal }))) {
      looking ??= look();
      await looking;
    }
    const { loadSigningConfig, loadTrust } = await import('../trust/store.ts');
    const [trust, signingConfig] = await Promise.all([
      loadTrust(settings, crypto),
      loadSigningConfig(settings),
    ]);
    const services = { token, settings, trust, signingConfig, terminal, crypto, now };
    const context = {
      repository: basename(cwd),
      kind: payloadType(payload) ?? 'commit',
      subject: subjectLine(payload),
    } as const;
    return { ...services, environment, context, unlogged };
  };
  const unattended = token !== undefined || unattendedWay(environment, settings) !== undefined;
  const { agent, agentSocket } = settings;
  // the agent knows no policy, so it makes nothing that depends on one
  const agentMay = !unlogged && !unattended && (agent || agentSocket !== undefined);
  const settled = async (): Promise<void> => {
    await looking?.then(({ finished }) => finished).catch(() => undefined);
  };
  return { settings, invocation, crypto, unlogged, agentMay, verifier, request, settled };
}
