/** The agent of this directory's settings, running or not. */

import { type Instance, instanceOf } from '../../agent/instance.ts';
import { type AgentAddress, agentAddress, agentDirectory } from '../../agent/socket-path.ts';
import { settingsHere } from '../../settings/here.ts';
import type { Settings } from '../../settings/load.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';

/** The agent that belongs to this directory's settings. */
export interface Here {
  readonly settings: Settings;
  readonly directory: string;
  readonly instance: Instance;
  readonly address: AgentAddress;
}

/** @throws ConfigError */
export async function agentHere(
  invocation: Pick<Invocation, 'env' | 'cwd' | 'terminal'>,
): Promise<Here> {
  const { env, cwd } = invocation;
  const [settings, crypto] = await Promise.all([settingsHere(invocation), loadCrypto()]);
  const directory = agentDirectory(settings, env);
  const instance = instanceOf(settings, cwd, crypto);
  return { settings, directory, instance, address: agentAddress(directory, instance.digest) };
}
