/** Random histories and policies: `git signet serve` says of each commit what `git signet verify` says of it alone. */

import { expect, it } from 'vitest';
import { MAIN } from '../support/approval-scene.ts';
import { DEEP } from '../support/sample.ts';
import { useSandbox } from '../support/sandbox.ts';
import { storeCase } from '../support/store/cases.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
/** The first history meets rules of every kind. */
const FIRST = 311;
const HISTORIES = DEEP ? 8 : 1;

it('serve says of each commit what verify says, by its hash and by its bytes (Q2)', {
  timeout: DEEP ? 1_800_000 : 180_000,
}, async () => {
  const codes = new Set<string>();
  for (let seed = FIRST; seed < FIRST + HISTORIES; seed += 1) {
    const { repository, ids, paths, now } = await storeCase(seed, 0, sandbox());
    const trust = ['--offline', '--trusted-root', sandbox().files.trustedRoot];
    const policies = [
      ...paths.map((path) => ['policy', path] as const),
      ['policy-from', ids.at(-1) ?? ''] as const,
    ];
    const raws = ids.map((id) => repository.gitWith({}, 'cat-file', 'commit', id).bytes);
    const named = policies.flatMap(([option, value], at) => [
      ...[`--${option}`, `p${at}=${value}`, '--ref', `p${at}=${MAIN}`],
    ]);
    const questions = policies.flatMap((_, at) =>
      ids.flatMap((object, index) => [
        { id: `${at} held ${index}`, object, policy: `p${at}` },
        {
          ...{ id: `${at} raw ${index}`, type: 'commit', policy: `p${at}` },
          raw: raws[index]?.toString('base64'),
        },
      ]),
    );
    const input = `${questions.map((question) => JSON.stringify(question)).join('\n')}\n`;
    const served = await signet(repository, ['serve', '--stdio', ...trust, ...named], {
      ...{ input, now: now + 60 },
    });
    const answers = new Map(
      served.out
        .split('\n')
        .slice(1, -1)
        .map((line) => {
          const { id, result = line } = JSON.parse(line);
          return [id, result] as const;
        }),
    );
    for (const [at, [option, value]] of policies.entries()) {
      for (const [index, id] of ids.entries()) {
        const args = ['verify', '--format', 'jsonl', '--no-store', ...trust, '--ref', MAIN];
        const judged = await signet(repository, [...args, `--${option}`, value, id], {
          now: now + 60,
        });
        const [result] = resultsOf(judged);
        codes.add(result?.code ?? result?.status ?? judged.talk);
        const told = ['held', 'raw'].map((how) => answers.get(`${at} ${how} ${index}`));
        expect(told, JSON.stringify({ seed, option, value, id })).toEqual([result, result]);
      }
    }
  }
  const rules = ['attestation-missing', 'merge-not-clean', 'too-few-approvals', 'too-few-signers'];
  const others = ['policy-change-not-allowed', 'revoked', 'signer-out-of-dates', 'verified'];
  expect([...codes]).toEqual(expect.arrayContaining([...rules, ...others]));
});
