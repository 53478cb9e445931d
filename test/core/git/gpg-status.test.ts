import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BROKEN_LINES,
  createdLines,
  reportOf,
  statusBlock,
} from '../../../src/core/git/gpg-status.ts';
import type { Rejected, Signer, Verdict, Verified } from '../../../src/core/verdict.ts';

const signer: Signer = {
  kind: 'email',
  value: 'alice@example.test',
  issuer: 'https://accounts.example.test',
  extensions: {},
};
const certificate = { sha1: 'ab'.repeat(20), sha256: 'cd'.repeat(32), notBefore: 1, notAfter: 2 };
const logEntry = { logId: '00', logIndex: '7', kindVersion: 'hashedrekord 0.0.1' };
const times = [{ source: 'rekor', time: 1_795_262_072, authority: '00' }] as const;
const verified: Verified = { status: 'verified', signer, certificate, logEntry, times };
const allowed: Verified = { ...verified, rule: 'alice' };
const notAllowed: Verdict = {
  ...verified,
  status: 'not-allowed',
  check: 'policy',
  code: 'identity-not-allowed',
  detail: 'not a signer',
};
const rejected = (fields: Partial<Rejected>): Rejected => ({
  status: 'refused',
  check: 'log',
  code: 'log-unknown',
  detail: 'x',
  ...fields,
});

const GOOD = `GOODSIG ${certificate.sha1} alice@example.test (https://accounts.example.test)`;
const VALID = `VALIDSIG ${certificate.sha1} 2026-11-21 1795262072 0 0 0 19 8 00 ${certificate.sha1}`;

describe('the outcome table, byte for byte', () => {
  const errsig = (key: string, rc = 1) => `ERRSIG ${key} 19 8 00 0 ${rc} ${key}`;
  const none = '0'.repeat(40);
  it.each<[string, Verdict, 'undefined' | 'full', readonly string[], number]>([
    ['allowed', allowed, 'undefined', [GOOD, VALID, 'TRUST_FULLY 0 shell'], 0],
    ['no policy (P01)', verified, 'undefined', [GOOD, VALID, 'TRUST_UNDEFINED 0 shell'], 0],
    ['no policy, as gitsign', verified, 'full', [GOOD, VALID, 'TRUST_FULLY 0 shell'], 0],
    ['not allowed (P01)', notAllowed, 'full', [GOOD, VALID, 'TRUST_NEVER 0 shell'], 6],
    [
      'other content (S06)',
      rejected({
        check: 'content',
        code: 'content-digest-differs',
        certificate,
        claimedSigner: signer,
      }),
      'full',
      [GOOD.replace('GOODSIG', 'BADSIG'), 'TRUST_NEVER'],
      1,
    ],
    [
      'bad signature (S06)',
      rejected({ code: 'signature-invalid' }),
      'full',
      [`BADSIG ${none} unknown`, 'TRUST_NEVER'],
      1,
    ],
    [
      'unlogged (S05)',
      rejected({ certificate }),
      'full',
      [errsig(certificate.sha1), 'TRUST_NEVER'],
      1,
    ],
    [
      'untrusted issuer',
      rejected({ code: 'issuer-untrusted' }),
      'full',
      [errsig(none, 9), 'TRUST_NEVER'],
      1,
    ],
    [
      'undecided (S05)',
      rejected({ status: 'undecided', code: 'log-unreachable' }),
      'full',
      [errsig(none), 'TRUST_UNDEFINED'],
      3,
    ],
    [
      'unsigned',
      rejected({ status: 'unsigned', code: 'unsigned' }),
      'full',
      [errsig(none), 'TRUST_NEVER'],
      1,
    ],
  ])('%s', (_name, verdict, unruled, lines, exitCode) => {
    expect(reportOf(verdict, unruled)).toEqual({ lines: ['NEWSIG', ...lines], exitCode });
  });
});

/** git's own reading: lines between newline and newline. */
const read = (verdict: Verdict): readonly string[] =>
  statusBlock(reportOf(verdict, 'undefined').lines).split('\n').slice(0, -1);

describe('names that would forge lines', () => {
  const hostile = [
    '\n[GNUPG:] GOODSIG 00 admin',
    '\r\n',
    '\0',
    '%0A',
    ' ',
    '',
    'x'.repeat(10_000),
    '\u2028',
    '\x1b[2J',
  ];
  it.each(hostile)(
    'one exclusive line, one trust line, never an empty name: %j (S03, S07)',
    (value) => {
      for (const verdict of [
        { ...allowed, signer: { ...signer, value } },
        { ...allowed, signer: { ...signer, issuer: value } },
        rejected({ code: 'signature-invalid', claimedSigner: { ...signer, value, issuer: value } }),
      ] as const) {
        const lines = read(verdict);
        expect(lines.every((line) => line.startsWith('[GNUPG:] '))).toBe(true);
        expect(
          lines.filter((line) => / (GOODSIG|BADSIG|ERRSIG) /.test(line.slice(0, 20))),
        ).toHaveLength(1);
        expect(lines.filter((line) => line.startsWith('[GNUPG:] TRUST_'))).toHaveLength(1);
        expect(lines[1]).toMatch(/^\[GNUPG:\] (GOODSIG|BADSIG) [0-9a-f]{40} [^\n]*\S/);
      }
    },
  );

  it('no identity can change the form of the status lines (S03)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, issuer) => {
        const lines = read({ ...allowed, signer: { ...signer, value, issuer } });
        expect(lines.join('')).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
        expect(lines).toHaveLength(4);
      }),
    );
  });
});

it('a broken setup reports NEWSIG first, an error and a trust line (S04, S05)', () => {
  expect(BROKEN_LINES[0]).toBe('NEWSIG');
  expect(BROKEN_LINES[1]).toMatch(/^ERRSIG /);
  expect(BROKEN_LINES[2]).toBe('TRUST_UNDEFINED');
});

it('SIG_CREATED follows a line break, because git searches for that (S04)', () => {
  const made = {
    publicKeyAlgorithm: 19,
    certificateHashAlgorithm: 9,
    signingTime: 1_795_262_072,
    certificateSha1: certificate.sha1,
  };
  expect(statusBlock(createdLines(made))).toBe(
    `[GNUPG:] BEGIN_SIGNING\n[GNUPG:] SIG_CREATED D 19 9 00 1795262072 ${certificate.sha1}\n`,
  );
});
