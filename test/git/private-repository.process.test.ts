import { renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMergeTrees } from '../../src/git/merge-tree.ts';
import { answerOf, openPrivateRepository } from '../../src/git/private-repository.ts';
import { openRepository } from '../../src/git/repository.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { commitPayload } from '../support/verify-scenario.ts';

const scratch = scratchRepository('private');

describe('a private repository', () => {
  it('does not write again what git has written, because only root could', async () => {
    const repository = await openRepository(scratch.path, scratch.env);
    const held = await openPrivateRepository(repository);
    try {
      const bytes = Buffer.from('made by git');
      const made = await answerOf(held, ['hash-object', '-w', '--stdin'], bytes);
      const id = Buffer.from(made).toString().trim();
      const file = join(held.path, 'objects', id.slice(0, 2), id.slice(2));
      utimesSync(file, 1, 1);
      expect(await held.put('blob', bytes)).toBe(id);
      expect(statSync(file).mtimeMs).toBe(1000);
      const other = await held.put('blob', Buffer.from('made here'));
      const read = await answerOf(held, ['cat-file', 'blob', other]);
      expect(Buffer.from(read).toString()).toBe('made here');
    } finally {
      await held.close();
      repository.objects.close();
    }
  });
});

describe('merges that share a private repository', () => {
  const blob = (text: string): string => scratch.write('blob', Buffer.from(text));
  const treeOf = (files: Readonly<Record<string, string>>): string => {
    const lines = Object.entries(files).map(
      ([name, text]) => `100644 blob ${blob(text)}\t${name}\n`,
    );
    return scratch.gitWith({ input: Buffer.from(lines.join('')) }, 'mktree').out.trim();
  };
  const commit = (files: Readonly<Record<string, string>>, ...parents: readonly string[]): string =>
    scratch.write('commit', Buffer.from(commitPayload({ parents, tree: treeOf(files) })));

  it('may be asked for at once, and a merge that could not be made does not harm the next', async () => {
    // each side changes another line of one file, so git must read what all of them hold
    const withLine = (changed: number): { readonly a: string } => ({
      a: Array.from({ length: 40 }, (_, at) => (at === changed ? 'new\n' : `${at}\n`)).join(''),
    });
    const base = commit(withLine(-1));
    const sides = [0, 8, 16, 24].map((line) => commit(withLine(line), base));
    const late = withLine(32);
    const lateSide = commit(late, base);
    // the object database lost this one
    const lateBlob = blob(late.a);
    const file = `.git/objects/${lateBlob.slice(0, 2)}/${lateBlob.slice(2)}`;
    renameSync(join(scratch.path, file), join(scratch.home, 'away'));
    const repository = await openRepository(scratch.path, scratch.env);
    const merges = openMergeTrees(repository);
    try {
      const pairs = sides.flatMap((one) => sides.map((other) => [one, other] as const));
      const failing = expect(merges.treeOf(sides[0] ?? '', lateSide)).rejects.toThrow();
      const made = await Promise.all(pairs.map(([one, other]) => merges.treeOf(one, other)));
      await failing;
      const expected = pairs.map(([one, other]) =>
        scratch.must('merge-tree', '--write-tree', '--no-messages', one, other),
      );
      expect(made).toEqual(expected);
      renameSync(join(scratch.home, 'away'), join(scratch.path, file));
      expect(await merges.treeOf(sides[0] ?? '', lateSide)).toBe(
        scratch.must('merge-tree', '--write-tree', sides[0] ?? '', lateSide),
      );
    } finally {
      await merges.close();
      repository.objects.close();
    }
  });

  it('are made one after the other, so that none reads what another has half written', async () => {
    const trees = [1, 2, 3, 4].map((number) => treeOf({ a: `${number}` }));
    const [one = '', other = '', third = '', fourth = ''] = trees.map((_, at) =>
      commit({ a: `${at + 1}` }),
    );
    const repository = await openRepository(scratch.path, scratch.env);
    const { objects } = repository;
    const asked: string[] = [];
    const noted = (ids: readonly string[]): readonly string[] => {
      asked.push(...ids);
      return ids;
    };
    const watched: typeof objects = {
      ...objects,
      each: (ids, use) => objects.each(noted(ids), use),
      read: (ids) => objects.read(noted(ids)),
      get: (id, type) => objects.get(noted([id])[0] ?? '', type),
    };
    const merges = openMergeTrees({ ...repository, objects: watched });
    try {
      await Promise.all([merges.treeOver(one, one, other), merges.treeOver(third, third, fourth)]);
      const [last, first] = [asked.lastIndexOf(trees[1] ?? ''), asked.indexOf(third)];
      expect(last).toBeGreaterThan(-1);
      expect(first).toBeGreaterThan(last);
    } finally {
      await merges.close();
      objects.close();
    }
  });
});
