/** `git signet use IDENTITY`: sets the login that signs in this repository, or everywhere with --global. */

import type { Command, Run } from '../cli/command.ts';
import { visible } from '../core/escape.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { replaceValues } from '../git/config-edit.ts';
import { allowWritten } from './allow.ts';

const KEY = 'signet.identity';

const run: Run = async ({ positionals, switches }, invocation) => {
  const [identity = ''] = positionals;
  if (identity.trim() !== identity || identity === '' || visible(identity) !== identity) {
    throw new UsageError(
      `'${identity}' is not an identity: expected a name such as alice@example.com`,
    );
  }
  const scope = switches.has('global') ? '--global' : '--local';
  await replaceValues(invocation, scope, KEY, [identity]);
  if (scope === '--local') await allowWritten(invocation, [KEY]);
  const where = scope === '--local' ? 'this repository' : 'every repository of yours';
  invocation.streams.write(`${identity} signs in ${where}
  undo: git config ${scope} --unset ${KEY}
`);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'which login signs here',
  positionals: [{ name: 'IDENTITY', takes: 'text' }],
  options: { global: { meaning: 'in every repository of yours' } },
  about: [
    'Signs in this repository as IDENTITY only. IDENTITY is the name that the certificate will carry, as a rule an e-mail address. Another login signs nothing and publishes nothing.',
  ],
  examples: [
    ['git signet use alice@example.com'],
    ['git signet use --global alice@example.com', 'every repository of yours'],
  ],
  notes: ['Sets signet.identity.'],
  exits: { 0: 'done', 2: "git's configuration cannot be written" },
  run,
};
