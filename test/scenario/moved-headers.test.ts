/**
 * A signed merge whose signature header was moved: payload and signature are as they were made, and git sees fewer
 * parents, so what was merged is outside every range. Each way of asking must refuse it.
 */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScratchRepository } from '../support/git-repository.ts';
import { asCommit, asTag, type MovedHeader, movedHeaders } from '../support/moved-headers.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signedParts } from '../support/signed-parts.ts';
import {
  type Answered,
  resultsOf,
  signer,
  signet,
  signetProcess,
  verdictsOf,
} from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const MALFORMED = 'refused object-malformed';
const RULES = 'commits: [{merges: passing}]\n';

let scene: ReturnType<typeof policyScene>;
let repository: ScratchRepository;
let base: string;
let side: string;
let merge: string;
let rules: string;
/** Payload and armor of the merge. */
let made: readonly [payload: string, armor: string];
let moved: readonly (MovedHeader & { readonly id: string })[];

/** What git stores, taken apart. */
function partsOf(type: 'commit' | 'tag', id: string): readonly [string, string] {
  const { bytes } = repository.git('cat-file', type, id);
  const { payload, signature } = signedParts(type, bytes);
  return [payload, signature];
}

const write = (type: 'commit' | 'tag', raw: string): string =>
  repository.write(type, Buffer.from(raw, 'latin1'));

beforeAll(async () => {
  scene = policyScene('moved', sandbox());
  repository = scene.repository;
  const files = { '.signet.yaml': scene.policy(RULES) };
  rules = scene.file(scene.policy(RULES));
  base = await scene.commit({ files });
  side = await scene.commit({ parents: [base], by: 'nobody', files: { evil: 'x' } });
  merge = await scene.commit({ parents: [base, side], files });
  made = partsOf('commit', merge);
  moved = movedHeaders(...made).map((one) => ({ ...one, id: write('commit', one.raw) }));
});

const verify = (args: readonly string[], input?: string): Promise<Answered> =>
  signet(
    repository,
    ['verify', '--offline', '--format', 'jsonl', ...args],
    input === undefined ? {} : { input },
  );
const trusted = () => ['--trusted-root', sandbox().files.trustedRoot];
const allowed = () => signer(repository, sandbox()).allow();
const malformed = () => moved.filter(({ legal }) => !legal);

describe('a signed merge whose signature header was moved', () => {
  it('a moved signature header hides parents from git (G18)', () => {
    expect(moved.map(({ legal }) => legal)).toEqual([false, false, false, false, false, true]);
    const parents = moved.map(({ id }) => {
      const { exit, out } = repository.git('log', '-1', '--format=%P', id, '--');
      return exit === 0 ? out.trim().split(' ').filter(Boolean).length : 'none that git can read';
    });
    expect(parents).toEqual(['none that git can read', 0, 1, 2, 2, 2]);
  });

  it('a commit with a moved signature header is refused, under flags and under a policy (G18)', async () => {
    for (const flags of [allowed(), [...trusted(), '--policy', rules]]) {
      for (const { id, name } of malformed()) {
        const answered = await verify([...flags, id]);
        expect([answered.exit, verdictsOf(answered).get(id)], name).toEqual([1, MALFORMED]);
      }
      const legal = moved.find((one) => one.legal)!;
      expect((await verify([...allowed(), legal.id])).exit).toBe(0);
    }
  });

  it('a commit with a moved signature header is refused on standard input (G18)', async () => {
    const input = `${malformed()
      .map(({ id }) => id)
      .join('\n')}\n`;
    const answered = await verify([...allowed(), '--stdin'], input);
    expect(answered.exit).toBe(1);
    expect([...verdictsOf(answered).values()]).toEqual(malformed().map(() => MALFORMED));
  });

  it('a merge with a moved signature header is refused in a range whose merges must pass (G18)', async () => {
    const flags = [...trusted(), '--policy', rules];
    const honest = await verify([...flags, `${base}..${merge}`]);
    expect(honest.exit).toBe(6);
    expect(verdictsOf(honest).get(merge)).toBe('not-allowed merge-parent-not-verified');
    // git walks from these two; the others it cannot read, or reads in full
    for (const { id, name } of malformed().slice(1, 3)) {
      for (const policy of [
        ['--policy', rules],
        ['--policy-from', base],
      ]) {
        const answered = await verify([...trusted(), ...policy, `${base}..${id}`]);
        expect(answered.exit, name).toBe(1);
        expect(verdictsOf(answered).get(id), name).toBe(MALFORMED);
        expect(resultsOf(answered).some(({ objectId }) => objectId === side)).toBe(false);
      }
    }
  });

  it('the pre-receive hook rejects a commit with a moved signature header (G18)', async () => {
    const bare = join(repository.home, 'server.git');
    repository.must('init', '-q', '--bare', '-b', 'main', bare);
    repository.must('push', '-q', bare, `${base}:refs/heads/main`);
    const directories = `${dirname(programUnderTest())}:${process.env['PATH']}`;
    const there = { path: bare, env: { ...repository.env, PATH: directories } };
    const installed = await signetProcess(there, [
      'hooks',
      'install',
      '--',
      ...trusted(),
      '--offline',
    ]);
    expect(installed.exit, installed.talk).toBe(0);
    for (const { id, name } of malformed().slice(1, 3)) {
      const pushed = repository.git('push', bare, `${id}:refs/heads/topic`);
      expect(pushed.exit, name).not.toBe(0);
      expect(pushed.err).toContain('malformed header');
    }
    expect(repository.must('-C', bare, 'for-each-ref', '--format=%(objectname)')).toBe(base);
  });

  it('show refuses a commit with a moved signature header (G18)', async () => {
    for (const { id, name } of malformed()) {
      for (const format of ['text', 'json', 'intoto', 'bundle', 'pem']) {
        const answered = await signet(repository, ['show', '--format', format, id]);
        expect([answered.exit, answered.out], name).toEqual([1, '']);
        expect(answered.talk).toContain('malformed header');
      }
    }
  });

  it('a commit with a moved signature header is refused behind a signed tag (G18)', async () => {
    const target = malformed()[2]!.id;
    const flags = [...allowed(), '--format', 'jsonl'];
    await scene.tag('v-moved', target);
    const answered = await signet(repository, ['verify-tag', ...flags, 'v-moved']);
    expect(answered.exit).toBe(1);
    expect(verdictsOf(answered).get(target)).toBe(MALFORMED);
  });

  it('resign refuses to sign a commit with a moved signature header again', async () => {
    const target = scene.branch('again', malformed()[2]!.id);
    const answered = await signet(repository, ['resign', '--all', `${base}..again`], {
      env: { SIGNET_TRUST: sandbox().files.trustedRoot },
    });
    expect(answered.exit).toBe(2);
    expect(answered.talk).toContain(target);
    expect(repository.must('rev-parse', 'again')).toBe(target);
  });
});

describe('an object of the other type', () => {
  it('a tag whose bytes are a signed commit is refused, by verify and by verify-tag (G19)', async () => {
    const id = write('tag', asTag(...made));
    // git itself writes no ref to what it cannot read
    writeFileSync(join(repository.path, '.git/refs/tags/v-commit'), `${id}\n`);
    const flags = [...allowed(), '--format', 'jsonl'];
    const byName = await signet(repository, ['verify-tag', ...flags, 'v-commit']);
    for (const answered of [byName, await verify([...allowed(), '--stdin'], `${id}\n`)]) {
      expect(answered.exit, answered.talk).toBe(1);
      expect(verdictsOf(answered).get(id)).toBe(MALFORMED);
    }
  });

  it('a commit whose bytes are a signed tag is refused (G19)', async () => {
    const [payload, armor] = partsOf('tag', await scene.tag('v-good', merge));
    const id = write('commit', asCommit(payload, armor));
    const answered = await verify([...allowed(), id]);
    expect(answered.exit).toBe(1);
    expect(verdictsOf(answered).get(id)).toBe(MALFORMED);
  });
});

describe('what git hands over', () => {
  it('git verify-commit gets no object, so only git fsck refuses a moved header', () => {
    const { id } = malformed()[2]!;
    repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    const asked = repository.git('verify-commit', id);
    expect(asked.exit, asked.err).toBe(0);
    expect(asked.err).toContain('good signature by alice@example.test');
    const server = join(repository.home, 'checked.git');
    repository.must('init', '-q', '--bare', server);
    repository.must('-C', server, 'config', 'receive.fsckObjects', 'true');
    const pushed = repository.git('push', server, `${id}:refs/heads/main`);
    expect(pushed.exit).not.toBe(0);
    expect(pushed.err).toMatch(/missingAuthor/);
  });
});
