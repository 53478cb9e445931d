/** The commands that exist, each loaded when it is called. */

import type { CommandTable } from '../cli/command.ts';

export const COMMANDS: CommandTable = {
  init: { summary: 'make git sign and verify with this program', load: () => import('./init.ts') },
  allow: {
    summary: 'let this repository set what counts',
    load: () => import('./allow.ts'),
  },
  use: { summary: 'which login signs here', load: () => import('./use.ts') },
  verify: { summary: 'verify a revision or a range', load: () => import('./verify/verify.ts') },
  'verify-tag': { summary: 'verify annotated tags by name', load: () => import('./verify/tag.ts') },
  'verify-archive': {
    summary: 'a release archive holds exactly the signed tree',
    load: () => import('./verify/archive.ts'),
  },
  hooks: {
    summary: 'judge every push, here or on a server',
    load: () => import('./hooks/hooks.ts'),
  },
  resign: { summary: 'sign your own commits again', load: () => import('./resign/resign.ts') },
  policy: {
    summary: 'who may sign: init, check, explain',
    load: () => import('./policy/policy.ts'),
  },
  show: { summary: 'what a signature says, in full', load: () => import('./show.ts') },
  login: { summary: 'log in now, for signing later', load: () => import('./login/login.ts') },
  logout: { summary: 'forget a login', load: () => import('./login/logout.ts') },
  status: { summary: 'who signs here, until when', load: () => import('./login/status.ts') },
  agent: { summary: 'the daemon that keeps a login', load: () => import('./agent/agent.ts') },
  trust: { summary: 'the trust root: show, update, set', load: () => import('./trust/trust.ts') },
  initialize: {
    summary: 'trust init',
    load: () => import('./trust/initialize.ts'),
    internal: true,
  },
  sandbox: {
    summary: 'a private Sigstore on this machine',
    load: () => import('./sandbox/sandbox.ts'),
  },
  doctor: {
    summary: 'what signing needs here, and what is amiss',
    load: () => import('./doctor/doctor.ts'),
  },
  completion: {
    summary: 'words for the shell to complete',
    load: () => import('./completion.ts'),
  },
  keyring: {
    summary: 'the keyring helper',
    load: () => import('./keyring.ts'),
    internal: true,
  },
  'open-browser': {
    summary: 'the browser helper',
    load: () => import('./open-browser.ts'),
    internal: true,
  },
  version: { summary: 'which version this is', load: () => import('./version.ts') },
  help: { summary: 'this text, or the help of a command', load: () => import('./help.ts') },
};
