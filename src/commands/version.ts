/** Which version this is, on what it runs, and whose work it contains. Never a value of the environment (F7). */

import type { Command, Run } from '../cli/command.ts';
import { ExitCode } from '../errors.ts';
import { buildFacts } from '../system/program/version.ts';

/** `git-signet 0.1.0 (bun 1.4.5, linux-x64)`. Clients of git ask for it at every start, so that line loads nothing more. */
const run: Run = async ({ switches }, { streams, entry }) => {
  const facts = buildFacts();
  if (switches.has('licenses')) {
    const { readNotices } = await import('../system/program/notices.ts');
    streams.write(await readNotices(entry));
  } else if (switches.has('json')) {
    streams.write(`${JSON.stringify(facts)}\n`);
  } else {
    const { name, version, runtime, runtimeVersion, platform, arch } = facts;
    const line = `${name} ${version} (${runtime} ${runtimeVersion}, ${platform}-${arch})\n`;
    await streams.writeShort(line);
  }
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'which version this is',
  options: {
    json: {
      meaning:
        'the same as one JSON object: name, version, build, runtime, runtimeVersion, platform, arch (more members may come)',
    },
    licenses: { meaning: 'the licences of everything that this program contains' },
  },
  exclusive: [['json', 'licenses']],
  about: ['Prints the version and the runtime.'],
  exits: { 0: 'done', 2: 'the licences were not installed with the program' },
  run,
};
