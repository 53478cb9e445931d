/** What `doctor` says about logins: where a token would come from, who is logged in, and where a login is kept. */

import { agentState, reachThrough } from '../../agent/client/client.ts';
import { serves } from '../../agent/client/unchosen-login.ts';
import { keyringProblem } from '../../agent/keyring/keyring.ts';
import { type AgentAddress, passedOver } from '../../agent/socket-path.ts';
import { AgentTrouble, HandedBack } from '../../agent/wire/failure.ts';
import { networkOf } from '../../agent/wire/request-network.ts';
import { visible } from '../../core/escape.ts';
import { ANYBODY, expectationWords, impossible } from '../../core/expected-account.ts';
import { ExitCode, isSignetError } from '../../errors.ts';
import { chooseOpener } from '../../login/browser/opener.ts';
import { personProvider } from '../../login/obtain-token.ts';
import {
  type Circumstances,
  choosePersonWay,
  type PersonProvider,
} from '../../login/person-way.ts';
import type { Settings } from '../../settings/load.ts';
import type { Invocation } from '../../system/invocation.ts';
import { lastFailure } from '../../system/last-failure.ts';
import { agentHere } from '../agent/here.ts';
import {
  agentOff,
  agentOffWords,
  FORWARD_REMEDY,
  type ForwardedAgent,
  forwardedHere,
  type TokenHere,
  tokenHere,
} from '../login/login-here.ts';
import { credentialFor, describeFailure, expectedHere } from '../login/logins.ts';
import { type DoctorCheck, fail, ok, warn } from './check.ts';

interface Agent {
  readonly check: DoctorCheck;
  /** True if it has a login that signs here. */
  readonly loggedIn: boolean;
  /** The agent of another machine, where signing here goes to one. */
  readonly forwarded?: ForwardedAgent;
  /** What to do first where `git signet login` would be refused. */
  readonly noLogin?: string;
}

async function checkAgent(
  invocation: Invocation,
  settings: Settings,
  offline: boolean,
): Promise<Agent> {
  const forwarded = await forwardedHere(settings);
  if (forwarded !== undefined) {
    const { answers, line } = forwarded;
    const check = answers ? ok('agent', line) : warn('agent', line, FORWARD_REMEDY);
    return { check, loggedIn: false, forwarded, noLogin: FORWARD_REMEDY };
  }
  const off = await agentOff(invocation, settings);
  if (off !== undefined) {
    const line = `switched off: each signature logs in (${agentOffWords(off)})`;
    return { check: warn('agent', line, off.undo), loggedIn: false, noLogin: off.undo };
  }
  let elsewhere = '';
  try {
    const { address, directory } = await agentHere(invocation);
    elsewhere = passedOver(directory, invocation.env)
      .map((why) => `; ${visible(why)}`)
      .join('');
    const state = await agentState(address);
    const people = state.credentials.map(({ identity }) => visible(identity)).join(', ');
    const expected = await expectedHere(settings, invocation);
    const mine = credentialFor(expected, state.credentials);
    const detail = `process ${state.pid}, ${visible(address.path)}, ${people || 'no login'}${elsewhere}`;
    const loggedIn = mine !== undefined && serves(mine, invocation.now());
    const unreached = offline ? undefined : await unreachedBy(address, invocation, settings);
    return { check: unreached ?? ok('agent', detail), loggedIn };
  } catch (error) {
    if (error instanceof AgentTrouble && error.kind === 'absent') {
      const check = ok('agent', `none runs: it starts with the first signature${elsewhere}`);
      return { check, loggedIn: false };
    }
    const line = visible(error instanceof Error ? error.message : String(error));
    // `agent stop` would fail too: an unfit place names its remedy, and the socket belongs to another process
    const remedy = isSignetError(error)
      ? (error.hint ?? 'git config --global signet.agentDirectory DIR')
      : 'git signet agent stop names the socket. End the process that has it, or remove it';
    return { check: warn('agent', line, remedy), loggedIn: false };
  }
}

/** Returns the servers that the agent does not reach by this network. This process may reach them nevertheless. */
async function unreachedBy(
  address: AgentAddress,
  { env, cwd }: Invocation,
  settings: Settings,
): Promise<DoctorCheck | undefined> {
  try {
    await reachThrough(address, networkOf(settings, env, cwd));
    return undefined;
  } catch (error) {
    if (!(error instanceof HandedBack)) throw error;
    const { message, hint = 'git signet agent stop (the next signature starts another one)' } =
      error.why;
    return warn('agent', visible(`it is up, but ${message}`), hint);
  }
}

function openerName({ urlOpener }: Settings, env: Invocation['env']): string {
  if (urlOpener !== undefined && urlOpener !== '') return 'signet.urlOpener';
  return env.BROWSER ? 'BROWSER' : 'the desktop';
}

/** A token that needs no person. */
function checkToken({ label, identity, trouble }: TokenHere): DoctorCheck {
  if (trouble !== undefined) {
    return fail('login', visible(trouble.message), trouble.hint, trouble.exitCode);
  }
  const whose = identity === undefined ? '' : ` of ${visible(identity)}`;
  return ok('login', `no person needed: token${whose} from ${visible(label)}`);
}

/** Returns what to do if signing has no person to ask, as `git signet login` says it. In CI both say the same. */
function nobodyRemedy(
  here: Omit<Circumstances, 'asked'>,
  hint: string,
  { noLogin }: Agent,
): string {
  const asked = choosePersonWay({ ...here, asked: true });
  if (asked.way === 'none' && asked.hint === hint) return hint;
  if (noLogin !== undefined) return noLogin;
  return asked.way === 'none' ? `git signet login: ${asked.hint}` : 'git signet login';
}

/** How a login would be made here. */
async function checkLogin(
  invocation: Invocation,
  settings: Settings,
  agent: Agent,
): Promise<DoctorCheck> {
  const { env, terminal } = invocation;
  const trouble = impossible(await expectedHere(settings, invocation));
  if (trouble !== undefined) return fail('login', trouble.message, trouble.hint, trouble.exitCode);
  const token = await tokenHere(invocation, settings);
  if (token !== undefined) return checkToken(token);
  if (agent.forwarded?.answers)
    return ok('login', 'on the other machine, by way of the forwarded agent');
  let provider: PersonProvider | undefined;
  try {
    provider = await personProvider(settings.tokenProvider ?? '');
  } catch (error) {
    const line = visible(error instanceof Error ? error.message : String(error));
    return fail('login', line, 'set signet.tokenProvider to one of them, or leave it unset');
  }
  let opener: boolean;
  try {
    opener = chooseOpener(settings.urlOpener, env, process.platform) !== undefined;
  } catch (error) {
    const line = visible(error instanceof Error ? error.message : String(error));
    return fail('login', line, "git config --global signet.urlOpener 'firefox {url}'");
  }
  const { interactive } = terminal;
  const here = { env, opener, interactive, provider };
  const choice = choosePersonWay({ ...here, asked: false });
  if (choice.way === 'browser') {
    return ok('login', `browser, opened by way of ${openerName(settings, env)}`);
  }
  if (choice.way !== 'none') {
    const how = choice.way === 'device' ? 'a code, on any device' : 'a code that is typed';
    return ok('login', choice.why === '' ? how : `${choice.why}: ${how}`);
  }
  if (agent.loggedIn) return ok('login', `${choice.message}, but the agent has a login`);
  const remedy = nobodyRemedy(here, choice.hint, agent);
  const expected = await expectedHere(settings, invocation);
  const whom = expected === ANYBODY ? '' : `; ${expectationWords(expected)} is expected`;
  return fail('login', `${choice.message}${whom}`, remedy, ExitCode.login);
}

async function checkKeyring(
  { env, entry }: Invocation,
  { keyring }: Settings,
): Promise<DoctorCheck> {
  const problem = await keyringProblem({ env, entry });
  const allowed = keyring ? 'used' : 'not used (signet.keyring)';
  if (problem === undefined) return ok('keyring', `there, ${allowed}`);
  const why = /DBUS_SESSION_BUS_ADDRESS/.test(problem) ? 'no desktop session' : problem;
  return keyring
    ? warn('keyring', `${why}: logins end with the agent`, 'git config --unset signet.keyring')
    : ok('keyring', `none: ${why}; ${allowed}`);
}

/** The login's lines. Never rejects for what a person can mend. */
export async function checkLogins(
  invocation: Invocation,
  settings: Settings,
  offline: boolean,
): Promise<readonly DoctorCheck[]> {
  const [agent, keyring] = await Promise.all([
    checkAgent(invocation, settings, offline),
    checkKeyring(invocation, settings),
  ]);
  const failure = checkFailure(invocation);
  return [await checkLogin(invocation, settings, agent), agent.check, keyring, ...failure];
}

/** What git hid when signing failed without a terminal. */
function checkFailure({ env, now }: Invocation): readonly DoctorCheck[] {
  const failure = lastFailure(env, now());
  if (failure === undefined) return [];
  const { hint } = failure;
  return [warn('last failure', describeFailure(failure, env), hint === '' ? undefined : hint)];
}
