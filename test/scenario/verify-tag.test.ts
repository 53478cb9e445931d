/** `verify-tag`: the name, the tag, the target. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signer, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

async function scene() {
  const repository = scratchRepository('tags');
  const make = signer(repository, sandbox());
  const commit = await make.commit({ subject: 'release' });
  const name = (ref: string, id: string): string => {
    repository.must('update-ref', `refs/tags/${ref}`, id);
    return id;
  };
  return { repository, make, commit, name };
}

const verifyTag = async (repository: ScratchRepository, ...args: string[]) => {
  const trust = signer(repository, sandbox()).allow();
  const answered = await signet(repository, ['verify-tag', ...trust, '--format', 'jsonl', ...args]);
  return {
    ...answered,
    said: resultsOf(answered).map(
      ({ objectType, status, code }) => `${objectType} ${code ?? status}`,
    ),
  };
};

describe('verify-tag', () => {
  it('a signed tag with the name of its ref on a signed commit is verified', async () => {
    const { repository, make, commit, name } = await scene();
    name('v1', await make.tag(commit, 'commit', 'v1'));
    for (const spelling of ['v1', 'refs/tags/v1']) {
      const answered = await verifyTag(repository, spelling);
      expect(answered).toMatchObject({ exit: 0, said: ['tag verified', 'commit verified'] });
      expect(resultsOf(answered)[0]).toMatchObject({ ref: 'refs/tags/v1' });
    }
    const text = await signet(repository, ['verify-tag', ...make.allow(), 'v1']);
    expect(text.out).toMatch(
      /^verified {4}[0-9a-f]{7} {2}alice@example\.test {2}tag v1: release v1\nverified/,
    );
  });

  it('a tag under the ref of another version is refused, though git accepts it (G07)', async () => {
    const { repository, make, commit, name } = await scene();
    const tag = await make.tag(commit, 'commit', 'v1');
    name('v1', tag);
    name('v9', tag);
    expect(await verifyTag(repository, 'v9')).toMatchObject({
      exit: 1,
      said: ['tag tag-name-differs'],
    });
    expect(await verifyTag(repository, 'v9', '--no-target')).toMatchObject({ exit: 1 });
    expect(await verifyTag(repository, 'v1')).toMatchObject({ exit: 0 });
  });

  it.each([['V1'], ['v1 '], ['v1\ntag v9'], ['refs/tags/v9'], ['']])(
    'a tag that calls itself %j is refused as v9 (G07)',
    async (own) => {
      const { repository, make, commit, name } = await scene();
      name('v9', await make.tag(commit, 'commit', own));
      expect((await verifyTag(repository, 'v9')).exit).toBe(1);
    },
  );

  it('a good tag on an unsigned or tampered commit is refused, unless --no-target is given (G08)', async () => {
    const { repository, make, name } = await scene();
    name('v1', await make.tag(make.unsigned(), 'commit', 'v1'));
    name('v2', await make.tag(await make.tampered(), 'commit', 'v2'));
    expect(await verifyTag(repository, 'v1')).toMatchObject({
      ...{ exit: 5, said: ['tag verified', 'commit unsigned'] },
    });
    expect(await verifyTag(repository, 'v2')).toMatchObject({ exit: 1 });
    expect(await verifyTag(repository, '--no-target', 'v1', 'v2')).toMatchObject({
      ...{ exit: 0, said: ['tag verified', 'tag verified'] },
    });
  });

  it('each tag of a chain of tags is judged, and the inner ones need no ref (G08)', async () => {
    const { repository, make, commit, name } = await scene();
    const inner = await make.tag(commit, 'commit', 'inner');
    name('outer', await make.tag(inner, 'tag', 'outer'));
    expect(await verifyTag(repository, 'outer')).toMatchObject({
      ...{ exit: 0, said: ['tag verified', 'tag verified', 'commit verified'] },
    });
    const plain = await make.tag(commit, 'commit', 'plain', 'unsigned');
    name('over', await make.tag(plain, 'tag', 'over'));
    expect(await verifyTag(repository, 'over')).toMatchObject({
      ...{ exit: 5, said: ['tag verified', 'tag unsigned', 'commit verified'] },
    });
  });

  it('a tag of a tree or a blob is unsigned (G08)', async () => {
    const { repository, make, name } = await scene();
    const tree = repository.must('mktree');
    const blob = repository.must('hash-object', '-w', '--stdin');
    name('tree', await make.tag(tree, 'tree', 'tree'));
    name('blob', await make.tag(blob, 'blob', 'blob'));
    expect(await verifyTag(repository, 'tree')).toMatchObject({
      ...{ exit: 5, said: ['tag verified', 'tree unsigned'] },
    });
    expect(await verifyTag(repository, 'blob')).toMatchObject({ exit: 5 });
    expect(await verifyTag(repository, '--no-target', 'tree', 'blob')).toMatchObject({ exit: 0 });
  });

  it('a lightweight tag is unsigned, whatever its target is (G08)', async () => {
    const { repository, commit, name } = await scene();
    name('light', commit);
    expect(await verifyTag(repository, 'light')).toMatchObject({
      exit: 5,
      said: ['commit unsigned'],
    });
    expect(await verifyTag(repository, '--no-target', 'light')).toMatchObject({ exit: 5 });
  });

  it('a tag with a false type of its target is refused (G08)', async () => {
    const { repository, make, commit, name } = await scene();
    const tree = repository.must('mktree');
    name('v1', await make.tag(tree, 'commit', 'v1'));
    name('v2', await make.tag(commit, 'tag', 'v2'));
    // git itself would not name this one
    const odd = await make.tag(commit, 'comit', 'v3');
    writeFileSync(join(repository.path, '.git/refs/tags/v3'), `${odd}\n`);
    for (const tag of ['v1', 'v2', 'v3']) expect((await verifyTag(repository, tag)).exit).toBe(1);
  });

  it('an unsigned tag, a tag of another signer and a tampered tag have their exit codes', async () => {
    const { repository, make, commit, name } = await scene();
    name('plain', await make.tag(commit, 'commit', 'plain', 'unsigned'));
    name('bob', await make.tag(commit, 'commit', 'bob', { email: 'bob@example.test' }));
    const good = repository.git('cat-file', 'tag', await make.tag(commit, 'commit', 'bad')).bytes;
    const changed = Buffer.from(
      good.toString('latin1').replace('release bad', 'release baD'),
      'latin1',
    );
    name('bad', repository.write('tag', changed));
    expect((await verifyTag(repository, 'plain')).exit).toBe(5);
    expect((await verifyTag(repository, 'bob')).exit).toBe(6);
    expect((await verifyTag(repository, 'bad')).said).toContain('tag content-digest-differs');
    expect((await verifyTag(repository, 'bad', 'bob', 'plain')).exit).toBe(1);
  });

  it('an unknown tag, a branch, an expression and no argument exit with 2 (P05)', async () => {
    const { repository, make, commit, name } = await scene();
    name('v1', await make.tag(commit, 'commit', 'v1'));
    repository.must('update-ref', 'refs/heads/main', commit);
    for (const tag of ['nowhere', 'main', 'v1^{}', 'v1~0', commit]) {
      expect(await verifyTag(repository, tag)).toMatchObject({ exit: 2, out: '' });
    }
    expect((await verifyTag(repository)).exit).toBe(2);
    expect((await verifyTag(repository, 'v1', 'nowhere')).exit).toBe(2);
  });
});
