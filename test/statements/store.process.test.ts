/** Statements in refs and notes, in real repositories. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GitRepository, openRepository } from '../../src/git/repository.ts';
import { openStatements, type StatementStore } from '../../src/statements/store.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';

const NOW = 1_700_000_000;
const TYPE = 'https://in-toto.io/attestation/test-result/v0.1';

interface Opened {
  readonly scratch: ScratchRepository;
  readonly repository: GitRepository;
  readonly store: StatementStore;
  readonly head: string;
}

async function opened(scratch: ScratchRepository, cwd = scratch.path): Promise<Opened> {
  const repository = await openRepository(cwd, scratch.env);
  const head = scratch.must('rev-parse', 'HEAD');
  return { scratch, repository, head, store: openStatements(repository) };
}

async function withCommit(name: string, format: 'sha1' | 'sha256' = 'sha1'): Promise<Opened> {
  const scratch = scratchRepository(name, {}, format);
  scratch.must('commit', '-q', '--allow-empty', '-m', 'one');
  return opened(scratch);
}

const bundle = (text: string): Uint8Array => Buffer.from(JSON.stringify({ text }));

function add({ store, scratch, head }: Opened, text: string, notes = false) {
  const statement = {
    subjects: [{ type: 'commit' as const, id: head }],
    predicateType: TYPE,
    bundle: bundle(text),
  };
  return store.add([statement], { notes, env: scratch.env, now: NOW });
}

async function texts({ store, head }: Pick<Opened, 'store' | 'head'>): Promise<readonly string[]> {
  const { statements } = await store.about(head);
  return statements.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()).text).sort();
}

describe('statements in refs', () => {
  it.each(['sha1', 'sha256'] as const)('what was added is found again (%s)', async (format) => {
    const here = await withCommit(`statements-${format}`, format);
    expect(await here.store.about(here.head)).toEqual({ statements: [], problems: [] });
    expect(await add(here, 'a')).toEqual(['refs/attestations/commits']);
    expect(await add(here, 'b')).toEqual(['refs/attestations/commits']);
    expect(await texts(here)).toEqual(['a', 'b']);
    expect(await here.store.subjects()).toEqual(new Set([here.head]));
    const log = here.scratch.must('log', '--format=%an %ae %s', 'refs/attestations/commits');
    const line = `Alice Example alice@example.test Attest commit ${here.head.slice(0, 12)}`;
    expect(log.split('\n')).toEqual([line, line]);
    expect(here.scratch.must('status', '--porcelain')).toBe('');
    expect(here.scratch.must('fsck', '--strict')).toBe('');
  });

  it('a statement that is kept already adds no commit', async () => {
    const here = await withCommit('statements-twice');
    await add(here, 'a', true);
    const tips = here.scratch.must('for-each-ref', 'refs/attestations', 'refs/notes');
    await add(here, 'a', true);
    expect(here.scratch.must('for-each-ref', 'refs/attestations', 'refs/notes')).toBe(tips);
    expect(await texts(here)).toEqual(['a']);
  });
});

describe('writers that meet', () => {
  it('twenty writers at once lose no statement (Y1)', async () => {
    const here = await withCommit('statements-twenty');
    const writers = Array.from({ length: 20 }, (_, index) => `w${String(index).padStart(2, '0')}`);
    const each = await Promise.all(writers.map(() => opened(here.scratch)));
    await Promise.all(each.map((one, index) => add(one, writers[index] ?? '', true)));
    expect(await texts(await opened(here.scratch))).toEqual(writers);
    const note = here.scratch.must('notes', 'show', here.head).split('\n').filter(Boolean);
    expect(note.map((line) => JSON.parse(line).text).sort()).toEqual(writers);
  });

  it('a ref that stays locked is given up, and nothing is changed (Y1)', async () => {
    const here = await withCommit('statements-locked');
    await add(here, 'a');
    const tips = here.scratch.must('for-each-ref', 'refs/attestations');
    writeFileSync(join(here.scratch.path, '.git/refs/attestations/commits.lock'), '');
    await expect(add(here, 'b')).rejects.toMatchObject({ code: 'GIT_FAILED' });
    expect(here.scratch.must('for-each-ref', 'refs/attestations')).toBe(tips);
  }, 60_000);

  it('two clones that wrote at once are joined, and the push is a fast-forward (Y1)', async () => {
    const here = await withCommit('statements-clones');
    const { scratch, head } = here;
    const bare = join(scratch.home, 'bare.git');
    scratch.must('clone', '-q', '--bare', scratch.path, bare);
    const push = ['push', '-q', bare, 'refs/attestations/*:refs/attestations/*'];
    const clones = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const path = join(scratch.home, name);
        scratch.must('clone', '-q', bare, path);
        const at = (...args: string[]) => scratch.git('-C', path, ...args);
        const repository = await openRepository(path, scratch.env);
        return { at, scratch, repository, head, store: openStatements(repository) };
      }),
    );
    const [one, two] = clones as [(typeof clones)[number], (typeof clones)[number]];
    await add(one, 'from one');
    await add(two, 'from two');
    expect(one.at(...push).exit).toBe(0);
    expect(two.at(...push).exit).not.toBe(0);
    const fetch = ['fetch', '-q', bare, '+refs/attestations/*:refs/attestations-from/origin/*'];
    expect(two.at(...fetch).exit).toBe(0);
    expect(await texts({ store: openStatements(two.repository), head })).toEqual([
      'from one',
      'from two',
    ]);
    const how = { env: scratch.env, now: NOW };
    expect(await two.store.join(how)).toEqual(['refs/attestations/commits']);
    expect(two.at(...push).exit).toBe(0);
    // the other clone had nothing new: its ref moves on without a commit of its own
    expect(one.at(...fetch).exit).toBe(0);
    await one.store.join(how);
    const tips = clones.map(({ at }) => at('rev-parse', 'refs/attestations/commits').out);
    expect(new Set(tips).size).toBe(1);
    expect(await texts({ store: openStatements(one.repository), head })).toEqual([
      'from one',
      'from two',
    ]);
    await add(one, 'third');
    await add(two, 'fourth');
    expect(one.at(...push).exit).toBe(0);
    expect(two.at(...fetch).exit).toBe(0);
    await add(two, 'fifth');
    expect(two.at(...push).exit).toBe(0);
    expect(
      (await openStatements(await openRepository(bare, scratch.env)).about(head)).statements,
    ).toHaveLength(5);
  });

  it('no hook runs, and neither index nor working tree changes (Y1)', async () => {
    const here = await withCommit('statements-hooks');
    const mark = join(here.scratch.home, 'ran');
    for (const name of ['reference-transaction', 'pre-commit', 'post-commit', 'post-index-change'])
      writeFileSync(
        join(here.scratch.path, '.git/hooks', name),
        `#!/bin/sh\necho ${name} >> ${mark}\nexit 1\n`,
        {
          mode: 0o755,
        },
      );
    await add(here, 'a', true);
    expect(await texts(here)).toEqual(['a']);
    expect(here.scratch.git('hash-object', mark).exit).not.toBe(0);
    expect(here.scratch.must('status', '--porcelain')).toBe('');
  });

  it('a committer is not needed', async () => {
    const here = await withCommit('statements-nobody');
    here.scratch.must('config', '--unset', 'user.name');
    here.scratch.must('config', '--unset', 'user.email');
    here.scratch.must('config', 'user.useConfigOnly', 'true');
    await add(here, 'a', true);
    const who = here.scratch.must('log', '--format=%an <%ae>', 'refs/attestations/commits');
    expect(who).toBe('git-signet <>');
    expect(here.scratch.must('fsck', '--strict')).toBe('');
  });
});

describe('kinds of repositories', () => {
  it('a worktree and a folder below it use the same statements', async () => {
    const here = await withCommit('statements-worktree');
    const path = join(here.scratch.home, 'beside');
    here.scratch.must('worktree', 'add', '-q', path, '-b', 'beside');
    await add(await opened(here.scratch, path), 'a');
    const [git] = [join(here.scratch.path, '.git')];
    expect(await texts(await opened(here.scratch, git))).toEqual(['a']);
  });

  it('a shallow clone reads and adds statements', async () => {
    const here = await withCommit('statements-shallow');
    here.scratch.must('commit', '-q', '--allow-empty', '-m', 'two');
    const tip = await opened(here.scratch);
    for (const text of ['a', 'b', 'c']) await add(tip, text);
    const path = join(here.scratch.home, 'shallow');
    const url = `file://${here.scratch.path}`;
    here.scratch.must('clone', '-q', '--depth=1', url, path);
    const at = (...args: string[]) => here.scratch.must('-C', path, ...args);
    at(
      'fetch',
      '-q',
      '--depth=1',
      'origin',
      '+refs/attestations/*:refs/attestations-from/origin/*',
    );
    const clone = { ...tip, repository: await openRepository(path, here.scratch.env) };
    const store = openStatements(clone.repository);
    expect(await texts({ store, head: tip.head })).toEqual(['a', 'b', 'c']);
    await add({ ...clone, store }, 'd');
    at('push', '-q', 'origin', 'refs/attestations/*:refs/attestations/*');
    expect(await texts(await opened(here.scratch))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a partial clone says which statements it does not hold, and fetches nothing', async () => {
    const here = await withCommit('statements-partial');
    await add(here, 'a');
    here.scratch.must('config', 'uploadpack.allowFilter', 'true');
    const path = join(here.scratch.home, 'partial');
    const url = `file://${here.scratch.path}`;
    here.scratch.must('clone', '-q', '--filter=blob:none', url, path);
    const fetch = ['fetch', '-q', 'origin', '+refs/attestations/*:refs/attestations-from/origin/*'];
    here.scratch.must('-C', path, ...fetch);
    const store = openStatements(await openRepository(path, here.scratch.env));
    const { statements, problems } = await store.about(here.head);
    expect(statements).toEqual([]);
    expect(problems.at(-1)?.what).toMatch(/ is not in this repository$/);
    // the documented way to have them
    here.scratch.must('-C', path, ...fetch, '--no-filter', '--refetch');
    const again = openStatements(await openRepository(path, here.scratch.env));
    expect(await texts({ store: again, head: here.head })).toEqual(['a']);
  });
});
