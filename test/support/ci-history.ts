/** A repository as a CI job finds it: a branch over a base whose policy allows alice. */

import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from './gated-server.ts';
import { scratchRepository } from './git-repository.ts';
import { HOSTILE } from './judged-samples.ts';
import { signer } from './verify-scenario.ts';

/** Subjects that try to be commands; `good`: whether each is signed, else an unsigned twin follows it. */
export async function branchHistory(
  sandbox: Sandbox,
  good: boolean,
  { rules = '', subjects = HOSTILE as readonly string[] } = {},
) {
  const repository = scratchRepository('ci');
  const make = signer(repository, sandbox);
  const policy = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${sandbox.urls.issuer}'}\n${rules}`;
  const tree = treeOf(repository, policy);
  const base = await make.commit({ tree, subject: 'base' });
  let head = base;
  for (const text of subjects) {
    const subject = text.replace('\ud800', '');
    head = await make.commit({ tree, parents: [head], subject });
    if (!good) head = make.unsigned({ tree, parents: [head], subject });
  }
  repository.must('update-ref', 'refs/heads/main', base);
  repository.must('update-ref', 'refs/heads/topic', head);
  repository.must('update-ref', 'refs/remotes/origin/main', base);
  repository.must('remote', 'add', 'origin', repository.path);
  return { repository, base, head, make, tree };
}
