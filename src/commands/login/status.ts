/** `git signet status`: shows who signs here, until when, and which other logins there are. */

import { type ListedAgent, listAgents } from '../../agent/client/client.ts';
import { serves } from '../../agent/client/unchosen-login.ts';
import type { CredentialStatus } from '../../agent/wire/protocol.ts';
import type { Command, Run } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { ANYBODY, expectationWords } from '../../core/expected-account.ts';
import { ExitCode } from '../../errors.ts';
import { painterHere } from '../../git/colour.ts';
import type { SettingOrigin } from '../../settings/origin.ts';
import type { Paint } from '../../system/colour.ts';
import type { Invocation } from '../../system/invocation.ts';
import { type LastFailure, lastFailure } from '../../system/last-failure.ts';
import { writePage } from '../../system/layout.ts';
import { shellWord } from '../../system/shell.ts';
import { agentHere } from '../agent/here.ts';
import { type LastRead, lastReads } from '../monitor/last-read.ts';
import {
  agentOff,
  agentOffWords,
  FORWARD_REMEDY,
  type ForwardedAgent,
  forwardedHere,
  type TokenHere,
  tokenHere,
} from './login-here.ts';
import { chosenHere, credentialFor, describeCredential, describeFailure } from './logins.ts';

interface Status {
  /** Digest of the servers' settings. */
  readonly instance: string;
  /** The signer that is expected here, or '' if every signer will do. */
  readonly expected: string;
  /** The settings that say so. */
  readonly chosenBy: readonly string[];
  /** Logins that are kept for other repositories, and could sign. */
  readonly others: readonly CredentialStatus[];
  /** A token that needs no person. If there is one, no agent is asked. */
  readonly token: TokenHere | undefined;
  /** The agent on another machine that signs here. If there is one, this user's own agent is not asked. */
  readonly forwarded: ForwardedAgent | undefined;
  /** The setting that switches agents off. Then no login is kept. */
  readonly off: SettingOrigin | undefined;
  readonly credential: CredentialStatus | undefined;
  readonly agents: readonly ListedAgent[];
  /** The last failure to sign, if no success has followed. */
  readonly failure: LastFailure | undefined;
  /** When each log was last read by `git signet monitor`. */
  readonly reads: readonly LastRead[];
}

async function statusOf(invocation: Invocation): Promise<Status> {
  const { settings, directory, instance, address } = await agentHere(invocation);
  const agents = settings.agent ? await listAgents(directory) : [];
  const mine = agents.find((agent) => agent.address.path === address.path);
  const { expected, by: chosenBy } = await chosenHere(invocation);
  const kept = mine?.state?.credentials ?? [];
  const credential = credentialFor(expected, kept);
  const now = invocation.now();
  return {
    instance: instance.digest,
    ...{ expected, chosenBy, credential },
    others: kept.filter((one) => one !== credential && serves(one, now)),
    token: await tokenHere(invocation, settings),
    forwarded: await forwardedHere(settings),
    off: await agentOff(invocation, settings),
    agents,
    failure: lastFailure(invocation.env, now),
    reads: lastReads(settings, invocation),
  };
}

/** `12 signed, 3 renewals` */
function tally({ signatures, renewals }: CredentialStatus): string {
  return `${signatures} signed, ${renewals} renewals`;
}

function hereLine(status: Status, now: number): string {
  const { token, forwarded, off, credential, expected } = status;
  if (token?.trouble !== undefined) return visible(token.trouble.message);
  if (token !== undefined) {
    const whose = token.identity === undefined ? '' : ` of ${visible(token.identity)}`;
    return `no login needed, token${whose} from ${visible(token.label)}`;
  }
  if (forwarded !== undefined) return forwarded.line;
  if (off !== undefined) return `each signature logs in (${agentOffWords(off)})`;
  const whom = expected === ANYBODY ? '' : ` as ${expectationWords(expected)}`;
  if (credential === undefined) return `no login${whom}`;
  return `${describeCredential(credential, now)}; ${tally(credential)}`;
}

/** Says which setting chooses the account, or that none does although there are several logins. */
function choiceLines(status: Status): readonly string[] {
  const { chosenBy, credential, others, token, forwarded } = status;
  if (chosenBy.length > 0) return [`set by: ${visible(chosenBy.join(', '))}`];
  if (others.length === 0 || token !== undefined || forwarded !== undefined) return [];
  const names = others.map(({ identity }) => visible(identity)).join(', ');
  return credential === undefined
    ? [`set by: no setting (signet.identity), so these logins do not sign here: ${names}`]
    : ['set by: no setting (signet.identity), so the login without --identity signs here'];
}

function agentLines(
  { address, state }: ListedAgent,
  status: Status,
  now: number,
): readonly string[] {
  const path = visible(address.path);
  if (state === undefined) return [`agent: does not answer, ${path}`];
  const here = state.instance === status.instance;
  const others = state.credentials.filter((one) => !here || one !== status.credential);
  return [
    ...others.map((one) => `also: ${describeCredential(one, now)}; ${tally(one)}`),
    `agent: process ${state.pid}${here ? '' : ' (other servers)'}, ${path}`,
  ];
}

/** Shows what git hid when it ran without a terminal. */
function failureLines({ failure }: Status, { env }: Invocation, paint: Paint): readonly string[] {
  if (failure === undefined) return [];
  const hint = failure.hint === '' ? [] : [`  ${visible(failure.hint)}`];
  return [`${paint('careful', 'last failure to sign:')} ${describeFailure(failure, env)}`, ...hint];
}

/** Says when each log was last read for signatures under the user's name, if a monitor runs here. */
function monitorLines({ reads }: Status): readonly string[] {
  return reads.map(({ line, late }) =>
    late ? `monitor: ${line}. Run: git signet monitor` : `monitor: ${line}`,
  );
}

function asJson(status: Status): string {
  const { instance, expected, chosenBy, token, forwarded, credential, agents, failure, reads } =
    status;
  const far = forwarded && { socket: forwarded.path, answers: forwarded.answers };
  const trouble = token?.trouble?.message;
  const here = {
    ...{ instance, expected, chosenBy, unattended: token?.label, identity: token?.identity },
    ...{ trouble, forwarded: far, credential },
  };
  const shown = agents.map(({ address, state }) => ({
    socket: address.path,
    answers: state !== undefined,
    ...state,
  }));
  // absent values are null, so that a program sees every field
  const orNull = (_key: string, value: unknown): unknown => value ?? null;
  const monitor = reads.map(({ url, readToEnd, late }) => ({ log: url, readToEnd, late }));
  const all = { schemaVersion: 1, here, agents: shown, lastFailure: failure, monitor };
  return `${JSON.stringify(all, orNull, 2)}\n`;
}

/** Returns true if a signature needs no person. Of a forwarded agent only this is known: whether it answers. */
function isReady({ token, forwarded, credential }: Status, now: number): boolean {
  if (token !== undefined) return token.trouble === undefined;
  if (forwarded !== undefined) return forwarded.answers;
  return credential !== undefined && serves(credential, now);
}

/** Returns what to do if a signature would need a login, or would fail. */
function nextStep({ token, forwarded, off, chosenBy, others }: Status): string {
  if (token !== undefined) return token.trouble?.hint ?? 'use a fresh token';
  if (forwarded !== undefined) return FORWARD_REMEDY;
  if (off !== undefined) return `to keep a login: ${off.undo}`;
  const [other] = chosenBy.length === 0 ? others : [];
  return other === undefined
    ? 'run: git signet login'
    : `git signet use ${visible(shellWord(other.identity))}`;
}

const run: Run = async ({ switches }, invocation) => {
  const now = invocation.now();
  const status = await statusOf(invocation);
  const ready = isReady(status, now);
  if (switches.has('json')) invocation.streams.write(asJson(status));
  else {
    const paint = await painterHere(invocation);
    const lines = [
      `${paint(ready ? 'good' : 'careful', 'here:')} ${hereLine(status, now)}`,
      ...choiceLines(status),
      ...status.agents.flatMap((agent) => agentLines(agent, status, now)),
      ...failureLines(status, invocation, paint),
      ...monitorLines(status),
    ];
    writePage(invocation.streams, `${lines.join('\n')}\n`);
    if (!ready) invocation.terminal.hint(nextStep(status));
  }
  return ready ? ExitCode.ok : ExitCode.login;
};

export const command: Command = {
  summary: 'who signs here, until when',
  options: { json: { meaning: 'for programs: schemaVersion, here, agents, lastFailure, monitor' } },
  about: [
    'Shows who signs in this repository, which setting decides that, by which issuer, until when, and how often the login was renewed. Then it lists every other login of yours, the last failure to sign, and when the monitor last read each log. It prints no token and no key.',
  ],
  examples: [['git signet status'], ['git signet status --json | jq .here.credential.identity']],
  exits: { 0: 'signing here needs no login now', 4: 'it does' },
  run,
};
