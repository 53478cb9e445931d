/** `git signet trust`: shows, updates or replaces the trust root. */

import type { Command } from '../../cli/command.ts';

export const command: Command = {
  summary: 'the trust root: show, update, set',
  subcommands: {
    show: () => import('./show.ts'),
    update: () => import('./update.ts'),
    init: () => import('./init.ts'),
  },
  about: [],
  examples: [
    ['git signet trust init --mirror https://tuf.example --root 1.root.json'],
    ['git signet trust init --from client_trust_config.json'],
    ['git signet trust init --undo'],
  ],
  exits: {
    0: 'done',
    1: 'the mirror is not to be believed',
    2: 'usage',
    3: 'the mirror cannot be asked',
  },
};
