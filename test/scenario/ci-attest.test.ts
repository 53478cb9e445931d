/** The GitHub Action and the GitLab component leave a signed summary of a push that passed, and of nothing else. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { branchHistory } from '../support/ci-history.ts';
import { type Context, ROOT, runAction, runComponent } from '../support/ci-steps.ts';
import type { FakeService } from '../support/fake-ci/http-service.ts';
import { startGitHub } from '../support/fake-ci/services.ts';
import type { ScratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const KEY = 'the-key-of-the-job';
const WORKFLOW = {
  repository: 'acme/app',
  path: '.github/workflows/summary.yml',
  ref: 'refs/heads/main',
};
const ADDRESS = 'https://forge.example.test/acme/app';
const URI = `git+${ADDRESS}`;
const COMMITS = 'refs/attestations/commits';
const NOTES = 'refs/notes/commits';

let github: FakeService;
beforeAll(async () => {
  const { mintToken } = sandbox();
  github = await startGitHub((audience) => mintToken({ audience, workflow: WORKFLOW }), KEY);
});
afterAll(() => github.close());

const tokens = (): Context => ({
  ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
});

/** A push to main that a clone of a CI job judges, and the bare repository that it came from. */
async function pushed(good: boolean) {
  const { repository, base, head } = await branchHistory(sandbox(), good, { subjects: ['one'] });
  const server = join(repository.home, 'server.git');
  repository.must('init', '-q', '--bare', '-b', 'main', server);
  repository.must('push', '-q', server, `${head}:refs/heads/main`);
  // as a clone of the forge has it
  repository.must('config', '--global', `url.${server}.insteadOf`, ADDRESS);
  repository.must('remote', 'set-url', 'origin', ADDRESS);
  repository.must('fetch', '-q', 'origin');
  const there = (...args: string[]) => repository.git('-C', server, ...args).out.trimEnd();
  return { repository, base, head, server, there };
}

interface Push {
  readonly repository: ScratchRepository;
  readonly base: string;
  readonly head: string;
}

/** Runs the action after a push. `attest`: its input. */
function act({ repository, base, head }: Push, attest: string, env: Context = {}) {
  return runAction(
    'action.yml',
    repository,
    {
      'inputs.program': programUnderTest(),
      'inputs.trusted-root': sandbox().files.trustedRoot,
      'inputs.attest': attest,
      'github.event.before': base,
      'github.sha': head,
      'github.ref': 'refs/heads/main',
      'github.server_url': 'https://forge.example.test',
      'github.repository': 'acme/app',
    },
    { env: { ...sandbox().env, ...tokens(), GITHUB_EVENT_NAME: 'push', ...env } },
  );
}

/** The statement inside a bundle. */
const statementOf = (bundle: string) => {
  const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as {
    subject: readonly {
      digest: Record<string, string>;
      annotations: { sourceRefs: readonly string[] };
    }[];
    predicate: { resourceUri: string; verificationResult: string };
  };
};

describe('the GitHub Action with attest', () => {
  it('signs the summary as the workflow and pushes it to the refs, and with notes to the note', async () => {
    for (const attest of ['refs', 'notes']) {
      const push = await pushed(true);
      const { exit, out, outputs } = await act(push, attest);
      expect(exit, out).toBe(0);
      expect(outputs['result']).toBe('verified');
      const bundle = readFileSync(outputs['vsa'] ?? '', 'utf8').trimEnd();
      const statement = statementOf(bundle);
      expect(statement.subject.map(({ digest }) => digest['gitCommit'])).toContain(push.head);
      expect(statement.subject[0]?.annotations.sourceRefs).toEqual(['refs/heads/main']);
      expect(statement.predicate).toMatchObject({ resourceUri: URI, verificationResult: 'PASSED' });
      const files = push.there('ls-tree', '-r', '--name-only', COMMITS).split('\n');
      expect(files.map((file) => file.slice(0, 40))).toEqual([push.head]);
      expect(push.there('cat-file', 'blob', `${COMMITS}:${files[0]}`)).toBe(bundle);
      const note = push.there('notes', 'show', push.head);
      expect(note).toBe(attest === 'notes' ? bundle : '');
    }
  });

  it('joins what another job pushed meanwhile, and loses neither summary nor note', async () => {
    const push = await pushed(true);
    const { repository, server, head } = push;
    const other = join(repository.home, 'other');
    repository.must('clone', '-q', server, other);
    repository.must('-C', other, 'config', 'user.name', 'Bob');
    repository.must('-C', other, 'config', 'user.email', 'bob@example.test');
    repository.must('-C', other, 'notes', 'add', '-m', 'a word of a colleague', head);
    const blob = repository.must('-C', other, 'hash-object', '-w', join(ROOT, 'LICENSE'));
    const inner = repository.gitWith(
      { input: Buffer.from(`100644 blob ${blob}\tthing\n`) },
      '-C',
      other,
      'mktree',
    );
    const outer = repository.gitWith(
      { input: Buffer.from(`040000 tree ${inner.out.trim()}\t${head}\n`) },
      '-C',
      other,
      'mktree',
    );
    const commit = repository.must(
      '-C',
      other,
      'commit-tree',
      outer.out.trim(),
      '-m',
      'by another job',
    );
    // the other job pushes between the fetch of this one and its push
    const hook = join(repository.path, '.git/hooks/pre-push');
    const racing = `[ -e '${other}/done' ] || { : >'${other}/done'; git -C '${other}' push -q origin ${commit}:${COMMITS} ${NOTES}; }`;
    repository.must('config', 'core.hooksPath', join(repository.path, '.git/hooks'));
    mkdirSync(join(repository.path, '.git/hooks'), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\nunset GIT_DIR\n${racing}\nexit 0\n`, { mode: 0o755 });
    const { exit, out, outputs } = await act(push, 'notes');
    expect(exit, out).toBe(0);
    const files = push.there('ls-tree', '-r', '--name-only', COMMITS).split('\n');
    expect(files).toHaveLength(2);
    expect(files).toContain(`${head}/thing`);
    const note = push.there('notes', 'show', head);
    expect(note).toContain('a word of a colleague');
    expect(note).toContain(readFileSync(outputs['vsa'] ?? '', 'utf8').trimEnd());
  });

  it('leaves nothing of a push that is not verified, of a pull request, and without being asked', async () => {
    const bad = await pushed(false);
    const refused = await act(bad, 'refs');
    expect([refused.exit, refused.outputs['result'], refused.outputs['vsa']]).toEqual([
      5,
      'unsigned',
      '',
    ]);
    const good = await pushed(true);
    for (const name of ['pull_request', 'pull_request_target', 'merge_group']) {
      const { exit, out } = await act(good, 'refs', { GITHUB_EVENT_NAME: name });
      expect(exit, out).toBe(0);
    }
    expect((await act(good, '')).exit).toBe(0);
    for (const push of [bad, good])
      expect(push.there('for-each-ref', 'refs/attestations')).toBe('');
  });

  it('says which permission is missing, and the verdict stays what it was', async () => {
    const push = await pushed(true);
    const tokenless = await act(push, 'refs', { ACTIONS_ID_TOKEN_REQUEST_URL: '' });
    expect(tokenless.exit, tokenless.out).toBe(2);
    expect(tokenless.out).toContain('permissions: { contents: write, id-token: write }');
    expect(tokenless.outputs).toMatchObject({ result: 'verified', vsa: '' });
    writeFileSync(join(push.server, 'hooks/pre-receive'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const locked = await act(push, 'refs');
    expect(locked.exit, locked.out).toBe(2);
    expect(locked.out).toContain('permissions: { contents: write, id-token: write }');
    expect(locked.outputs['result']).toBe('verified');
    const odd = await act(push, 'yes');
    expect([odd.exit, odd.outputs['result']]).toEqual([2, 'error']);
  });
});

describe('the GitLab component with attest', () => {
  const component = readFileSync(join(ROOT, 'templates/gate.yml'), 'utf8');
  const run = async (push: Push, env: Context) =>
    runComponent(
      component,
      push.repository,
      {
        program: programUnderTest(),
        'trusted-root': sandbox().files.trustedRoot,
        attest: 'refs',
      },
      {
        env: {
          ...sandbox().env,
          CI_PIPELINE_SOURCE: 'push',
          CI_COMMIT_BEFORE_SHA: push.base,
          CI_COMMIT_SHA: push.head,
          CI_COMMIT_BRANCH: 'main',
          CI_PROJECT_URL: 'https://forge.example.test/acme/app',
          ...env,
        },
      },
    );

  it('signs with the token of the job and pushes, and without a token names the lines that give one', async () => {
    const push = await pushed(true);
    const without = await run(push, { SIGSTORE_ID_TOKEN: '' });
    expect(without.exit).toBe(2);
    expect(without.err).toContain('id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }');
    const ran = await run(push, { SIGSTORE_ID_TOKEN: await sandbox().mintToken() });
    expect(ran.exit, ran.err).toBe(0);
    const [file = ''] = push.there('ls-tree', '-r', '--name-only', COMMITS).split('\n');
    const { predicate } = statementOf(push.there('cat-file', 'blob', `${COMMITS}:${file}`));
    expect(predicate.resourceUri).toBe(URI);
  });
});
