/** `git signet trust`: which trust root is in force here, a newer one, another one. */

import type { Command } from '../../cli/command.ts';
import { UsageError } from '../../errors.ts';

export const help = `git signet trust show [--format text|json]
git signet trust update
git signet trust init --mirror URL --root FILE|URL [--root-checksum SHA256] [--global]
git signet trust init --from FILE [--signing-config FILE] [--no-ct-log] [--global]

show    source, age and expiry of the trust root, and whom it trusts from when to when
update  asks its mirror for the newest; verifying never does, signing does once a day
init    sets signet.trust, here or with --global: to a TUF mirror and the root metadata that
        its updates start from, or to a copy of trusted_root.json or a client trust config

  git signet trust init --mirror https://tuf.example --root 1.root.json
  git signet trust init --from client_trust_config.json
  git signet trust init --staging | --public-good
  git signet trust init --undo          what was set before (add --global if you did)

  --root-checksum SHA256   must be the root's; needed where --root is an address
  --signing-config FILE    services to sign with, where FILE names none
  --no-ct-log              this instance has no certificate transparency log

Exit: 0, 1 the mirror is not to be believed, 2 usage, 3 the mirror cannot be asked
`;

export const run: Command = async (invocation, commands) => {
  const [name, ...args] = invocation.args;
  const next = { ...invocation, args };
  if (name === 'show') return (await import('./show.ts')).run(next, commands);
  if (name === 'update') return (await import('./update.ts')).run(next, commands);
  if (name === 'init') return (await import('./init.ts')).run(next, commands);
  throw new UsageError(
    name === undefined ? 'trust: show, update or init?' : `trust: no such thing as ${name}`,
    { hint: 'git signet trust show' },
  );
};
