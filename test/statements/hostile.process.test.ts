/** Refs and notes that a stranger wrote: reading stays bounded, and says what it left out. */

import { describe, expect, it } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { openStatements } from '../../src/statements/store.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';

const COMMITS = 'refs/attestations/commits';
const NAME = `${'ab'.repeat(32)}.sigstore.json`;
const name = (index: number): string => `${String(index).padStart(64, '0')}.sigstore.json`;

type Row = readonly [mode: string, type: string, id: string, name: string];

interface Hostile {
  readonly scratch: ScratchRepository;
  readonly head: string;
  readonly blob: (text: string | Uint8Array) => string;
  readonly tree: (rows: readonly Row[]) => string;
  /** Points a ref at a commit with this tree. */
  readonly point: (ref: string, tree: string) => void;
  readonly about: () => ReturnType<ReturnType<typeof openStatements>['about']>;
}

function hostile(title: string): Hostile {
  const scratch = scratchRepository(title);
  scratch.must('commit', '-q', '--allow-empty', '-m', 'one');
  const head = scratch.must('rev-parse', 'HEAD');
  const blob: Hostile['blob'] = (text) => scratch.write('blob', Buffer.from(text));
  const tree: Hostile['tree'] = (rows) => {
    const input = rows.map(([mode, type, id, path]) => `${mode} ${type} ${id}\t${path}\0`);
    const made = scratch.gitWith(
      { input: Buffer.from(input.join('')) },
      'mktree',
      '-z',
      '--missing',
    );
    if (made.exit !== 0) throw new Error(made.err);
    return made.out.trim();
  };
  const point: Hostile['point'] = (ref, root) => {
    const commit = scratch.must('commit-tree', root, '-m', 'x');
    scratch.must('update-ref', ref, commit);
  };
  const about: Hostile['about'] = async () =>
    openStatements(await openRepository(scratch.path, scratch.env)).about(head);
  return { scratch, head, blob, tree, point, about };
}

describe('hostile statements', () => {
  it('of ten thousand statements about one commit, a thousand are read and the rest is named (Y2)', async () => {
    const { head, blob, tree, point, about } = hostile('hostile-many');
    const held = blob('{}');
    const rows = Array.from(
      { length: 10_000 },
      (_, index): Row => [...(['100644', 'blob', held] as const), name(index)],
    );
    // the same bytes count once
    point(COMMITS, tree([['040000', 'tree', tree(rows), head]]));
    expect((await about()).statements).toHaveLength(1);
    const spread = rows.map(
      ([mode, type, , at], index): Row => [
        ...([mode, type] as const),
        index < 1100 ? blob(`{"n":${index}}`) : String(index).padStart(40, '0'),
        at,
      ],
    );
    point(COMMITS, tree([['040000', 'tree', tree(spread), head]]));
    const { statements, problems } = await about();
    expect(statements).toHaveLength(1000);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.what).toMatch(/and 8999 more were not read/);
  }, 120_000);

  it('a blob that is larger than the limit is not read, whatever else is there (Y2)', async () => {
    const { head, blob, tree, point, about } = hostile('hostile-large');
    const rows: readonly Row[] = [
      ['100644', 'blob', blob(new Uint8Array(24 * 1024 * 1024)), name(1)],
      ['100644', 'blob', blob('{"small":1}'), name(2)],
    ];
    point(COMMITS, tree([['040000', 'tree', tree(rows), head]]));
    const { statements, problems } = await about();
    expect(statements.map(({ place }) => place)).toEqual([`${COMMITS}:${head}/${name(2)}`]);
    expect(problems.map(({ what }) => what)).toEqual(['it has 25165824 bytes, which is too much']);
  });

  it('entries that are no plain files are named and not followed (Y2)', async () => {
    const { scratch, head, blob, tree, point, about } = hostile('hostile-entries');
    const held = blob('{}');
    const rows: readonly Row[] = [
      ['120000', 'blob', blob('/etc/passwd'), name(1)],
      ['160000', 'commit', head, name(2)],
      ['100755', 'blob', held, name(3)],
      ['040000', 'tree', tree([]), name(4)],
      ['100644', 'blob', held, '../../escape.json'.replaceAll('/', '_')],
      ['100644', 'blob', held, NAME],
    ];
    point(COMMITS, tree([['040000', 'tree', tree(rows), head]]));
    const { statements, problems } = await about();
    expect(statements.map(({ place }) => place)).toEqual([`${COMMITS}:${head}/${NAME}`]);
    expect(problems).toHaveLength(4);
    point(COMMITS, tree([['100644', 'blob', held, head]]));
    expect((await about()).problems.map(({ what }) => what)).toEqual([
      'its mode is 100644, not 040000',
    ]);
    // two entries of one name
    const twice = Buffer.concat(
      [1, 2].map(() => Buffer.concat([Buffer.from(`100644 ${NAME}\0`), Buffer.from(held, 'hex')])),
    );
    point(COMMITS, tree([['040000', 'tree', scratch.write('tree', twice), head]]));
    expect((await about()).statements).toEqual([]);
    expect((await about()).problems).toHaveLength(1);
  });

  it('gitsign’s pairs are found under any name, also one with control characters (Y2)', async () => {
    const { head, blob, tree, point, about } = hostile('hostile-names');
    const odd = 'evil\u001b[2J\nname';
    const rows: readonly Row[] = [
      ['100644', 'blob', blob('{"predicate":1}'), odd],
      ['100644', 'blob', blob('{"payload":""}'), `${odd}.sig`],
      ['100644', 'blob', blob('{"payload":"alone"}'), 'alone.sig'],
    ];
    point(COMMITS, tree([['040000', 'tree', tree(rows), head]]));
    const { statements, problems } = await about();
    expect(statements.map(({ kind, place }) => [kind, place])).toEqual([
      ['gitsign', `${COMMITS}:${head}/${odd}.sig`],
    ]);
    expect(problems).toEqual([]);
  });

  it('a ref that leads to no commit is named, and no statement is added to it (Y2)', async () => {
    const { scratch, head, blob, about } = hostile('hostile-refs');
    const before = blob('not a commit');
    scratch.must('update-ref', COMMITS, before);
    scratch.must('tag', '-a', '-m', 'x', 'v1');
    scratch.must('update-ref', 'refs/attestations/trees', 'refs/tags/v1');
    const { statements, problems } = await about();
    expect(statements).toEqual([]);
    expect(problems.map(({ what }) => what)).toEqual([
      'it leads to a blob, not to a commit',
      'it leads to a tag, not to a commit',
    ]);
    const store = openStatements(await openRepository(scratch.path, scratch.env));
    const statement = {
      subjects: [{ type: 'commit' as const, id: head }],
      predicateType: 'https://example.test/x',
      bundle: Buffer.from('{}'),
    };
    const how = { notes: false, env: scratch.env, now: 1_700_000_000 };
    await expect(store.add([statement], how)).rejects.toMatchObject({ code: 'GIT_FAILED' });
    expect(scratch.must('rev-parse', COMMITS)).toBe(before);
  });

  it('what another store holds under a name is refused, and is no answer (Y2)', async () => {
    const { scratch, head, blob, tree, point, about } = hostile('hostile-store');
    const held = blob('{"true":1}');
    const other = blob('{"false":1}');
    point(COMMITS, tree([['040000', 'tree', tree([['100644', 'blob', held, NAME]]), head]]));
    const path = (id: string) => `${scratch.path}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;
    const { copyFileSync, chmodSync } = await import('node:fs');
    chmodSync(path(held), 0o644);
    copyFileSync(path(other), path(held));
    await expect(about()).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  it('notes are read line by line, at every depth that git writes', async () => {
    const { scratch, head, blob, tree, point, about } = hostile('hostile-notes');
    const line = '{"dsseEnvelope":"in a note"}';
    const deeper = '{"dsseEnvelope":"deep"}';
    scratch.must(
      'notes',
      'add',
      '-m',
      `words of a person\n\n{"not":"one"}\n${line}\n${line}`,
      head,
    );
    expect((await about()).statements.map(({ bytes }) => String(Buffer.from(bytes)))).toEqual([
      line,
    ]);
    const deep = tree([['100644', 'blob', blob(deeper), head.slice(4)]]);
    const middle = tree([['040000', 'tree', deep, head.slice(2, 4)]]);
    point('refs/notes/commits', tree([['040000', 'tree', middle, head.slice(0, 2)]]));
    expect((await about()).statements.map(({ place }) => place)).toEqual([
      `refs/notes/commits:${head.slice(0, 2)}/${head.slice(2, 4)}/${head.slice(4)}`,
    ]);
    const store = openStatements(await openRepository(scratch.path, scratch.env));
    const statement = {
      subjects: [{ type: 'commit' as const, id: head }],
      predicateType: 'https://example.test/x',
      bundle: Buffer.from('{"ours":1}'),
    };
    await store.add([statement], { notes: true, env: scratch.env, now: 1_700_000_000 });
    expect(scratch.must('notes', 'show', head)).toBe(`${deeper}\n{"ours":1}`);
  });
});
