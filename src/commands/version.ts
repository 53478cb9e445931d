/** Which version this is, and on what it runs. Never a value of the environment (F7). */

import { ExitCode } from '../errors.ts';
import { VERSION } from '../io/version.ts';
import type { Command } from './command.ts';

export const help = `git signet version

Prints the version and the runtime.

Exit: 0
`;

/** `git-signet 0.1.0 (bun 1.4.5, linux-x64)` */
export const run: Command = ({ streams }) => {
  const { bun, node } = process.versions;
  const runtime = bun === undefined ? `node ${node}` : `bun ${bun}`;
  streams.write(`git-signet ${VERSION} (${runtime}, ${process.platform}-${process.arch})\n`);
  return Promise.resolve(ExitCode.ok);
};
