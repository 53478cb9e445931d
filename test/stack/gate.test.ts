/** A range whose signatures were made on real servers in every way there is, judged by a policy in one run. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BOB,
  executable,
  forms,
  type StackRepository,
  stack,
  stackRepository,
  tokenOf,
  workflowToken,
} from '../support/stack.ts';
import { resultsOf } from '../support/verify-scenario.ts';

const WORKFLOW = {
  repository: 'acme/app',
  path: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
};

let repository: StackRepository;
let base: string;
const expected = new Map<string, string>();

beforeAll(async () => {
  repository = stackRepository(executable);
  const { workflowIssuer } = stack.urls;
  base = await repository.commit('the base');
  const add = async (status: string, made: Promise<string>): Promise<string> => {
    const id = await made;
    expected.set(id, status);
    return id;
  };
  await add('verified', repository.commit('logged'));
  await add('verified', repository.commit('rekor v2', { rekorVersion: 2 }));
  const always = { gitConfig: { 'signet.timestamp': 'always' } };
  await add('verified', repository.commit('stamped as well', always));
  await add(
    'verified',
    repository.commit('online', { gitConfig: { 'signet.rekorMode': 'online' } }),
  );
  const token = await workflowToken(WORKFLOW);
  const byWorkflow = repository.commit('released', { token }, { SIGNET_ISSUER: workflowIssuer });
  await add('verified', byWorkflow);
  const bob = await tokenOf({ email: BOB });
  await add('not-allowed', repository.commit('by another', { token: bob }));
  await repository.as({}, 'commit', '-q', '--allow-empty', '-m', 'unsigned');
  expected.set(repository.must('rev-parse', 'HEAD'), 'unsigned');
  const last = await repository.commit('as it was signed');
  const changed = repository.must('cat-file', 'commit', last).replace('as it was', 'as it was not');
  const forged = repository.write('commit', Buffer.from(`${changed}\n`));
  repository.must('reset', '-q', '--hard', forged);
  expected.set(forged, 'refused');
  writeFileSync(
    join(repository.home, 'policy.yaml'),
    `version: 1
signers:
  - name: alice
    identity: alice@example.test
    issuer: ${stack.urls.issuer}
  - name: release
    identity: https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main
    issuer: ${workflowIssuer}
`,
  );
});

describe.each(forms)('the $name', ({ program }) => {
  const gate = async (range: string) =>
    repository.gitMeanwhile(
      { env: repository.environment() },
      ...[
        '-c',
        `alias.gate=!'${program}' verify --format jsonl --policy ../policy.yaml --trusted-root '${stack.files.trustedRoot}' ${range}`,
      ],
      'gate',
    );

  it('judges each commit of the range by itself', async () => {
    const answered = await gate(`${base}..HEAD`);
    const found = new Map(resultsOf(answered).map(({ objectId, status }) => [objectId, status]));
    expect(found).toEqual(expected);
    expect(answered.exit).toBe(1);
  });

  it('lets the good part pass', async () => {
    expect(await gate(`${base}..HEAD~3`)).toMatchObject({ exit: 0 });
    expect(await gate(`${base}..HEAD~2`)).toMatchObject({ exit: 6 });
    expect(await gate('HEAD~2..HEAD~1')).toMatchObject({ exit: 5 });
  });
});
