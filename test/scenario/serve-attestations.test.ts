/** `git signet serve` under a policy that asks for statements. */

import { expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { openServe } from '../support/serve-conversation.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const MAIN = 'refs/heads/main';

it('a commit without the statement that its ref asks for is not verified, as for verify (Q2, Y4)', async () => {
  const { repository, commit, file, policy, verify } = policyScene('serve-statements', sandbox());
  const path = file(policy(`attestations: [{type: test-result, refs: [${MAIN}], by: [alice]}]\n`));
  const id = await commit();
  const unsigned = await commit({ by: 'nobody' });
  const said = async () => {
    const judged = await verify('--policy', path, '--ref', MAIN, id, unsigned);
    return [judged.said.get(id), judged.said.get(unsigned)];
  };
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const named = ['main', 'topic'].flatMap((name) => [
    ...['--policy', `${name}=${path}`, '--ref', `${name}=refs/heads/${name}`],
  ]);
  const args = [...trust, ...named];
  const talk = await openServe(repository, [programUnderTest()], args);
  const raw = {
    type: 'commit',
    raw: repository.gitWith({}, 'cat-file', 'commit', id).bytes.toString('base64'),
  };
  const ask = async (about: object, name = 'main') => talk.verdict({ ...about, policy: name });
  expect(await said()).toEqual(['attestation-missing', 'unsigned']);
  expect(await ask({ object: id })).toBe('attestation-missing');
  expect(await ask(raw)).toBe('attestation-missing');
  expect(await ask({ object: unsigned })).toBe('unsigned');
  expect(await ask({ object: id }, 'topic')).toBe('verified alice');
  // only the repository knows the statements, unless the asker leaves them out
  const outside = await openServe(
    { path: scratchDirectory('outside'), env: repository.env },
    [programUnderTest()],
    args,
  );
  const elsewhere = (more: object) => outside.verdict({ ...raw, policy: 'main', ...more });
  expect(await elsewhere({})).toBe('REPOSITORY_NEEDED');
  expect(await elsewhere({ alone: true })).toBe('verified alice');
  await outside.end();

  const token = await sandbox().mintToken({ email: 'alice@example.test' });
  const predicate = file(JSON.stringify({ result: 'PASSED', configuration: [] }), 'result.json');
  const attest = ['attest', '--type', 'test-result', '--predicate', predicate, id];
  const env = { ...sandbox().env, SIGSTORE_ID_TOKEN: token };
  expect((await signet(repository, attest, { env })).exit).toBe(0);
  // a statement that arrives is seen by the next question
  expect(await said()).toEqual(['verified alice', 'unsigned']);
  expect(await ask({ object: id })).toBe('verified alice');
  expect(await ask(raw)).toBe('verified alice');
  await talk.end();
});
