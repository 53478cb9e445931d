import { describe, expect, it } from 'vitest';
import { committerMismatch } from '../../../src/core/policy/committer.ts';

const commit = (committer: string) =>
  Buffer.from(
    `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor Bob <bob@example.test> 1 +0000\n${committer}\nm\n`,
  );
const TAG = Buffer.from(
  'object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1\ntagger Alice <alice@example.test> 1 +0000\n\nm\n',
);
const ALICE = commit('committer Alice <alice@example.test> 1 +0000\n');
const person = (value: string) => ({ kind: 'email', value }) as const;

describe('committerMismatch', () => {
  it.each([
    ['the committer signed', ALICE, person('alice@example.test'), undefined],
    [
      'the author did',
      ALICE,
      person('bob@example.test'),
      'the committer is alice@example.test, the signer bob@example.test',
    ],
    [
      'letters differ',
      ALICE,
      person('Alice@example.test'),
      'the committer is alice@example.test, the signer Alice@example.test',
    ],
    ['the tagger signed', TAG, person('alice@example.test'), undefined],
    [
      'another tagger',
      TAG,
      person('bob@example.test'),
      'the tagger is alice@example.test, the signer bob@example.test',
    ],
    [
      'a workload by its name',
      commit('committer https://ci/x@main <> 1 +0000\n'),
      { kind: 'uri', value: 'https://ci/x@main' } as const,
      undefined,
    ],
    [
      'a workload with somebody’s name',
      ALICE,
      { kind: 'uri', value: 'https://ci/x@main' } as const,
      'the committer is Alice, the signer https://ci/x@main',
    ],
    [
      'nobody is named',
      commit(''),
      person('alice@example.test'),
      'no committer is named, and alice@example.test signed',
    ],
    [
      'a second committer changes nothing',
      commit(
        'committer Alice <alice@example.test> 1 +0000\ncommitter Bob <bob@example.test> 1 +0000\n',
      ),
      person('bob@example.test'),
      'the committer is alice@example.test, the signer bob@example.test',
    ],
  ])('%s', (_name, payload, signer, expected) => {
    expect(committerMismatch(payload, signer)).toBe(expected);
  });
});
