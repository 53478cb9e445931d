/** `git signet use IDENTITY`: which login signs in this repository, or everywhere with --global. */

import { parseArguments } from '../cli/arguments.ts';
import type { Command } from '../cli/command.ts';
import { visible } from '../core/escape.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { replaceValues } from '../git/config-edit.ts';
import { allowWritten } from './allow.ts';

export const help = `git signet use IDENTITY [--global]

Signs in this repository as IDENTITY and nobody else: the name that the certificate will
carry, as a rule an e-mail address. Another login signs nothing and publishes nothing.

  git signet use alice@example.com
  git signet use --global alice@example.com       every repository of yours

Sets signet.identity. Exit: 0, 2 where git's configuration cannot be written
`;

const KEY = 'signet.identity';

export const run: Command = async (invocation) => {
  const args = parseArguments(invocation.args, { options: { global: 'switch' } });
  const [identity, extra] = [...args.positionals, ...(args.rest ?? [])];
  if (identity === undefined) {
    throw new UsageError('which identity?', { hint: 'run: git signet use alice@example.com' });
  }
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  if (identity.trim() !== identity || identity === '' || visible(identity) !== identity) {
    throw new UsageError(`'${identity}' is no identity: expected a name such as alice@example.com`);
  }
  const scope = args.switches.has('global') ? '--global' : '--local';
  await replaceValues(invocation, scope, KEY, [identity]);
  if (scope === '--local') await allowWritten(invocation, [KEY]);
  const where = scope === '--local' ? 'this repository' : 'every repository of yours';
  invocation.streams.write(`${identity} signs in ${where}
  undo: git config ${scope} --unset ${KEY}
`);
  return ExitCode.ok;
};
