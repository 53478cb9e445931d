/** Many programs attest at once, each a process of its own, in a repository with files and in a bare one. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet, signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const WRITERS = 20;
const COMMITS = 'refs/attestations/commits';

it.each(['a repository with files', 'a bare repository'])(
  `none of ${WRITERS} statements is lost if as many programs write at once to %s (Y1)`,
  async (kind) => {
    const { repository, commit, branch, file, policy } = policyScene(`writers ${kind}`, sandbox());
    const id = branch('main', await commit({ files: { 'a.txt': 'a' } }));
    const bare = join(repository.home, 'bare.git');
    repository.must('clone', '-q', '--bare', repository.path, bare);
    const path = kind === 'a bare repository' ? bare : repository.path;
    const token = await sandbox().mintToken({ email: 'alice@example.test' });
    const env = { ...repository.env, ...sandbox().env, SIGSTORE_ID_TOKEN: token };
    const attest = (run: number) => {
      const predicate = file(JSON.stringify({ run }), `${run}.json`);
      const args = ['attest', '--type', 'urn:example:run', '--predicate', predicate, '--notes', id];
      return signetProcess({ path, env }, args);
    };
    const writers = Array.from({ length: WRITERS }, (_, run) => attest(run));
    for (const { exit, talk } of await Promise.all(writers)) expect(exit, talk).toBe(0);

    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const args = ['verify-attestation', ...trust, '--policy', file(policy()), '--format', 'jsonl'];
    const check = async () => {
      const answered = await signet({ path, env: repository.env }, [...args, id]);
      return { exit: answered.exit, results: resultsOf(answered) };
    };
    const { exit, results } = await check();
    expect(exit).toBe(0);
    const runs = results.map((result) => JSON.stringify(Reflect.get(result, 'predicate')));
    expect(runs.toSorted()).toEqual(
      Array.from({ length: WRITERS }, (_, run) => JSON.stringify({ run })).toSorted(),
    );
    // each writer kept every statement of the writers before it, in refs and in notes alike
    repository.must('-C', path, 'fsck', '--strict', '--no-dangling');
    repository.must('-C', path, 'update-ref', '-d', COMMITS);
    expect((await check()).results).toHaveLength(WRITERS);
  },
);
