import { describe, expect, it } from 'vitest';
import {
  acceptExpected,
  acceptSigner,
  accountFor,
  expectationOf,
  impossible,
  readExpectation,
  signerMeets,
  writeExpectation,
} from '../../src/core/expected-account.ts';
import type { IdentityClaims } from '../../src/core/identity-claims.ts';
import { committerOf } from '../../src/core/policy/committer.ts';

const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';
const JOB = 'spiffe://example.org/job';

const claimsOf = (kind: IdentityClaims['kind'], ...names: string[]): IdentityClaims => ({
  ...{ kind, names, challenge: names[0] ?? '', expires: 4e9 },
  ...{ issuer: 'https://issuer.example', certificateIssuers: ['https://issuer.example'] },
});
const alice = claimsOf('email', ALICE);
const commitBy = (committer: string): Uint8Array =>
  Buffer.from(
    `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x> 1 +0000\ncommitter ${committer} 1 +0000\n\nm\n`,
  );
const byAlice = commitBy(`Alice <${ALICE}>`);
const tagByBob = Buffer.from(
  `object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1\ntagger Bob <${BOB}> 1 +0000\n\nm\n`,
);
const refused = expect.objectContaining({ code: 'IDENTITY_UNEXPECTED', exitCode: 4 });

/** What signing with these settings makes of an account. */
function judge(
  settings: Parameters<typeof expectationOf>[0],
  payload: Uint8Array,
  claims: IdentityClaims,
): void {
  acceptExpected(expectationOf(settings, payload), claims);
}

describe('an expectation', () => {
  it('the expected account is accepted, and any other is refused (O13)', () => {
    judge({ identity: ALICE, matchCommitter: false }, byAlice, alice);
    for (const identity of [BOB, 'Alice@example.com', 'alice@example.co', `Alice <${ALICE}>`]) {
      expect(() => judge({ identity, matchCommitter: false }, byAlice, alice)).toThrow(refused);
    }
  });

  it('the account is compared with the committer of a commit and the tagger of a tag (O13)', () => {
    judge({ matchCommitter: true }, byAlice, alice);
    expect(() => judge({ matchCommitter: true }, tagByBob, alice)).toThrow(refused);
    judge({ matchCommitter: true }, tagByBob, claimsOf('email', BOB));
  });

  it('a workload is compared with the name of the committer, as gitsign does', () => {
    const workload = claimsOf('subject', JOB);
    judge({ matchCommitter: true }, commitBy(`${JOB} <>`), workload);
    expect(() => judge({ matchCommitter: true }, byAlice, workload)).toThrow(refused);
  });

  it('identity and committer must both hold, for the account and for its certificate (D26)', () => {
    const both = { identity: ALICE, matchCommitter: true };
    judge(both, byAlice, alice);
    // the name of this committer is the identity, but a person is known by the address
    const disguised = commitBy(`${ALICE} <${BOB}>`);
    expect(() => judge(both, disguised, alice)).toThrow(refused);
    expect(() => judge(both, disguised, claimsOf('email', BOB))).toThrow(refused);
    const expected = expectationOf(both, disguised);
    for (const value of [ALICE, BOB]) {
      expect(signerMeets(expected, { kind: 'email', value })).toBe(false);
      expect(() => acceptSigner(expected, { kind: 'email', value })).toThrow(refused);
    }
  });

  it('an identity that is not the committer is refused before a login starts (D26)', () => {
    const both = { identity: ALICE, matchCommitter: true };
    expect(() => expectationOf(both, tagByBob)).toThrow(
      expect.objectContaining({
        code: 'IDENTITY_UNEXPECTED',
        hint: expect.stringContaining(`git config user.email ${ALICE}`),
      }),
    );
    expect(expectationOf(both, byAlice)).toBe(`${ALICE}\nAlice <${ALICE}>`);
    expect(expectationOf({ ...both, matchCommitter: false }, tagByBob)).toBe(ALICE);
  });

  it('a commit that names no committer is refused where the committer must match (D26)', () => {
    const nameless = Buffer.from('tree x\n\nm');
    expect(() => expectationOf({ matchCommitter: true }, nameless)).toThrow(refused);
    expect(expectationOf({ matchCommitter: false }, nameless)).toBe('');
  });

  it.each([
    {},
    { identity: ALICE },
    { identity: `Alice <${ALICE}>` },
    { identity: 'two\nlines' },
    { committer: { name: 'Alice', email: ALICE } },
    { committer: { name: '', email: '' } },
    { identity: ALICE, committer: { name: 'Alice <x', email: ALICE } },
  ])('%j is read from its text form as it was written', (expectation) => {
    const read = readExpectation(writeExpectation(expectation));
    expect(read).toEqual({ identity: undefined, committer: undefined, ...expectation });
  });

  it('the account to ask the issuer for is the identity, else the address of the committer', () => {
    expect(accountFor('')).toBeUndefined();
    expect(accountFor(ALICE)).toBe(ALICE);
    expect(accountFor(`Bob <${BOB}>`)).toBe(BOB);
    expect(accountFor(`${ALICE}\nAlice <${ALICE}>`)).toBe(ALICE);
  });

  it('what an account can meet is not called impossible', () => {
    for (const text of ['', ALICE, `Bob <${BOB}>`, `${JOB}\n${JOB} <>`]) {
      expect(impossible(text)).toBeUndefined();
    }
    expect(impossible(`${JOB}\nBob <${BOB}>`)).toBeDefined();
  });
});

it('committers are read whose names hold spaces or nothing', () => {
  expect(committerOf(byAlice)).toMatchObject({ name: 'Alice', email: ALICE });
  expect(committerOf(commitBy(' <>'))).toMatchObject({ name: '', email: '' });
});
