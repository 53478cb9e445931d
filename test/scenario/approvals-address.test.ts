/** Each command that judges approvals takes the address of the repository, because a mirror has other remotes. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { openServe } from '../support/serve-conversation.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const HERE = 'git+https://h.example.test/app';
const NAMED = ['--repository-uri', HERE];
const TAG = 'refs/tags/v1';

/** A mirror whose commit and tag bob approved for the repository that it mirrors. */
async function mirror() {
  const scene = approvalScene('address', sandbox());
  const { commit, tag, branch, file, policy, signer, approve, repository } = scene;
  const base = await commit({ subject: 'base', files: { a: '1' } });
  const id = branch('main', await commit({ parents: [base], files: { a: '2' } }));
  await tag('v1', id);
  repository.must('remote', 'add', 'origin', 'https://mirror.example.test/app');
  await approve(id, { base, repository: HERE });
  await approve(id, { ref: TAG, repository: HERE });
  const archive = join(repository.home, 'v1.tar');
  repository.must('archive', '-o', archive, 'v1');
  const rule = 'approvals: {count: 1}';
  const rules = `commits: [{refs: [${MAIN}], ${rule}}]\ntags: [{names: ['v*'], ${rule}}]\n`;
  const asking = file(policy(rules, signer('bob')), 'asking.yaml');
  const plain = file(policy('', signer('bob')), 'plain.yaml');
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const run = (...args: string[]) => signet(repository, [...args, ...trust]);
  const commands: Readonly<Record<string, readonly string[]>> = {
    verify: ['verify', '--ref', MAIN, id],
    'verify-tag': ['verify-tag', '--no-target', 'v1'],
    'verify-archive': ['verify-archive', '--no-target', 'v1', archive],
    'policy explain': ['policy', 'explain', '--ref', MAIN, id],
  };
  return { ...scene, id, asking, plain, run, trust, commands };
}

describe('--repository-uri', () => {
  it('an approval of a mirrored repository counts if the address is named, and not without (B3)', async () => {
    const { commands, run, asking, plain } = await mirror();
    for (const [name, args] of Object.entries(commands)) {
      const judged = async (policy: string, more: readonly string[]) =>
        (await run(...args, '--policy', policy, ...more)).exit;
      expect(await judged(asking, []), name).toBe(6);
      expect(await judged(asking, NAMED), name).toBe(0);
      expect(await judged(asking, ['--repository-uri', `${HERE}-fork`]), name).toBe(6);
      // it would have no effect
      expect(await judged(plain, NAMED), name).toBe(2);
    }
  });

  it('serve compares approvals with the named address (B3)', async () => {
    const { id, asking, trust, repository } = await mirror();
    const answer = async (more: readonly string[]): Promise<string> => {
      const args = ['--policy', `main=${asking}`, '--ref', `main=${MAIN}`, ...trust, ...more];
      const serve = await openServe(repository, [programUnderTest()], args);
      const said = await serve.verdict({ policy: 'main', object: id });
      expect(await serve.end()).toBe(0);
      return said;
    };
    expect(await answer([])).toContain('too-few-approvals');
    expect(await answer(NAMED)).toContain('verified');
  });
});
