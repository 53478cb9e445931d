import { describe, expect, it } from 'vitest';
import type { IdentityPolicy, Revocation } from '../../../src/core/policy/model.ts';
import { statementSigner } from '../../../src/core/policy/statement-signer.ts';
import type { Verified } from '../../../src/core/verdict.ts';

const T = 1_800_000_000;
const ISSUER = 'https://accounts.example.test';
const HASH = '1'.repeat(40);

const verdict = (value: string, ...times: readonly number[]): Verified => ({
  status: 'verified',
  signer: { kind: 'email', value, issuer: ISSUER, extensions: {} },
  certificate: { sha1: '', sha256: 'ab', notBefore: T - 5, notAfter: T + 595 },
  logEntry: { logId: 'cd', logIndex: '7', kindVersion: 'hashedrekord 0.0.1' },
  times: (times.length === 0 ? [T] : times).map((time) => ({
    ...{ source: 'rekor', authority: 'cd', time },
  })),
});

const policy = (more: Partial<IdentityPolicy> = {}): IdentityPolicy => ({
  source: '.signet.yaml',
  digest: '00',
  rules: [
    { name: 'alice', identity: 'alice@example.test', issuer: ISSUER, until: T + 100 },
    { name: 'team', identityPattern: '.*@example\\.test', issuer: ISSUER },
    { name: 'alice', identity: 'alice@example.test', issuer: ISSUER, from: T + 200 },
  ],
  ...more,
});

const window: Revocation = {
  target: {
    kind: 'account',
    identity: 'alice@example.test',
    issuer: ISSUER,
    from: T - 10,
    until: T + 10,
  },
  reason: 'the account was stolen',
};

describe('the signer of a statement', () => {
  it('is each entry of the policy that fits and was in force, and the person is the first one', () => {
    expect(statementSigner(policy(), verdict('alice@example.test'))).toEqual({
      ...{ allowed: true, names: ['alice', 'team'], person: 'alice' },
    });
    expect(statementSigner(policy(), verdict('bob@example.test'))).toMatchObject({
      names: ['team'],
      person: 'team',
    });
  });

  it('is refused if the policy does not list it, or another issuer names it', () => {
    const other = verdict('alice@example.test');
    for (const one of [
      verdict('carol@other.test'),
      { ...other, signer: { ...other.signer, issuer: 'https://other.test' } },
    ]) {
      expect(statementSigner(policy(), one)).toMatchObject({
        ...{ allowed: false, code: 'identity-not-allowed' },
      });
    }
  });

  it('counts only if it was in force at every proven time', () => {
    const rules = policy().rules.slice(0, 1);
    const judge = (...times: readonly number[]) =>
      statementSigner(policy({ rules }), verdict('alice@example.test', ...times));
    expect(judge(T + 100)).toMatchObject({ allowed: true });
    expect(judge(T + 101)).toMatchObject({ allowed: false, code: 'signer-out-of-dates' });
    expect(judge(T + 100, T + 101)).toMatchObject({ code: 'signer-out-of-dates' });
    // the person stays the same, whichever entry is in force
    expect(statementSigner(policy(), verdict('alice@example.test', T + 150))).toEqual({
      ...{ allowed: true, names: ['team'], person: 'alice' },
    });
  });

  it('does not count if the policy or a later one takes the signature back (V1)', () => {
    const by = verdict('alice@example.test');
    const revoked = policy({ revoked: [window] });
    expect(statementSigner(revoked, by)).toMatchObject({ allowed: false, code: 'revoked' });
    expect(statementSigner(policy(), by, { revoked: [window] })).toMatchObject({ code: 'revoked' });
    expect(statementSigner(revoked, verdict('alice@example.test', T + 5))).toMatchObject({
      code: 'revoked',
    });
    const log: Revocation = {
      ...{ target: { kind: 'log-entry', logId: 'cd', index: '7' }, reason: 'x' },
    };
    expect(statementSigner(policy({ revoked: [log] }), by)).toMatchObject({ code: 'revoked' });
    const except = policy({ revoked: [{ ...window, except: [HASH] }] });
    expect(statementSigner(except, by, { ids: [HASH] })).toMatchObject({ allowed: true });
    expect(statementSigner(except, by, { ids: ['2'.repeat(40)] })).toMatchObject({
      code: 'revoked',
    });
    expect(statementSigner(revoked, verdict('bob@example.test'))).toMatchObject({ allowed: true });
  });
});
