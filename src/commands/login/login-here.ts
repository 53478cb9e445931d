/** Finds the login that a signature made here would use, as signing does. `status` and `doctor` show it. */

import { reachForwarded } from '../../agent/client/reach.ts';
import { AgentTrouble } from '../../agent/wire/failure.ts';
import { visible } from '../../core/escape.ts';
import { claimsMeet, expectationWords } from '../../core/expected-account.ts';
import type { IdentityClaims } from '../../core/identity-claims.ts';
import { isSignetError, LoginError, type SignetError } from '../../errors.ts';
import { ambientIdentity } from '../../login/ci/ambient-identity.ts';
import { unattendedSource } from '../../login/unattended.ts';
import type { Settings } from '../../settings/load.ts';
import { type SettingOrigin, settingOrigins } from '../../settings/origin.ts';
import type { Invocation } from '../../system/invocation.ts';
import { expectedHere } from './logins.ts';

/** A token that needs no person. */
export interface TokenHere {
  readonly label: string;
  /** The account of the token. Undefined if only the token's source could tell, because it is not asked. */
  readonly identity?: string | undefined;
  /** Why the token cannot sign. */
  readonly trouble?: SignetError;
}

/** Reads and judges the token that a signature here would use. The token is never shown. */
export async function tokenHere(
  { env, cwd, terminal, now }: Pick<Invocation, 'env' | 'cwd' | 'terminal' | 'now'>,
  settings: Settings,
): Promise<TokenHere | undefined> {
  const way = unattendedSource(env, settings);
  if (way === undefined) return undefined;
  const { label, source } = way;
  // other sources would have to be asked over the network
  if (source.handed !== true) return { label };
  const expected = await expectedHere(settings, { cwd, env });
  const accept = (claims: IdentityClaims): void => {
    if (claimsMeet(expected, claims)) return;
    const account = visible(claims.names[0] ?? claims.challenge);
    const message = `${label}: the token is of ${account}, but ${expectationWords(expected)} is expected`;
    const hint = 'use a token of that account, or change signet.identity';
    throw new LoginError('IDENTITY_UNEXPECTED', message, { hint });
  };
  const silent = { ...terminal, say: () => undefined };
  const send = (): never => {
    throw new Error('a token at hand is read without the network');
  };
  const context = { repository: '', kind: 'login', subject: '' } as const;
  const about = { settings, env, send, now, accept, context, issuerUrl: '' };
  try {
    const { claims } = await ambientIdentity({ ...about, terminal: silent }, way);
    return { label, identity: claims.names[0] ?? claims.challenge };
  } catch (error) {
    if (!isSignetError(error)) throw error;
    return { label, trouble: error };
  }
}

/** An agent on another machine, at a socket that was forwarded here. */
export interface ForwardedAgent {
  readonly path: string;
  readonly answers: boolean;
  /** One line: where the agent is, or why it cannot be used. */
  readonly line: string;
}

/** In seconds. Only a tunnel lies between, so an agent greets at once. */
const SILENCE_SECONDS = 5;

/** What to type on the machine where the agent runs. */
export const FORWARD_REMEDY =
  'on the machine where the login is: git signet agent start, then connect again (git signet agent forward says how)';

/** Finds the agent that `signet.agentSocket` names, or undefined if it is not set. A forwarded agent does not say who is logged in. */
export async function forwardedHere({
  agentSocket: path,
}: Pick<Settings, 'agentSocket'>): Promise<ForwardedAgent | undefined> {
  if (path === undefined) return undefined;
  const name = `forwarded agent at ${visible(path)}`;
  try {
    (await reachForwarded(path, SILENCE_SECONDS)).close();
    const line = `${name} answers, and the other machine knows who is logged in`;
    return { path, answers: true, line };
  } catch (error) {
    if (!(error instanceof AgentTrouble) && !isSignetError(error)) throw error;
    return { path, answers: false, line: `${name} does not answer: ${visible(error.message)}` };
  }
}

/** Returns the setting that switches agents off, or undefined if none does. @throws ConfigError */
export async function agentOff(
  { env, cwd }: Pick<Invocation, 'env' | 'cwd'>,
  { agent }: Pick<Settings, 'agent'>,
): Promise<SettingOrigin | undefined> {
  return agent ? undefined : (await settingOrigins(['agent'], { env, cwd }))[0];
}

/** `signet.agent = no, .git/config` */
export function agentOffWords({ place }: SettingOrigin): string {
  return `signet.agent = no, ${visible(place)}`;
}
