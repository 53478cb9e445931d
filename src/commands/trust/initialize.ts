/** `git signet initialize`: gitsign's and cosign's word for `trust init`. */

import type { Command } from '../../cli/command.ts';
import { run as init } from './init.ts';

export const help = `git signet initialize --mirror URL --root FILE|URL [--root-checksum SHA256] [--global]

The same as git signet trust init, under the name that gitsign and cosign have for it: sets
signet.trust to a TUF mirror and the root metadata that its updates start from, here or with
--global. All of it: git signet trust --help

Exit: 0, 1 the mirror is not to be believed, 2 usage, 3 the mirror cannot be asked
`;

export const run: Command = init;
