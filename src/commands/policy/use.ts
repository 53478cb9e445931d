/** `git signet policy use FILE`: the policy by which git and git signet judge here, or everywhere with --global. */

import { resolve } from 'node:path';
import { parseArguments } from '../../cli/arguments.ts';
import type { Command } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { loadConfiguredPolicy } from '../../gate/policy-file.ts';
import { replaceValues } from '../../git/config-edit.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import { allowWritten } from '../allow.ts';
import { isAtRevision } from './check.ts';

const KEY = 'signet.policy';

export const run: Command = async (invocation) => {
  const { cwd, env, streams } = invocation;
  const args = parseArguments(invocation.args, { options: { global: 'switch' } });
  const [name, extra] = [...args.positionals, ...(args.rest ?? [])];
  if (name === undefined) {
    throw new UsageError('which policy?', { hint: 'run: git signet policy use FILE' });
  }
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  // REV:PATH is read anew at each use, a file must be found from everywhere
  const value = isAtRevision(name) ? name : resolve(cwd, name);
  const policy = await loadConfiguredPolicy(value, cwd, env, await loadCrypto());
  const scope = args.switches.has('global') ? '--global' : '--local';
  await replaceValues(invocation, scope, KEY, [value]);
  if (scope === '--local') await allowWritten(invocation, [KEY]);
  const signers = new Set([...policy.rules, ...(policy.keys ?? [])].map((rule) => rule.name)).size;
  const where = scope === '--local' ? 'in this repository' : 'in every repository of yours';
  streams.write(`${visible(value)} judges ${where}: ${signers} signer${signers === 1 ? '' : 's'}
  undo: git config ${scope} --unset ${KEY}
`);
  return ExitCode.ok;
};
