/** The search for a head: which heads are found, and where it stops. */

import { describe, expect, it } from 'vitest';
import { carriedForge } from '../support/carried-forge.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const HEADS = 10_000;
const BROUGHT = 1001;

async function start(name: string) {
  const forge = carriedForge(name, sandbox());
  const rules = forge.file(forge.policy('commits: [{carried: {how: [squash, rebase]}}]\n'));
  const base = await forge.work(undefined, { a: 'a' });
  const said = async (...asked: string[]) => {
    const answered = await forge.verify('--policy', rules, ...asked);
    const result = resultsOf(answered).find(({ objectId }) => asked.join(' ').includes(objectId));
    return { code: result?.code ?? result?.status, carried: result?.carried, exit: answered.exit };
  };
  return { ...forge, base, said };
}

describe('the search for a head', () => {
  it('a head is found by the number in the message, by the same tree, and by a file (J6)', async () => {
    const { base, work, squash, pull, said } = await start('found');
    const head = await work(base, { b: 'b' });
    const main = await work(base, { c: 'c' });
    for (const [number, subject] of [
      [1, 'Add b (#1)'],
      [2, 'Add b\n\nSee merge request team/parser!2'],
      [3, 'Add b'],
    ] as const) {
      pull(number, head);
      expect((await said(await squash(main, head, subject))).code, subject).toBe('verified');
      expect((await said(await squash(base, head, subject))).code, subject).toBe('verified');
    }
  });

  it('a rebased run is found, though its first commits differ from the head, and only as a whole (J1)', async () => {
    const { base, work, rebase, pull, said } = await start('run');
    const one = await work(base, { b: 'b' }, { subject: 'one' });
    const two = await work(one, { b: 'bb' }, { subject: 'two' });
    const three = await work(two, { b: 'bbb' }, { subject: 'three' });
    const main = await work(base, { c: 'c' });
    pull(1, three);
    const [first = '', second = '', third = ''] = rebase(main, three);
    expect((await said(`${main}..${third}`)).exit).toBe(0);
    expect((await said(`${first}..${third}`)).exit).toBe(0);
    expect((await said(third)).carried).toMatchObject({
      how: 'rebase',
      head: three,
      commits: [three],
    });
    expect((await said(`${main}..${second}`)).exit).toBe(5);
    expect((await said(second)).code).toBe('unsigned');
  });

  it('a rebased run whose messages name the head passes only as a whole, and with each tree as git makes it (J1)', async () => {
    const { base, work, rebase, pull, said, commit, treeOf } = await start('whole');
    const one = await work(base, { b: 'b' }, { subject: 'one (#1)' });
    const two = await work(one, { b: 'bb' }, { subject: 'two (#1)' });
    pull(1, two);
    const main = await work(base, { c: 'c' });
    const [first = '', second = ''] = rebase(main, two);
    expect((await said(`${main}..${second}`)).exit).toBe(0);
    expect((await said(`${main}..${first}`)).exit).toBe(5);
    const same = { by: 'nobody', committer: 'noreply@github.com' } as const;
    const skipped = { ...same, parents: [main], tree: treeOf(second), subject: 'two (#1)' };
    expect(
      (await said(await commit({ ...skipped, author: 'eve@example.test' }))).carried?.how,
    ).toBe('squash');
    const between = await work(first, { b: 'x' }, { by: 'nobody', subject: 'one (#1)' });
    const late = { ...same, parents: [between], tree: treeOf(second), subject: 'two (#1)' };
    expect((await said(await commit(late))).code).toBe('unsigned');
  });

  it(`a squash among ${HEADS} heads is found, and one that no head carries ends the search (J6)`, {
    timeout: 300_000,
  }, async () => {
    const { base, work, squash, pull, said, repository, now } = await start('many');
    const person = `x <x@example.test> ${now - 100} +0000`;
    const input = [`reset refs/heads/other\nfrom ${base}\n\n`];
    for (let number = 0; number < HEADS; number += 1) {
      const text = number < 100 ? 'same' : `${number}`;
      input.push(
        `commit refs/pull/${number + 10}/head\ncommitter ${person}\ndata ${`${number}`.length}\n${number}\nfrom ${base}\n` +
          `M 100644 inline many\ndata ${text.length}\n${text}\n\n`,
      );
    }
    repository.gitWith({ input: Buffer.from(input.join('')) }, 'fast-import', '--quiet');
    const head = await work(base, { many: 'mine' });
    pull(5, head);
    const landed = await squash(await work(base, { c: 'c' }), head, 'Add it');
    expect(await said(landed)).toMatchObject({
      code: 'verified',
      exit: 0,
      carried: { ref: 'refs/pull/5/head' },
    });
    const hot = await squash(base, await work(base, { many: 'same', other: 'x' }), 'Add it');
    expect(await said(hot)).toMatchObject({ code: 'carried-search-stopped', exit: 6 });
    const none = await squash(base, await work(base, { none: 'none' }), 'Add it');
    expect(await said(none)).toMatchObject({ code: 'unsigned', exit: 5 });
  });

  it(`a head that brings ${BROUGHT} commits carries nothing (J6)`, async () => {
    const { base, forged, pull, said, repository, now, treeOf } = await start('long');
    const person = `x <x@example.test> ${now - 100} +0000`;
    const input = Array.from(
      { length: BROUGHT },
      (_, index) =>
        `commit refs/heads/long\ncommitter ${person}\ndata 1\nx\n${index === 0 ? `from ${base}\n` : ''}M 100644 inline b\ndata 1\nb\n\n`,
    );
    repository.gitWith({ input: Buffer.from(input.join('')) }, 'fast-import', '--quiet');
    const head = repository.must('rev-parse', 'refs/heads/long');
    pull(1, head);
    const landed = await forged({ parents: [base], tree: treeOf(head) }, 'Add b (#1)');
    expect((await said(landed)).code).toBe('unsigned');
  });
});
