/** Statements in refs and notes, in real repositories. */

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
