/**
 * A Sigstore of one's own, by two commands; another in the repository next door; each run with its own root. And the
 * things a private one may lack or have otherwise: no CT log, services by plain http.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  run,
  runMeanwhile,
  type ScratchRepository,
  scratchRepository,
} from '../support/git-repository.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { commitPayload, resultsOf, signet, withSignature } from '../support/verify-scenario.ts';

let one: Instance;
let two: Instance;
beforeAll(async () => {
  [one, two] = await Promise.all([startInstance(), startInstance()]);
});
afterAll(() => Promise.all([one.close(), two.close()]));

const verify = (repository: ScratchRepository, { sandbox }: Instance, ...more: string[]) =>
  signet(repository, [
    ...['verify', '--format', 'jsonl', '--certificate-identity', 'alice@example.test'],
    ...['--certificate-oidc-issuer', sandbox.urls.issuer, ...more, 'HEAD'],
  ]);

/** One home with a repository for each instance. */
function repositories(): readonly (readonly [Instance, ScratchRepository])[] {
  const first = scratchRepository('private');
  const second = scratchRepository('private-two');
  return [
    [one, first],
    [two, { ...second, env: { ...first.env } }],
  ];
}

it('two instances, set up with trust init and init, sign and verify under their own roots', async () => {
  for (const [instance, repository] of repositories()) {
    const trust = ['trust', 'init', '--mirror', instance.mirror.url, '--root', instance.rootFile];
    expect(await signet(repository, trust)).toMatchObject({ exit: 0, talk: '' });
    // the second command is git signet init, which sets what scratchRepository has set
    const token = await instance.sandbox.mintToken({ email: 'alice@example.test' });
    const made = await repository.gitMeanwhile(
      { env: { ...repository.env, SIGSTORE_ID_TOKEN: token } },
      ...['commit', '-q', '--allow-empty', '-S', '-m', 'mine'],
    );
    expect(made.exit, made.err).toBe(0);
    const answered = await verify(repository, instance);
    expect(answered.exit, answered.talk).toBe(0);
    expect(resultsOf(answered)[0]).toMatchObject({ status: 'verified' });
    expect(instance.sandbox.requests).toMatchObject({ fulcio: 1, rekor: 1 });
  }
});

it('in a fresh clone the same two commands, and no third: our writers allow what they wrote (P20)', async () => {
  const home = scratchDirectory('fresh-clone');
  const path = join(home, 'clone');
  mkdirSync(path);
  const more = { PATH: `${dirname(programUnderTest())}:${process.env['PATH']}` };
  const env = { ...bareEnvironment(home), ...more, GIT_TERMINAL_PROMPT: '0' };
  const at = { cwd: path, env };
  run('git', ['init', '-q', '-b', 'main'], at);
  run('git', ['config', '--global', 'user.name', 'Alice'], at);
  run('git', ['config', '--global', 'user.email', 'alice@example.test'], at);
  const trust = ['trust', 'init', '--mirror', one.mirror.url, '--root', one.rootFile];
  for (const args of [trust, ['init']]) {
    const ran = await runMeanwhile(programUnderTest(), args, at);
    expect([args[0], ran.exit, ran.err]).toEqual([args[0], 0, '']);
  }
  const SIGSTORE_ID_TOKEN = await one.sandbox.mintToken({ email: 'alice@example.test' });
  const commit = ['commit', '-q', '--allow-empty', '-m', 'mine'];
  const made = await runMeanwhile('git', commit, { ...at, env: { ...env, SIGSTORE_ID_TOKEN } });
  expect(made.exit, made.err).toBe(0);
  expect(run('git', ['log', '-1', '--format=%G?'], at).out).toBe('U\n');
  expect((await signet({ path, env }, ['verify', '--unsafe-any-identity', 'HEAD'])).exit).toBe(0);
});

it('configured by hand: signing there needs nothing more, verifying needs one line (P20)', async () => {
  const repository = scratchRepository('by-hand');
  repository.must('config', 'signet.trust', one.sandbox.files.clientTrustConfig);
  const SIGSTORE_ID_TOKEN = await one.sandbox.mintToken({ email: 'alice@example.test' });
  const commit = ['commit', '-q', '--allow-empty', '-S', '-m', 'mine'];
  const made = await repository.gitMeanwhile({ env: { SIGSTORE_ID_TOKEN } }, ...commit);
  expect(made.exit, made.err).toBe(0);
  expect(repository.must('log', '-1', '--format=%G?')).toBe('E');
  const judged = await signet(repository, ['verify', '--unsafe-any-identity', 'HEAD']);
  expect([judged.exit, judged.talk]).toEqual([1, expect.stringContaining('git signet allow')]);
  expect((await signet(repository, ['allow'])).exit).toBe(0);
  expect(repository.must('log', '-1', '--format=%G?')).toBe('U');
  expect((await signet(repository, ['verify', '--unsafe-any-identity', 'HEAD'])).exit).toBe(0);
});

it('the root of the one says nothing about the signatures of the other (T05)', async () => {
  for (const [instance, repository] of repositories()) {
    const payload = commitPayload();
    const other = instance === one ? two : one;
    const { armor } = await other.sandbox.issueSignature(Buffer.from(payload), {});
    const id = repository.write('commit', withSignature(payload, armor));
    repository.must('update-ref', 'refs/heads/main', id);
    const trust = ['trust', 'init', '--mirror', instance.mirror.url, '--root', instance.rootFile];
    expect((await signet(repository, trust)).exit).toBe(0);
    expect(resultsOf(await verify(repository, other))[0]).toMatchObject({ status: 'refused' });
    // switched there and back
    const there = ['trust', 'init', '--mirror', other.mirror.url, '--root', other.rootFile];
    expect((await signet(repository, there)).exit).toBe(0);
    expect((await verify(repository, other)).exit).toBe(0);
    expect((await signet(repository, trust)).exit).toBe(0);
    expect((await verify(repository, other)).exit).toBe(1);
  }
});

describe('an instance without a CT log', () => {
  /** Its trust root lists none, and its certificates hold no SCT. */
  async function scene(): Promise<{ repository: ScratchRepository; trust: string; id: string }> {
    const repository = scratchRepository('no-ct');
    const root = JSON.parse(readFileSync(one.sandbox.files.trustedRoot, 'utf8')) as object;
    const trust = join(repository.home, 'root.json');
    writeFileSync(trust, JSON.stringify({ ...root, ctlogs: [] }));
    const payload = commitPayload();
    const request = { leaf: { scts: () => [] } };
    const { armor } = await one.sandbox.issueSignature(Buffer.from(payload), request);
    const id = repository.write('commit', withSignature(payload, armor));
    repository.must('update-ref', 'refs/heads/main', id);
    return { repository, trust, id };
  }

  it('a private instance verifies nothing until it is named', async () => {
    const { repository, trust } = await scene();
    const init = ['trust', 'init', '--from', trust];
    expect((await signet(repository, init)).talk).toContain('it lists no CT log');
    expect(resultsOf(await verify(repository, one))[0]).toMatchObject({
      status: 'refused',
      code: 'sct-missing',
    });
    expect((await signet(repository, [...init, '--no-ct-log'])).talk).toBe('');
    expect(repository.must('config', 'signet.ctLog')).toBe('none');
    expect(resultsOf(await verify(repository, one))[0]).toMatchObject({ status: 'verified' });
    expect((await signet(repository, ['trust', 'show'])).out).toContain('none, by signet.ctLog');
    await signet(repository, ['trust', 'init', '--undo']);
    expect(repository.git('config', '--get-regexp', '^signet').out).toBe('');
  });

  it('the word changes nothing where a CT log is listed', async () => {
    const { repository } = await scene();
    repository.must('config', 'signet.ctLog', 'none');
    const typed = ['--trusted-root', one.sandbox.files.trustedRoot];
    expect(resultsOf(await verify(repository, one, ...typed))[0]).toMatchObject({
      status: 'refused',
      code: 'sct-missing',
    });
  });
});
