import { describe, expect, it } from 'vitest';
import { committerMismatch, withCommitterNote } from '../../../src/core/policy/committer.ts';
import type { Verified } from '../../../src/core/verdict.ts';

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
    [
      'two are named',
      commit(
        'committer Alice <alice@example.test> 1 +0000\ncommitter Bob <bob@example.test> 1 +0000\n',
      ),
      person('alice@example.test'),
      'no committer is named, and alice@example.test signed',
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
      'a workload with a person’s name',
      ALICE,
      { kind: 'uri', value: 'https://ci/x@main' } as const,
      'the committer is Alice, the signer https://ci/x@main',
    ],
    [
      'no committer is named',
      commit(''),
      person('alice@example.test'),
      'no committer is named, and alice@example.test signed',
    ],
    [
      'a second committer, whom git log shows',
      commit(
        'committer Alice <alice@example.test> 1 +0000\ncommitter Bob <bob@example.test> 1 +0000\n',
      ),
      person('bob@example.test'),
      'no committer is named, and bob@example.test signed',
    ],
    [
      'a committer behind a NUL, whom git log shows (G14, G04)',
      commit(
        'committer Alice <alice@example.test> 1 +0000\nx y\0committer Bob <bob@example.test> 1 +0000\n',
      ),
      person('alice@example.test'),
      'no committer is named, and alice@example.test signed',
    ],
    [
      'a second address, behind the one that git log shows (G14)',
      commit('committer Bob <bob@example.test> <alice@example.test> 1 +0000\n'),
      person('alice@example.test'),
      'no committer is named, and alice@example.test signed',
    ],
  ])('%s', (_name, payload, signer, expected) => {
    expect(committerMismatch(payload, signer)).toBe(expected);
  });
});

describe('withCommitterNote', () => {
  const verified = {
    status: 'verified',
    signer: { kind: 'email', value: 'bob@example.test', issuer: 'https://i', extensions: {} },
    certificate: { sha1: '', sha256: '', notBefore: 0, notAfter: 1 },
    times: [],
  } satisfies Verified;
  const note = {
    code: 'committer-differs',
    detail: 'the committer is alice@example.test, the signer bob@example.test',
    severity: 'note',
  } as const;

  it('the note is added once, and changes no status', () => {
    const noted = withCommitterNote(verified, ALICE);
    expect(noted).toEqual({ ...verified, findings: [note] });
    expect(withCommitterNote(noted, ALICE)).toBe(noted);
  });

  it('no note is added if signer and committer agree, or nothing was verified', () => {
    const alice = { ...verified, signer: { ...verified.signer, value: 'alice@example.test' } };
    expect(withCommitterNote(alice, ALICE)).toBe(alice);
    const refused = { status: 'refused', check: 'cms', code: 'cms-malformed', detail: '' } as const;
    expect(withCommitterNote(refused, ALICE)).toBe(refused);
  });
});
