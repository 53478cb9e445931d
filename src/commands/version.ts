/** Which version this is, on what it runs, and whose work it contains. Never a value of the environment (F7). */

import type { Command } from '../cli/command.ts';
import { ExitCode } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { VERSION } from '../system/version.ts';

export const help = `git signet version [--json | --licenses]

Prints the version and the runtime.

  --json      the same as one JSON object: name, version, runtime, runtimeVersion,
              platform, arch; more members may come
  --licenses  the licences of everything that this program contains

Exit: 0, 2 where the licences were not installed with the program
`;

async function withOptions({ args, entry, streams }: Invocation, facts: object): Promise<void> {
  const { parseArguments } = await import('../cli/arguments.ts');
  const { UsageError } = await import('../errors.ts');
  const { switches, positionals, rest } = parseArguments(args, {
    options: { json: 'switch', licenses: 'switch' },
  });
  const extra = positionals[0] ?? rest?.[0];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  if (switches.size > 1) throw new UsageError('--json and --licenses: only one of them');
  if (switches.has('licenses')) {
    const { readNotices } = await import('../system/notices.ts');
    streams.write(await readNotices(entry));
  } else {
    streams.write(`${JSON.stringify(facts)}\n`);
  }
}

/**
 * `git-signet 0.1.0 (bun 1.4.5, linux-x64)`. Clients of git ask for it at every start, so that line loads nothing more.
 * `args` are those after the command's name.
 */
export const run: Command = async (invocation) => {
  const { bun, node } = process.versions;
  const { platform, arch } = process;
  const [runtime, runtimeVersion] = bun === undefined ? ['node', node] : ['bun', bun];
  if (invocation.args.length > 0) {
    const facts = { name: 'git-signet', version: VERSION };
    await withOptions(invocation, { ...facts, runtime, runtimeVersion, platform, arch });
  } else {
    const text = `git-signet ${VERSION} (${runtime} ${runtimeVersion}, ${platform}-${arch})\n`;
    invocation.streams.write(text);
  }
  return ExitCode.ok;
};
