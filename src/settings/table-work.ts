/** Settings of verifying, of what is said, and of the agent. */

import type { SettingRows } from './setting.ts';

export const VERIFY_ROWS = {
  policy: {
    kind: 'text',
    class: 'milder',
    meaning: 'the policy to verify by: a file, or REV:PATH',
    otherwise: 'none: every signer passes in git, and git signet verify asks for one',
    example: 'origin/main:.signet.yaml',
  },
  since: {
    kind: 'text',
    class: 'milder',
    meaning: 'a commit: it and its ancestors are not judged',
    otherwise: 'what the policy says',
    example: '1f3c0de4',
  },
  trustWithoutPolicy: {
    kind: ['undefined', 'full'],
    class: 'milder',
    meaning: 'the trust that git is told if there is no policy (gitsign says full)',
    default: 'undefined',
    example: 'full',
    stricter: ['full', 'undefined'],
  },
  store: {
    kind: ['on', 'auto', 'off'],
    class: 'protected',
    meaning: 'keep proofs of what was verified. auto: but not in CI jobs and hooks',
    default: 'auto',
    example: 'off',
    stricter: ['on', 'auto', 'off'],
  },
  x509Fallback: {
    kind: 'text',
    class: 'reaching',
    meaning: 'the program, with arguments, for S/MIME signatures of other issuers',
    otherwise: 'such a signature cannot be checked',
    example: 'gpgsm',
  },
} as const satisfies SettingRows;

export const TALK_ROWS = {
  quiet: {
    kind: 'boolean',
    class: 'harmless',
    meaning: 'do not repeat who signed after each signature',
    default: true,
    example: 'false',
  },
  lastFailure: {
    kind: 'boolean',
    class: 'harmless',
    meaning: 'keep the last failure to sign, which git hides, for status and doctor',
    default: true,
    example: 'false',
  },
  logPath: {
    kind: 'path',
    class: 'reaching',
    meaning: 'a file that gets a copy of what the program says',
    example: '~/git-signet.log',
    gitsign: 'logpath',
    variables: ['GITSIGN_LOG'],
  },
} as const satisfies SettingRows;

export const AGENT_ROWS = {
  agent: {
    kind: 'boolean',
    class: 'harmless',
    meaning: 'sign through the agent, which starts by itself',
    default: true,
    example: 'false',
  },
  agentIdle: {
    kind: 'seconds',
    class: 'protected',
    meaning: 'how long the agent stays without a request',
    default: 28_800,
    example: '3600',
  },
  agentDirectory: {
    kind: 'path',
    class: 'reaching',
    meaning: "the directory of the agents' sockets",
    otherwise: '$XDG_RUNTIME_DIR/git-signet, or one like it',
    example: '~/.git-signet',
  },
  agentSocket: {
    kind: 'path',
    class: 'reaching',
    meaning: 'the forwarded socket of an agent on another machine, which then signs',
    example: '/run/user/1000/git-signet.sock',
  },
  forwardSocket: {
    kind: 'path',
    class: 'protected',
    meaning: "the agent's second socket, to be forwarded over SSH: it only signs",
    otherwise: 'none: nothing is forwarded',
    example: '~/.git-signet/forward.sock',
  },
  forwardConfirm: {
    kind: 'path',
    class: 'protected',
    meaning: 'a program that is asked before each forwarded signature',
    example: '/usr/lib/ssh/ssh-askpass',
  },
  forwardRate: {
    kind: 'count',
    class: 'protected',
    meaning: 'how many forwarded signatures any minute may have',
    default: 60,
    example: '10',
  },
  forwardRepositories: {
    kind: 'text',
    class: 'protected',
    meaning: 'clones that forwarded commits and tags must belong to, separated as in PATH',
    otherwise: 'any repository',
    example: '~/src/app:~/src/lib',
  },
  forwardLog: {
    kind: 'path',
    class: 'protected',
    meaning: 'a file that gets a line for each forwarded signature',
    otherwise: '$XDG_STATE_HOME/git-signet/forwarded.log',
    example: '~/forwarded.log',
  },
} as const satisfies SettingRows;

export const MONITOR_ROWS = {
  ledger: {
    kind: 'boolean',
    class: 'protected',
    meaning: 'keep a line for each signature, by which git signet monitor knows it again',
    default: true,
    example: 'false',
  },
  monitorHooks: {
    kind: 'path',
    class: 'protected',
    meaning: 'the directory of programs that git signet monitor runs for each finding',
    otherwise: '$XDG_CONFIG_HOME/git-signet/hooks.d',
    example: '~/.config/git-signet/hooks.d',
  },
  monitorAge: {
    kind: 'seconds',
    class: 'protected',
    meaning: 'how long ago a log may have been read to its end before status and doctor warn',
    default: 86_400,
    example: '7200',
  },
} as const satisfies SettingRows;
