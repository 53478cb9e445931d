/** `git signet logout`: deletes a login from the agent and from the keyring. */

import { agentState, forgetCredentials, listAgents } from '../../agent/client/client.ts';
import {
  type AgentAnswers,
  askEvery,
  endWithTrouble,
  readable,
} from '../../agent/client/trouble.ts';
import { keyringAddress, keyringProblem, openKeyring } from '../../agent/keyring/keyring.ts';
import type { AgentAddress } from '../../agent/socket-path.ts';
import { AgentTrouble } from '../../agent/wire/failure.ts';
import type { AgentState } from '../../agent/wire/protocol.ts';
import type { Command, Run } from '../../cli/command.ts';
import { ExitCode, ServiceError } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import { agentHere } from '../agent/here.ts';
import { credentialFor, expectedHere } from './logins.ts';

interface Found {
  readonly address: AgentAddress;
  readonly state: AgentState | undefined;
}

/** Returns the agent of this directory's settings, without state if none runs. */
async function agentOf(address: AgentAddress): Promise<Found> {
  try {
    return { address, state: await agentState(address) };
  } catch (error) {
    if (error instanceof AgentTrouble && error.kind === 'absent') {
      return { address, state: undefined };
    }
    throw readable(error, address);
  }
}

async function forget(address: AgentAddress, expected: string | undefined): Promise<number> {
  try {
    return await forgetCredentials(address, expected);
  } catch (error) {
    throw readable(error, address);
  }
}

/** Deletes what earlier agents left in the keyring: at one address, or everything. */
async function clearKeyring(
  { env, entry, terminal }: Invocation,
  which?: string,
): Promise<readonly ServiceError[]> {
  const options = { env, entry };
  const keyring = await openKeyring(options);
  if (keyring === undefined) {
    // many machines have no keyring: that is no failure
    terminal.say(
      `no keyring answers here (${await keyringProblem(options)}), so nothing was deleted from it`,
    );
    return [];
  }
  const problem = await (which === undefined ? keyring.clear() : keyring.delete(which));
  if (problem === undefined) return [];
  const what = `the keyring still holds a login: ${problem}`;
  return [
    new ServiceError('SERVICE_UNREACHABLE', what, {
      hint: 'unlock the keyring and try again, or delete its entries named git-signet',
    }),
  ];
}

async function logoutHere(invocation: Invocation): Promise<AgentAnswers> {
  const here = await agentHere(invocation);
  const expected = await expectedHere(here.settings, invocation);
  const { address, state } = await agentOf(here.address);
  const kept = credentialFor(expected, state?.credentials ?? []);
  const count = kept === undefined ? 0 : await forget(address, kept.expected);
  const place = keyringAddress(here.instance.digest, expected);
  return { count, troubles: here.settings.keyring ? await clearKeyring(invocation, place) : [] };
}

async function logoutEverywhere(invocation: Invocation): Promise<AgentAnswers> {
  const here = await agentHere(invocation);
  const agents = await listAgents(here.directory);
  const { count, troubles } = await askEvery(agents, (address) => forget(address, undefined));
  const left = here.settings.keyring ? await clearKeyring(invocation) : [];
  return { count, troubles: [...troubles, ...left] };
}

const run: Run = async ({ switches }, invocation) => {
  const everywhere = switches.has('all');
  const { count, troubles } = await (everywhere ? logoutEverywhere : logoutHere)(invocation);
  const { say } = invocation.terminal;
  if (count > 0) say(count === 1 ? 'logged out' : `logged out: ${count} logins`);
  else if (troubles.length === 0) say('no login was found');
  endWithTrouble(troubles, invocation);
  return count === 0 ? ExitCode.refused : ExitCode.ok;
};

export const command: Command = {
  summary: 'delete a login',
  options: { all: { meaning: 'every login of every agent of yours' } },
  about: [
    'Deletes the login that signs here: the key, the certificate and the refresh token, also from the keyring. Signatures that were made stay valid. Nothing is revoked at the issuer.',
  ],
  examples: [['git signet logout'], ['git signet logout --all', 'every login']],
  exits: {
    0: 'logged out',
    1: 'there was no login',
    3: 'an agent does not answer, or the keyring keeps its entry',
  },
  run,
};
