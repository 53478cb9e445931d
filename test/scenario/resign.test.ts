/** `git signet resign`: what becomes of a branch with unsigned and broken commits, and what is refused. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer, signet, verdictsOf } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
let env: Record<string, string>;
beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
});

async function branch(name: string, format: 'sha1' | 'sha256' = 'sha1') {
  const repository = scratchRepository(name, {}, format);
  const make = signer(repository, sandbox());
  const base = await make.commit({ subject: 'base', format });
  const set = (id: string) => {
    repository.must('update-ref', 'refs/heads/main', id);
    repository.must('reset', '-q', '--hard');
  };
  return { repository, make, base, set };
}

const resign = (repository: ScratchRepository, ...args: string[]) =>
  signet(repository, ['resign', ...args], { env });

async function statuses(repository: ScratchRepository, range: string): Promise<readonly string[]> {
  const trusted = ['--trusted-root', sandbox().files.trustedRoot];
  const args = [
    'verify',
    '--unsafe-any-identity',
    ...trusted,
    '--offline',
    '--format',
    'jsonl',
    range,
  ];
  return [...verdictsOf(await signet(repository, args, { env })).values()];
}

/** Everything of each commit but hashes and signature. */
const story = ({ must }: ScratchRepository, range: string) =>
  must('log', '--topo-order', '--format=%T %an %ae %ad %cn %ce %cd %e %B', '--date=raw', range);

describe('resign', () => {
  it('resign signs what is unsigned, broken or above it, keeps the rest, and moves the branch once', async () => {
    const { repository, make, base, set } = await branch('resign');
    const good = await make.commit({ parents: [base], subject: 'good' });
    const unsigned = make.unsigned({ parents: [good], subject: 'unsigned' });
    const side = await make.commit({ parents: [base], subject: 'side' });
    const broken = await make.tampered({ parents: [unsigned], subject: 'broken' });
    const merge = await make.commit({ parents: [broken, side], subject: 'merge' });
    set(merge);
    repository.must('tag', 'old', unsigned);
    writeFileSync(join(repository.path, 'untracked'), 'x');
    const before = story(repository, `${base}..main`);
    const dry = await resign(repository, '--dry-run', `${base}..HEAD`);
    expect(dry).toMatchObject({ exit: 0 });
    expect(dry.talk).toContain('would sign 3 of 5 again, and did nothing');
    expect(repository.must('rev-parse', 'main')).toBe(merge);
    const done = await resign(repository, `${base}..HEAD`);
    expect(done.exit, done.talk).toBe(0);
    expect(done.talk).toContain('signed 3 of 5 again');
    expect(done.talk).toContain('still at the old commits: refs/tags/old');
    expect(await statuses(repository, `${base}..main`)).toEqual(Array(5).fill('verified'));
    expect(story(repository, `${base}..main`)).toBe(before);
    const kept = repository.must('rev-list', `${base}..main`).split('\n');
    expect(kept).toContain(good);
    expect(kept).toContain(side);
    expect(repository.must('reflog', 'show', '-1', '--format=%gs', 'main')).toBe(
      'resign: 3 commits signed again',
    );
    expect(repository.must('rev-parse', 'main@{1}')).toBe(merge);
    expect(repository.must('status', '--porcelain')).toBe('?? untracked');
    repository.must('mktree');
    expect(repository.must('fsck', '--strict', '--no-dangling')).toBe('');
    expect((await resign(repository, `${base}..HEAD`)).talk).toContain(
      'every commit of this range is signed',
    );
  });

  it('one login and one certificate for all of them', async () => {
    const { repository, make, base, set } = await branch('resign-once');
    let tip = base;
    for (let i = 0; i < 5; i += 1) tip = make.unsigned({ parents: [tip], subject: `${i}` });
    set(tip);
    await resign(repository, `${base}..main`);
    const serials = repository
      .must('rev-list', `${base}..main`)
      .split('\n')
      .map((id) => signet(repository, ['show', '--format', 'json', id], { env }));
    const shown = (await Promise.all(serials)).map(({ out }) => JSON.parse(out).certificate.sha256);
    expect(new Set(shown).size).toBe(1);
  });

  it('another committer’s commits are kept, or refused if they would change, and --all signs them', async () => {
    const { repository, make, base, set } = await branch('resign-others');
    const bobs = Buffer.from(
      repository
        .gitWith({}, 'cat-file', 'commit', make.unsigned({ parents: [base], subject: 'bob' }))
        .bytes.toString()
        .replace('committer Alice <alice@', 'committer Bob <bob@'),
    );
    const bob = repository.write('commit', bobs);
    set(make.unsigned({ parents: [bob], subject: 'mine' }));
    const left = await resign(repository, `${base}..main`);
    expect(left.exit).toBe(0);
    expect(left.out).toMatch(/left \w{7} {2}bob {2}unsigned \(committer bob@example\.test\)/);
    expect(repository.must('rev-parse', 'main~1')).toBe(bob);
    const mine = make.unsigned({ parents: [base], subject: 'mine below' });
    const above = Buffer.from(bobs.toString().replace(`parent ${base}`, `parent ${mine}`));
    const stacked = repository.write('commit', above);
    set(stacked);
    const refused = await resign(repository, `${base}..main`);
    expect(refused.exit).toBe(2);
    expect(refused.talk).toContain('has another committer');
    set(bob);
    const others = await resign(repository, `${base}..main`);
    expect(others.exit).toBe(2);
    expect(others.talk).toContain(
      'nothing to re-sign: 1 unsigned or broken commit is by bob@example.test, not by you',
    );
    expect(others.talk).toContain(`git signet resign --all ${base}..main`);
    set(stacked);
    const all = await resign(repository, '--all', `${base}..main`);
    expect(all.exit, all.talk).toBe(0);
    expect(await statuses(repository, `${base}..main`)).toEqual(['verified', 'verified']);
    expect(repository.must('log', '-1', '--format=%ce')).toBe('bob@example.test');
  });

  it('a SHA-256 repository, and odd bytes kept', async () => {
    const { repository, make, base, set } = await branch('resign-sha256', 'sha256');
    const raw = repository.gitWith(
      {},
      'cat-file',
      'commit',
      make.unsigned({ parents: [base], format: 'sha256' }),
    ).bytes;
    const odd = Buffer.from(
      raw.toString('latin1').replace('\n\na change', '\nencoding latin1\n\n\xfcber\r\n\n\n'),
      'latin1',
    );
    set(repository.write('commit', odd));
    const done = await resign(repository, `${base}..main`);
    expect(done.exit, done.talk).toBe(0);
    expect(await statuses(repository, `${base}..main`)).toEqual(['verified']);
    const made = repository.git('cat-file', 'commit', 'main').bytes.toString('latin1');
    expect(made.replace(/gpgsig-sha256 .*\n( .*\n)*/, '')).toBe(odd.toString('latin1'));
  });

  it('a branch that moved meanwhile keeps its new value (P13)', async () => {
    const { repository, make, base, set } = await branch('resign-race');
    let tip = base;
    for (let i = 0; i < 10; i += 1) tip = make.unsigned({ parents: [tip], subject: `${i}` });
    set(tip);
    const other = await make.commit({ parents: [base], subject: 'other' });
    const count = () => repository.must('count-objects');
    const before = count();
    const running = resign(repository, `${base}..main`);
    // the first new commit is there, nine are to come
    while (count() === before) await new Promise((done) => setTimeout(done, 5));
    repository.must('update-ref', 'refs/heads/main', other);
    const lost = await running;
    expect(lost.exit).toBe(2);
    expect(lost.talk).toContain('but expected');
    expect(repository.must('rev-parse', 'main')).toBe(other);
  });

  it.each([
    ['no range', ['HEAD']],
    ['no argument', []],
    ['three dots', ['a...b']],
    ['a tip that cannot be moved', ['main~1..main~0']],
    ['an empty range', ['main..main']],
    ['an option as a name (I01)', ['--output=x..main']],
  ])('%s: exit 2, nothing done', async (_, args) => {
    const { repository, make, base, set } = await branch('resign-usage');
    set(await make.commit({ parents: [base] }));
    expect((await resign(repository, ...args)).exit).toBe(2);
    expect(readFileSync(join(repository.path, '.git/HEAD'), 'utf8')).toContain('refs/heads/main');
  });
});
