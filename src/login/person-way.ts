/**
 * How a person is to log in here: in a browser of this machine, with a code on any device, or not at all. A pure
 * function of the surroundings (docs/logins.md), so that each can be tried by its variables; what it says is said once.
 */

import { visible } from '../core/escape.ts';
import type { Environment } from '../system/environment.ts';
import { type CiSystem, ciSystem } from './ci/sources.ts';

export interface Circumstances {
  readonly env: Environment;
  /** Something here can show a page. */
  readonly opener: boolean;
  /** Somebody reads and types at a terminal; never with GIT_TERMINAL_PROMPT=0, which leaves pages alone, as git does. */
  readonly interactive: boolean;
  /** The person asked for a login in so many words, and reads what this program prints. */
  readonly asked: boolean;
  /** Who has to log in, and the setting that says so; undefined where anybody may. */
  readonly expected?: Expected | undefined;
  /** signet.tokenProvider, where it names a way of this kind. */
  readonly provider: PersonProvider | undefined;
}

export interface Expected {
  readonly name: string;
  /** Empty where the person has just said so. */
  readonly setting: string;
}

export const PERSON_PROVIDERS = ['interactive', 'device', 'paste'] as const;
export type PersonProvider = (typeof PERSON_PROVIDERS)[number];

export type PersonChoice =
  /** A page in a browser of this machine. */
  | { readonly way: 'browser' }
  /** A code to enter elsewhere; pasted from elsewhere where the issuer has no such thing. `why` there is no browser. */
  | { readonly way: 'device' | 'paste'; readonly why: string }
  /** Nobody to ask. */
  | { readonly way: 'none'; readonly message: string; readonly hint: string };

/** Decides; never waits. */
export function choosePersonWay(circumstances: Circumstances): PersonChoice {
  const { env, opener, interactive, asked, provider } = circumstances;
  const nobody = (): PersonChoice => nobodyHere(circumstances);
  if (provider === undefined) {
    const ci = ciSystem(env);
    if (ci !== undefined) return inCi(ci);
    if (opener) return { way: 'browser' };
    return interactive ? { way: 'device', why: whyNoBrowser(env) } : nobody();
  }
  if (provider === 'interactive') return opener || interactive ? { way: 'browser' } : nobody();
  if (provider === 'paste') return interactive ? { way: 'paste', why: '' } : nobody();
  return interactive || asked ? { way: 'device', why: '' } : nobody();
}

function nobodyHere({ env, asked, expected }: Circumstances): PersonChoice {
  // whether there would be a terminal is not looked for then, so it is named beside the other cause
  const silenced = env['GIT_TERMINAL_PROMPT'] === '0' ? 'GIT_TERMINAL_PROMPT=0' : undefined;
  const hint = asked
    ? `run it at a terminal${silenced ? ` without ${silenced}` : ''}, or with --device, or hand a token over: --token-stdin`
    : 'run: git signet login            (or in CI: allow id-token, see git signet doctor)';
  const why = `no terminal to ask at${silenced ? ` (${silenced})` : ''}`;
  return { way: 'none', message: `${nobodyYet(expected)} and ${why}`, hint };
}

function nobodyYet(expected: Expected | undefined): string {
  if (expected === undefined) return 'no login';
  const { name, setting } = expected;
  return `nobody is logged in as ${visible(name)}${setting === '' ? '' : ` (${setting})`}`;
}

function inCi({ name, remedy }: CiSystem): PersonChoice {
  return { way: 'none', message: `no login: ${name} offers no identity token here`, hint: remedy };
}

/** Where a browser cannot be had, in the person's words. */
const PLACES: readonly (readonly [variables: readonly string[], place: string])[] = [
  [['CODESPACES'], 'in a codespace'],
  [['REMOTE_CONTAINERS', 'DEVCONTAINER'], 'in a dev container'],
  [['SSH_CONNECTION', 'SSH_TTY'], 'over SSH'],
  [['WSL_DISTRO_NAME'], 'in WSL without PowerShell'],
];

function whyNoBrowser(env: Environment): string {
  const place = PLACES.find(([variables]) => variables.some((name) => env[name]));
  return `no browser ${place?.[1] ?? 'here'}`;
}
