/** Both built forms judge pinned keys, parents and merges as the sources do: their runtimes differ in child processes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { openPgpPerson, policyScene, sshPerson } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { resultsOf } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, 'dist/node/git-signet.cjs');
const FORMS: readonly (readonly [string, string, readonly string[]])[] = [
  ['program', programUnderTest(), []],
  // both are made together: where the executable is not new, the bundle is not either
  ...(programUnderTest() === join(root, 'dist/git-signet')
    ? [['Node bundle', process.execPath, ['--no-memory-protection-keys', bundle]] as const]
    : []),
];

describe.runIf(haveTools('ssh-keygen'))('as built (P08, P14, P16)', () => {
  it.each(FORMS)('the %s', async (_name, program, before) => {
    const { repository, commit, policy, branch, bob } = policyScene('forms', sandbox());
    const [pgp, ssh] = [await openPgpPerson('web'), sshPerson(repository, 'dave')];
    const signers = `${bob}  - {name: dave, ssh: '${ssh.line}'}\n  - name: web\n    openpgp: |\n${pgp.indented}\n`;
    const text = policy('sequence: 1\nchanges: [alice]\ncommits: [{merges: clean}]\n', signers);
    const files = (more: object = {}) => ({ '.signet.yaml': text, ...more });
    const start = await commit({ files: files() });
    const left = await commit({ parents: [start], files: files({ a: 'a' }), by: pgp });
    const right = await commit({
      ...{ parents: [start], files: files({ b: 'b' }) },
      by: { armor: (payload) => ssh.armor(payload) },
    });
    const merge = await commit({ parents: [left, right], files: files({ a: 'a', b: 'b' }) });
    const evil = await commit({
      parents: [merge, right],
      files: files({ a: 'a', b: 'b', c: 'c' }),
    });
    branch('main', evil);
    const args = [
      'verify',
      '--trusted-root',
      sandbox().files.trustedRoot,
      '--offline',
      // the second run would say that it used proofs of the first
      '--no-store',
      '--format',
      'jsonl',
    ];
    const ask = async (...more: string[]) => {
      const options = { cwd: repository.path, env: { ...repository.env } };
      const { out, err, exit } = await runMeanwhile(
        program,
        [...before, ...args, ...more],
        options,
      );
      const said = new Map(
        resultsOf({ out }).map((each) => [each.objectId, each.code ?? each.rule]),
      );
      return { exit, err, said: [left, right, merge, evil].map((id) => said.get(id)) };
    };
    const expected = { exit: 6, err: '', said: ['web', 'dave', 'alice', 'merge-not-clean'] };
    expect(await ask('--policy-from', start, `${start}..main`)).toEqual(expected);
    expect(await ask('--policy-from', 'parents', '--since', start, 'main')).toEqual(expected);
    expect(readFileSync(join(repository.path, '.git/HEAD'), 'utf8')).toContain('refs/heads/');
  });
});
