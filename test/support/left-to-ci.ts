/**
 * Test files that run in CI (GIT_SIGNET_DEEP=yes), or if a file or folder is named. Without them the suite takes five minutes
 * on two cores. Beside each file stands a test that runs by default and accepts and refuses in the same place.
 */

import { DEEP } from './sample.ts';

/** Load, kills, time, full disks, other users, browsers: the story is about the machine around the program. */
const MACHINE = {
  'scenario/agent-killed': 'scenario/statement-agent',
  'scenario/agent-network-lost': 'agent/client/trouble',
  'scenario/agent-networks': 'agent/wire/request-network',
  'scenario/agent-upgrade': 'scenario/agent-inherits',
  'scenario/attest-writers': 'statements/store.process',
  'scenario/both-forms': 'scenario/upgrade',
  'scenario/completion': 'man/pages',
  'scenario/full-disk': 'faults.process',
  'scenario/full-disk-store': 'store/proofs',
  'scenario/init-killed': 'scenario/init',
  'scenario/init-upgrade': 'scenario/init',
  'scenario/large-objects': 'core/git/budgets',
  'scenario/login-browser': 'login/browser/listener',
  'scenario/login-firefox': 'login/browser/page',
  'scenario/login-other-user': 'system/peer-user.process',
  'scenario/one-login': 'agent/daemon/daemon',
  'scenario/outages': 'http/retries',
  'scenario/push-stopped': 'commands/hooks/watch',
  'scenario/push-time': 'gate/policy-budget',
  'scenario/sandbox-command': 'commands/sandbox/config.process',
  'scenario/serve': 'gate/serve/conversation',
  'scenario/serve-vectors': 'gate/serve/question',
  'scenario/worst-inputs': 'core/git/budgets',
} as const;

/** Rules for many commits: the second model and a smaller story judge both sides of each. */
const RULES = {
  'scenario/altered-store': 'scenario/verify-hostile',
  'scenario/approvals-table': 'gate/policy-model',
  'scenario/approve-command': 'scenario/approvals-story',
  'scenario/carried-approvals': 'gate/policy-model',
  'scenario/carried-pairs': 'scenario/carried',
  'scenario/carried-runs': 'scenario/carried',
  'scenario/carried-search': 'gate/carried/search',
  'scenario/hooks': 'scenario/hooks-signers',
  'scenario/hooks-refs': 'scenario/hooks-store',
  'scenario/hostile-clone': 'settings/authority',
  'scenario/incident': 'gate/policy-revoked',
  'scenario/log-verdicts': 'scenario/log-layout',
  'scenario/lost-keys': 'core/lost-keys',
  'scenario/moved-headers': 'core/git/signed-object',
  'scenario/policy-mixed': 'gate/policy-model',
  'scenario/policy-revoked': 'gate/policy-revoked',
  'scenario/policy-sources': 'scenario/policy-adopt',
  'scenario/publication': 'signing/publication',
  'scenario/resign': 'core/git/rewrite',
  'scenario/shards': 'scenario/shards-examples',
  'scenario/shards-other': 'gate/shards/merge',
  'scenario/shards-rules': 'gate/shards/merge',
  'scenario/show-approvals': 'scenario/log-approvals',
  'scenario/signed-push-gate': 'scenario/signed-push-signers',
  'scenario/signed-push-kept': 'scenario/signed-push-signers',
  'scenario/store-cases': 'scenario/proof-store',
  'scenario/verify-archive': 'archive/archive',
  'scenario/verify-vectors': 'core/vectors',
  'scenario/vsa-start': 'core/statement/source-vsa',
} as const;

/** What is around the program: CI systems, releases, pages, clients of others. */
const AROUND = {
  'peers/clients-compiled.peers': 'peers/clients-page',
  'peers/clients-git.peers': 'peers/clients-page',
  'peers/clients-node.peers': 'peers/clients-page',
  'peers/clients-python.peers': 'peers/clients-page',
  'peers/cms-differential': 'core/cms/signed-data',
  'peers/hook-managers.peers': 'git/hooks',
  'peers/html-report.peers': 'report/html',
  'peers/login-pages.peers': 'login/browser/page',
  'peers/pre-commit.peers': 'git/hooks',
  'peers/release-provenance.peers': 'packaging/provenance.process',
  'scenario/ci-attest': 'scenario/vsa-attest',
  'scenario/ci-download': 'packaging/action-sums',
  'scenario/ci-setup': 'packaging/workflows',
  'scenario/ci-templates': 'packaging/workflows',
  'scenario/documents': 'documents',
  'scenario/login-state': 'agent/daemon/login-states',
  'scenario/monitor': 'monitor/run',
  'scenario/release-publish': 'packaging/npm',
} as const;

export const LEFT_TO_CI: Readonly<Record<string, string>> = { ...MACHINE, ...RULES, ...AROUND };

/** Returns the path of a test file from the root. */
export const pathOf = (name: string): string => `test/${name}.test.ts`;

/** Returns the files that a run with these words leaves out. A run that names a file or folder leaves none out. */
export function leftOut(words: readonly string[], deep = DEEP): readonly string[] {
  const named = words.some((word) => /(?:^|\/)test\/(?!vitest\.)/.test(word));
  return deep || named ? [] : Object.keys(LEFT_TO_CI).map(pathOf);
}
