/** `git signet initialize`: the name that gitsign and cosign have for `trust init`. */

import type { Command } from '../../cli/command.ts';
import { command as init } from './init.ts';

export const command: Command = {
  ...init,
  summary: 'trust init',
  internal: true,
  about: [
    'The same as git signet trust init, under the name that gitsign and cosign have for it: sets signet.trust to a TUF mirror and the root metadata that its updates start from, here or with --global.',
  ],
  exits: {
    0: 'done',
    1: 'the mirror is not to be believed',
    2: 'usage',
    3: 'the mirror cannot be asked',
  },
};
