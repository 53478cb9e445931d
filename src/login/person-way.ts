/**
 * Decides how the user logs in here: in a browser of this machine, with a code on any device, or not at all. It is a pure
 * function of the environment (docs/logins.md), so that tests can try each case.
 */

import { visible } from '../core/escape.ts';
import type { Environment } from '../system/environment.ts';
import { type CiSystem, ciSystem } from './ci/sources.ts';

export interface Circumstances {
  readonly env: Environment;
  /** True if a browser can be opened here. */
  readonly opener: boolean;
  /** True if the user can be asked at a terminal. GIT_TERMINAL_PROMPT=0 forbids that, but still allows a browser, as in git. */
  readonly interactive: boolean;
  /** True if the user ran a login command, and so reads the output. */
  readonly asked: boolean;
  /** The account that must log in, and the setting that says so, or undefined if any account may. */
  readonly expected?: Expected | undefined;
  /** signet.tokenProvider, if it names a way for a person. */
  readonly provider: PersonProvider | undefined;
}

export interface Expected {
  readonly name: string;
  /** The name of the setting, or '' if the user named the account in the command. */
  readonly setting: string;
}

export const PERSON_PROVIDERS = ['interactive', 'device', 'paste'] as const;
export type PersonProvider = (typeof PERSON_PROVIDERS)[number];

export type PersonChoice =
  /** A page in a browser of this machine. */
  | { readonly way: 'browser' }
  /** A code on another device. `why` says why no browser is used. */
  | { readonly way: 'device' | 'paste'; readonly why: string }
  /** No login is possible. */
  | { readonly way: 'none'; readonly message: string; readonly hint: string };

/** Chooses the way. It never waits. */
export function choosePersonWay(circumstances: Circumstances): PersonChoice {
  const { env, opener, interactive, asked, provider } = circumstances;
  const none = (): PersonChoice => noWay(circumstances);
  if (provider === undefined) {
    const ci = ciSystem(env);
    if (ci !== undefined) return inCi(ci);
    if (opener) return { way: 'browser' };
    return interactive ? { way: 'device', why: whyNoBrowser(env) } : none();
  }
  if (provider === 'interactive') return opener || interactive ? { way: 'browser' } : none();
  if (provider === 'paste') return interactive ? { way: 'paste', why: '' } : none();
  return interactive || asked ? { way: 'device', why: '' } : none();
}

function noWay({ env, asked, expected, opener }: Circumstances): PersonChoice {
  // with this variable no terminal is looked for, so the message names it
  const silenced = env['GIT_TERMINAL_PROMPT'] === '0' ? 'GIT_TERMINAL_PROMPT=0' : undefined;
  const hint = asked
    ? `run it at a terminal${silenced ? ` without ${silenced}` : ''}, or with --device, or give a token with --token-stdin`
    : 'git signet login            (in CI, allow id-token: git signet doctor)';
  const wrong = opener ? undefined : emptyBrowser(env);
  const browser = wrong === undefined ? '' : `${wrong}, and `;
  const why = `${browser}there is no terminal to ask at${silenced ? ` (${silenced})` : ''}`;
  return {
    way: 'none',
    message: `${notLoggedIn(expected)}${wrong === undefined ? ', and ' : ': '}${why}`,
    hint,
  };
}

function notLoggedIn(expected: Expected | undefined): string {
  if (expected === undefined) return 'you are not logged in';
  const { name, setting } = expected;
  return `you are not logged in as ${visible(name)}${setting === '' ? '' : ` (${setting})`}`;
}

function inCi({ name, remedy }: CiSystem): PersonChoice {
  return {
    way: 'none',
    message: `you are not logged in, and ${name} offers no identity token here`,
    hint: remedy,
  };
}

/** The places in which no browser can be opened, by their variables. */
const PLACES: readonly (readonly [variables: readonly string[], place: string])[] = [
  [['CODESPACES'], 'in a codespace'],
  [['REMOTE_CONTAINERS', 'DEVCONTAINER'], 'in a dev container'],
  [['SSH_CONNECTION', 'SSH_TTY'], 'over SSH'],
  [['WSL_DISTRO_NAME'], 'in WSL without PowerShell'],
];

/** Returns the place whose browser, if any, is out of reach. */
function placeOf(env: Environment): string | undefined {
  return PLACES.find(([variables]) => variables.some((name) => env[name]))?.[1];
}

/** Says that the variable BROWSER names no program, if that is why there is no browser. */
function emptyBrowser(env: Environment): string | undefined {
  const { BROWSER: named } = env;
  if (!named || placeOf(env) !== undefined) return undefined;
  return `BROWSER names no program here (${visible(named)})`;
}

function whyNoBrowser(env: Environment): string {
  return emptyBrowser(env) ?? `no browser ${placeOf(env) ?? 'here'}`;
}
