/** An agent with people logged in to it, for measuring: started as on first use, ended by `stop`. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { run } from './measure.ts';

type Environment = Readonly<Record<string, string>>;

export interface LiveAgent {
  /** For programs that are to sign by way of it. */
  readonly env: Environment;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface LiveAgentOptions {
  readonly program: string;
  readonly env: Environment;
  readonly sandbox: Sandbox;
  /** A short path: the socket lies in it. */
  readonly directory: string;
  /** Who is logged in. The first one also signs if no account is expected. */
  readonly people: readonly string[];
}

export async function startLiveAgent(options: LiveAgentOptions): Promise<LiveAgent> {
  const { program, sandbox, people } = options;
  const runtime = join(options.directory, 'run');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const env = {
    ...sandbox.env,
    ...options.env,
    XDG_RUNTIME_DIR: runtime,
    SIGNET_PUBLISH_IDENTITY: 'yes',
  };
  const call = async (args: readonly string[], input = ''): Promise<string> => {
    const name = `git-signet ${args.join(' ')}`;
    const invocation = { name, program, args, env, input, cwd: options.directory };
    return (await run({ ...invocation, exits: [0, 1] })).stdout.toString();
  };
  for (const [index, email] of people.entries()) {
    const named = index === 0 ? [] : ['--identity', email];
    await call(['login', '--token-stdin', ...named], await sandbox.mintToken({ email }));
  }
  const status = JSON.parse(await call(['agent', 'status', '--json'])) as {
    readonly agents: readonly { readonly pid: number }[];
  };
  const [agent] = status.agents;
  if (agent === undefined) throw new Error('the agent did not start');
  return { env, pid: agent.pid, stop: async () => void (await call(['agent', 'stop', '--all'])) };
}
