/** The commands that exist, as they are listed. Each is loaded if it is called or described. */

import type { CommandTable } from '../cli/command.ts';

export const COMMANDS: CommandTable = {
  init: () => import('./init.ts'),
  allow: () => import('./allow.ts'),
  use: () => import('./use.ts'),
  verify: () => import('./verify/verify.ts'),
  log: () => import('./log/log.ts'),
  'verify-tag': () => import('./verify/tag.ts'),
  'verify-archive': () => import('./verify/archive.ts'),
  'verify-vsa': () => import('./statements/verify-vsa.ts'),
  serve: () => import('./serve/serve.ts'),
  monitor: () => import('./monitor/monitor.ts'),
  hooks: () => import('./hooks/hooks.ts'),
  resign: () => import('./resign/resign.ts'),
  policy: () => import('./policy/policy.ts'),
  incident: () => import('./incident/incident.ts'),
  show: () => import('./show.ts'),
  login: () => import('./login/login.ts'),
  logout: () => import('./login/logout.ts'),
  status: () => import('./login/status.ts'),
  agent: () => import('./agent/agent.ts'),
  trust: () => import('./trust/trust.ts'),
  initialize: () => import('./trust/initialize.ts'),
  sandbox: () => import('./sandbox/sandbox.ts'),
  doctor: () => import('./doctor/doctor.ts'),
  completion: () => import('./completion.ts'),
  keyring: () => import('./keyring.ts'),
  'open-browser': () => import('./open-browser.ts'),
  version: () => import('./version.ts'),
  help: () => import('./help.ts'),
};
