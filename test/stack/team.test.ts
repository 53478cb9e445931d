/**
 * A team's whole day on real servers: a policy in the repository, a server that judges every push by it, a person who
 * forgot to sign and signs again with one login, a workflow that releases.
 */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runMeanwhile } from '../support/git-repository.ts';
import {
  BOB,
  forms,
  type StackRepository,
  stack,
  stackRepository,
  tokenOf,
  workflowToken,
} from '../support/stack.ts';

const RELEASE = {
  repository: 'acme/app',
  path: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
};

const policy = (): string => `version: 1
signers:
  - {name: alice, identity: alice@example.test, issuer: '${stack.urls.issuer}'}
  - name: release
    issuer: '${stack.urls.workflowIssuer}'
    workflow: {repository: acme/app, file: .github/workflows/release.yml, ref: refs/heads/main, trigger: push}
commits:
  - {refs: [refs/heads/main], by: [alice]}
tags:
  - {names: ['v*'], by: [release]}
`;

describe.each(forms)('a team with the $name', (form) => {
  let work: StackRepository;
  let bare: string;
  beforeAll(async () => {
    work = stackRepository(form);
    bare = join(work.home, 'server.git');
    writeFileSync(join(work.path, '.signet.yaml'), policy());
    work.must('add', '.signet.yaml');
    await work.commit('a policy');
    work.must('init', '-q', '--bare', '-b', 'main', bare);
    work.must('push', '-q', bare, 'HEAD:refs/heads/main');
    work.must('remote', 'add', 'origin', bare);
    work.must('fetch', '-q', 'origin');
    const args = ['hooks', 'install', '--', '--trusted-root', stack.files.trustedRoot];
    // a hook calls what PATH has under our name
    const env = { ...work.env, PATH: `${dirname(form.program)}:${process.env['PATH']}` };
    const installed = await runMeanwhile(form.program, args, { cwd: bare, env });
    expect(installed).toMatchObject({ exit: 0 });
  });
  afterAll(async () => {
    await work.signet(['agent', 'stop', '--all'], { SIGNET_AGENT: 'yes' });
  });

  const push = (...refs: string[]): Promise<Ran> =>
    work.gitMeanwhile({}, 'push', 'origin', ...refs);
  const main = (): string => work.must('-C', bare, 'rev-parse', 'main');

  it('pushes what is signed by those who may', async () => {
    const id = await work.commit('parser: refuse trailing bytes');
    expect(await push('HEAD:main')).toMatchObject({ exit: 0 });
    expect(main()).toBe(id);
  });

  it('is refused what another has signed, and told who', async () => {
    const before = main();
    await work.commit('by bob', { token: await tokenOf({ email: BOB }) });
    const refused = await push('HEAD:main');
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toMatch(/remote: not allowed .*bob@example\.test/);
    expect(main()).toBe(before);
    work.must('reset', '-q', '--hard', before);
  });

  it('signs again what was pushed unsigned, with one login, and pushes it', async () => {
    const before = main();
    for (const subject of ['one', 'two', 'three'])
      work.must('commit', '-q', '--allow-empty', '-m', subject);
    expect((await push('HEAD:main')).exit).not.toBe(0);
    expect(main()).toBe(before);
    const resigned = await work.signet(
      ['resign', '--trusted-root', stack.files.trustedRoot, 'origin/main..HEAD'],
      { SIGSTORE_ID_TOKEN: await tokenOf() },
    );
    expect([resigned.exit, resigned.err]).toEqual([0, expect.anything()]);
    expect(await push('HEAD:main')).toMatchObject({ exit: 0 });
    expect(work.must('log', '--format=%s', `${before}..${main()}`)).toBe('three\ntwo\none');
  });

  it('only its workflow may release', async () => {
    const { workflowIssuer } = stack.urls;
    const tag = async (name: string, token: string, more: Record<string, string> = {}) =>
      work.gitMeanwhile(
        { env: { ...work.environment({ token }), ...more } },
        ...['tag', '-s', '-m', name, name],
      );
    expect(await tag('v1', await tokenOf())).toMatchObject({ exit: 0 });
    expect((await push('v1')).exit).not.toBe(0);
    work.must('tag', '-d', 'v1');
    const token = await workflowToken(RELEASE);
    expect(await tag('v1', token, { SIGNET_ISSUER: workflowIssuer })).toMatchObject({ exit: 0 });
    expect(await push('v1')).toMatchObject({ exit: 0 });
    const fork = await workflowToken({ ...RELEASE, repository: 'mallory/app' });
    expect(await tag('v2', fork, { SIGNET_ISSUER: workflowIssuer })).toMatchObject({ exit: 0 });
    expect((await push('v2')).exit).not.toBe(0);
  });
});
