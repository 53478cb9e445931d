/** Codes of pushes. */

import type { ReasonCode } from '../../core/verdict.ts';
import type { RefusalPage } from './page.ts';

export const PUSH_PAGES = {
  'push-not-fresh': {
    means: 'The push certificate does not answer what the server asked in this push.',
    why: [
      'The certificate was sent once before.',
      'Over HTTP, more time passed between two requests of the push than `receive.certNonceSlop` allows. If that is not set, one second is too much.',
      'Another server asked for it.',
    ],
    mend: [
      ['push again', 'git push --signed'],
      [
        'on a server over HTTP, allow some minutes between two requests',
        'git config receive.certNonceSlop 300',
      ],
    ],
    example: 'the certificate has another nonce than this server asked for (BAD)',
  },
  'push-elsewhere': {
    means: 'The push certificate names another address than those of this server.',
    why: [
      'The server has one more address, which its hook does not know.',
      'Another server sends a push on that was signed for that server.',
    ],
    mend: [
      [
        'if the address is yours, name it in the hook, beside those that are there',
        'git signet hooks install --pre-receive -- --pushee URL',
      ],
    ],
    example: 'the push was signed for https://other.example.test/x.git',
  },
  'push-differs': {
    means: 'The push certificate names other refs or values than the push moves.',
    why: [
      'A program between git and the hook changed what the hook reads.',
      'The certificate belongs to another push.',
    ],
    mend: [['push again', 'git push --signed']],
    example: 'the push moves refs/heads/main, and the certificate does not say so',
  },
  'push-out-of-time': {
    means: 'The hook of the server could not judge the push within its time. No ref has moved.',
    why: [
      'The push brings in more commits than the server can judge in that time.',
      'The server is busy, or a log that its policy asks answers slowly.',
    ],
    mend: [
      [
        'push an earlier commit of the branch first, and all of it afterwards. The server judges only what is new to it',
        'git push origin COMMIT:refs/heads/BRANCH',
      ],
      [
        'give the hook more time, if the server is yours. Name its other options again',
        'git signet hooks install --pre-receive -- --within 1h',
      ],
    ],
    example: 'the push was not judged within 10 minutes, so nothing is decided',
  },
} as const satisfies Partial<Record<ReasonCode, RefusalPage>>;
