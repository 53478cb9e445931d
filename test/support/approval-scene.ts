/** Repositories whose commits are approved: right statements and wrong ones, by any identity that a test names. */

import type { SubjectType } from '../../src/core/statement/statement.ts';
import { openRepository } from '../../src/git/repository.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openStatements } from '../../src/statements/store.ts';
import { policyScene } from './policy-scenario.ts';
import { issueStatement } from './statement-bundle.ts';

export const MAIN = 'refs/heads/main';
const APPROVAL = 'urn:git-signet:approval:v1';
const DIGESTS = { commit: 'gitCommit', tree: 'gitTree', tag: 'gitTag' } as const;

/** An approval as a test wants it. `undefined` for a field leaves it out. */
export interface ApprovalFields {
  readonly by?: string;
  /** Unix seconds. */
  readonly at?: number;
  readonly ref?: string;
  readonly base?: string | null | undefined;
  readonly repository?: string | undefined;
  /** Instead of the commit and its tree. */
  readonly subjects?: readonly (readonly [SubjectType, string])[];
  readonly predicate?: object;
  /** Changes the bundle after it was signed. */
  readonly bend?: (bundle: Buffer) => Buffer;
}

/** Adds approvals to a scene. bob approves, unless a test says otherwise. */
export function withApprovals(scene: ReturnType<typeof policyScene>, sandbox: Sandbox) {
  const { repository, issuer, policy, file } = scene;
  const treeOf = (commit: string): string => repository.must('rev-parse', `${commit}^{tree}`);
  const keep = async (
    bundle: Buffer,
    subjects: readonly (readonly [SubjectType, string])[],
  ): Promise<void> => {
    const held = await openRepository(repository.path, repository.env);
    try {
      const about = subjects.map(([type, id]) => ({ type, id }));
      const statement = { subjects: about, predicateType: APPROVAL, bundle };
      const options = { notes: false, env: repository.env, now: scene.now };
      await openStatements(held).add([statement], options);
    } finally {
      held.objects.close();
    }
  };
  const approve = async (commit: string, fields: ApprovalFields = {}): Promise<void> => {
    const { by = 'bob@example.test', at, ref = MAIN, base, repository: address } = fields;
    const subjects = fields.subjects ?? [
      ['commit', commit],
      ['tree', treeOf(commit)],
    ];
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: subjects.map(([type, id]) => ({ digest: { [DIGESTS[type]]: id } })),
      predicateType: APPROVAL,
      predicate: fields.predicate ?? { ref, base, repository: address },
    };
    const who = { email: by, ...(at === undefined ? {} : { at: at * 1000 }) };
    const bundle = Buffer.from(await issueStatement(sandbox, JSON.stringify(statement), who));
    await keep(fields.bend?.(bundle) ?? bundle, subjects);
  };
  const signer = (person: string, email = `${person}@example.test`, more = ''): string =>
    `  - {name: ${person}, identity: ${email}, issuer: '${issuer}'${more}}\n`;
  /** A policy with alice, bob and carol, whose rule for main asks for approvals. */
  const asking = (
    approvals: string,
    more = '',
    signers = signer('bob') + signer('carol'),
  ): string =>
    file(
      policy(
        `commits: [{refs: [${MAIN}], ${approvals === '' ? '' : `approvals: {${approvals}}`}}]\n${more}`,
        signers,
      ),
      `policy-${Math.random().toString(36).slice(2)}.yaml`,
    );
  /** Code or status of the tip of a range. */
  const landed = async (rules: string, range: string, ...more: string[]): Promise<string> => {
    const { said, exit, talk } = await scene.verify(
      '--policy',
      rules,
      '--ref',
      MAIN,
      ...more,
      range,
    );
    if (exit === 2) return talk;
    const tip = repository.must('rev-parse', range.replace(/^.*\.\./, ''));
    return said.get(tip) ?? 'not judged';
  };
  return { approve, asking, landed, signer, treeOf };
}

/** A scene whose commits are approved. */
export function approvalScene(name: string, sandbox: Sandbox) {
  const scene = policyScene(name, sandbox);
  return { ...scene, ...withApprovals(scene, sandbox) };
}
