/** `git signet logout`: the agent forgets a login, and so does the keyring. */

import { ExitCode, UsageError } from '../errors.ts';
import { agentState, forgetCredentials, listAgents } from '../io/agent/client.ts';
import { AgentTrouble } from '../io/agent/connection.ts';
import { openKeyring } from '../io/agent/keyring.ts';
import type { AgentState } from '../io/agent/protocol.ts';
import type { AgentAddress } from '../io/agent/socket-path.ts';
import { agentHere, readable } from './agent.ts';
import { parseArguments } from './arguments.ts';
import type { Command, Invocation } from './command.ts';
import { credentialFor, expectedHere } from './logins.ts';

export const help = `git signet logout [--all]

Forgets the login that signs here: key, certificate, and what would renew it, also in the
keyring. What was signed stays signed; nothing is withdrawn at the issuer.

  git signet logout
  git signet logout --all      every login, of every agent of yours

Exit: 0, 1 nobody was logged in, 3 an agent does not answer
`;

interface Found {
  readonly address: AgentAddress;
  readonly state: AgentState | undefined;
}

/** The agent that serves here; without state where none runs. */
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

/** What an agent that has gone may have left in the keyring; the running ones clear what is theirs. */
async function clearKeyring(
  { env, entry }: Invocation,
  instance: string,
  expected: string,
): Promise<void> {
  const keyring = await openKeyring({ environment: env, entry });
  await keyring?.delete(`${instance}:${expected}`);
}

async function logoutHere(invocation: Invocation): Promise<number> {
  const here = await agentHere(invocation);
  const expected = expectedHere(here.settings, invocation.env);
  const { address, state } = await agentOf(here.address);
  const kept = credentialFor(expected, state?.credentials ?? []);
  const count = kept === undefined ? 0 : await forget(address, kept.expected);
  if (here.settings.keyring) await clearKeyring(invocation, here.instance.digest, expected);
  return count;
}

async function logoutEverywhere(invocation: Invocation): Promise<number> {
  const here = await agentHere(invocation);
  let count = 0;
  for (const { address } of await listAgents(here.directory)) {
    count += await forget(address, undefined);
  }
  if (here.settings.keyring) {
    const expected = expectedHere(here.settings, invocation.env);
    await clearKeyring(invocation, here.instance.digest, expected);
  }
  return count;
}

export const run: Command = async (invocation) => {
  const { switches, positionals, rest } = parseArguments(invocation.args, {
    options: { all: 'switch' },
  });
  const extra = positionals[0] ?? rest?.[0];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  const count = await (switches.has('all') ? logoutEverywhere : logoutHere)(invocation);
  const { say } = invocation.terminal;
  if (count === 0) say('nobody was logged in');
  else say(count === 1 ? 'logged out' : `logged out: ${count} logins`);
  return count === 0 ? ExitCode.refused : ExitCode.ok;
};
