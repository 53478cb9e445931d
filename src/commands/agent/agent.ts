/** `git signet agent …`: the daemon that keeps logins and signs with them. It starts by itself and ends when it is idle. */

import { type ListedAgent, listAgents, stopAgent } from '../../agent/client/client.ts';
import { askEvery, endWithTrouble, readable } from '../../agent/client/trouble.ts';
import type { AgentAddress } from '../../agent/socket-path.ts';
import { AgentTrouble } from '../../agent/wire/failure.ts';
import { type Command, loaded } from '../../cli/command.ts';
import { ExitCode } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { describeCredential } from '../login/logins.ts';
import { agentHere, type Here } from './here.ts';

/** Returns the process id of the agent, which is started if it does not run. @throws ServiceError, ConfigError */
export async function ensureAgent(
  here: Here,
  { env, entry }: Pick<Invocation, 'env' | 'entry'>,
): Promise<number> {
  const { connectLocal } = await import('../../agent/client/client.ts');
  const { askAgain } = await import('../../agent/client/reach.ts');
  const { startAgent } = await import('../../agent/client/start.ts');
  try {
    const agent = await askAgain(() =>
      connectLocal(here.address).catch((error: unknown) => {
        if (!(error instanceof AgentTrouble && error.kind === 'absent')) throw error;
        return startAgent({ ...here, env, entry });
      }),
    );
    agent.close();
    return agent.greeting.pid;
  } catch (error) {
    throw readable(error, here.address);
  }
}

async function start(invocation: Invocation): Promise<ExitCode> {
  const here = await agentHere(invocation);
  const pid = await ensureAgent(here, invocation);
  invocation.terminal.say(`the agent is up (process ${pid}), ${here.address.path}`);
  return ExitCode.ok;
}

async function stop(invocation: Invocation, all: boolean): Promise<ExitCode> {
  const { directory, address } = await agentHere(invocation);
  const end = async (at: AgentAddress): Promise<number> => {
    try {
      return (await stopAgent(at)) ? 1 : 0;
    } catch (error) {
      throw readable(error, at);
    }
  };
  const { count, troubles } = all
    ? await askEvery(await listAgents(directory), end)
    : { count: await end(address), troubles: [] };
  const [one, many] = ['the agent has ended', `${count} agents have ended`];
  if (count > 0) invocation.terminal.say(count === 1 ? one : many);
  else if (troubles.length === 0) invocation.terminal.say('no agent was running');
  endWithTrouble(troubles, invocation);
  return count === 0 ? ExitCode.refused : ExitCode.ok;
}

async function status(invocation: Invocation, json: boolean): Promise<ExitCode> {
  const { directory } = await agentHere(invocation);
  const agents = await listAgents(directory);
  const { streams, terminal, now } = invocation;
  if (json) {
    const shown = agents.map(({ address, state }) => ({ socket: address.path, ...state }));
    streams.write(`${JSON.stringify({ schemaVersion: 1, agents: shown }, undefined, 2)}\n`);
  } else {
    if (agents.length === 0)
      terminal.say('no agent is running, and the first signature starts one');
    const { visible } = await import('../../core/escape.ts');
    for (const line of agents.flatMap((each) => statusLines(each, now()))) {
      writePage(streams, `${visible(line)}\n`);
    }
  }
  return agents.some(({ state }) => state === undefined) ? ExitCode.undecided : ExitCode.ok;
}

function statusLines({ address, state }: ListedAgent, now: number): readonly string[] {
  if (state === undefined) return [`${address.path} does not answer`];
  const { issuer, fulcioUrl } = state.settings;
  const servers = [issuer, fulcioUrl].filter((name) => name !== undefined && name !== '');
  const whom = servers.length === 0 ? 'the servers of the trust root' : servers.join(', ');
  const { forwardSocket, forwardProblem } = state;
  const forwarding = forwardSocket === '' ? [] : [`  forwards at ${forwardSocket}`];
  const silent = forwardProblem === '' ? [] : [`  does not forward: ${forwardProblem}`];
  const none = state.credentials.length === 0 ? ['  no login'] : [];
  return [
    `process ${state.pid} for ${whom}`,
    `  ${address.path}`,
    ...forwarding,
    ...silent,
    ...none,
    ...state.credentials.map(
      (one) =>
        `  ${describeCredential(one, now)}; ${one.signatures} signed, ${one.renewals} renewals`,
    ),
  ];
}

const SUPERVISORS = ['systemd', 'launchd'] as const;

export const command: Command = {
  summary: 'the daemon that keeps a login',
  subcommands: {
    start: loaded({
      summary: 'start it',
      about: ['in the background, as the first signature does'],
      run: (_args, invocation) => start(invocation),
    }),
    stop: loaded({
      summary: 'end it',
      options: { all: { meaning: 'every agent of yours' } },
      about: ['ends the one that serves this repository'],
      run: ({ switches }, invocation) => stop(invocation, switches.has('all')),
    }),
    status: loaded({
      summary: 'which agents run',
      options: { json: { meaning: 'for programs: schemaVersion, agents' } },
      about: ['which agents run, who is logged in, until when'],
      run: ({ switches }, invocation) => status(invocation, switches.has('json')),
    }),
    run: loaded({
      summary: 'run it here',
      about: ['in the foreground'],
      run: async (_args, invocation) => (await import('./run.ts')).runHere(invocation),
    }),
    print: loaded({
      summary: 'units for systemd and launchd',
      positionals: [{ name: SUPERVISORS.join(' | '), takes: SUPERVISORS }],
      about: ['units for systemd (socket activation), or a plist for launchd'],
      run: async ({ positionals: [what] }, invocation) =>
        (await import('./print.ts')).print(invocation, what),
    }),
    forward: loaded({
      summary: 'how to forward it',
      about: ['how to sign on another machine by way of this one, over SSH'],
      run: async (_args, invocation) => (await import('./print.ts')).forward(invocation),
    }),
  },
  about: [
    'Keeps a login in memory and signs with it. Its keys never leave it. It starts with the first signature and ends after signet.agentIdle seconds (8 h) without one. With signet.agent = no there is no agent. One agent serves one set of servers (signet.issuer, signet.fulcioUrl, …).',
  ],
  exits: {
    0: 'done',
    1: 'stop finds none',
    2: 'usage or configuration',
    3: 'the agent does not answer',
  },
};
