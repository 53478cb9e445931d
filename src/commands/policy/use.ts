/** `git signet policy use FILE`: the policy by which git and git signet judge here, or everywhere with --global. */

import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import { ExitCode } from '../../errors.ts';
import { loadConfiguredPolicy } from '../../gate/policy/file.ts';
import { replaceValues } from '../../git/config-edit.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import { writePage } from '../../system/layout.ts';
import { allowWritten } from '../allow.ts';
import { isAtRevision } from './check.ts';

const KEY = 'signet.policy';

const run: Run = async ({ positionals: [name = ''], switches }, invocation) => {
  const { cwd, env, streams } = invocation;
  // REV:PATH is read anew at each use, a file must be found from everywhere
  const value = isAtRevision(name) ? name : resolve(cwd, name);
  const policy = await loadConfiguredPolicy(value, { cwd, env, crypto: await loadCrypto() });
  const scope = switches.has('global') ? '--global' : '--local';
  await replaceValues(invocation, scope, KEY, [value]);
  if (scope === '--local') await allowWritten(invocation, [KEY]);
  const signers = new Set([...policy.rules, ...(policy.keys ?? [])].map((rule) => rule.name)).size;
  const where = scope === '--local' ? 'in this repository' : 'in every repository of yours';
  writePage(
    streams,
    `${visible(value)} judges ${where}: ${plural(signers, 'signer')}
  undo: git config ${scope} --unset ${KEY}
`,
  );
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'judge by a policy from now on',
  positionals: [{ name: 'FILE | REV:PATH', takes: 'file' }],
  options: { global: { meaning: 'in every repository of yours' } },
  about: ['sets signet.policy, by which git and git signet judge here'],
  run,
};
