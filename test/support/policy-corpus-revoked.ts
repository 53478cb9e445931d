/** Policy files with `revoked` entries, good and bad. */

import type { PolicyCase } from './policy-corpus.ts';

const SINCE = '0123456789abcdef0123456789abcdef01234567';
const withSigners = (more: string, signers = ''): string =>
  `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: https://accounts.example.test}\n${signers}${more}`;
const good = (name: string, text: string): PolicyCase => ({ name, text });
const bad = (name: string, text: string, fault: RegExp, beyondSchema = false): PolicyCase => ({
  ...{ name, text, fault, beyondSchema },
});
const HASH = 'ab'.repeat(32);
const ACCOUNT = 'identity: alice@example.test, issuer: https://accounts.example.test';
const WINDOW = "from: '2026-02-28T22:00Z', until: '2026-03-01T12:00:30Z'";
const revoked = (...entries: readonly string[]): string =>
  withSigners(`revoked:\n${entries.map((entry) => `  - {${entry}}\n`).join('')}`);

const GOOD_REVOKED: readonly PolicyCase[] = [
  good(
    'revoked: each kind',
    revoked(
      `${ACCOUNT}, ${WINDOW}, reason: taken over, except: [${SINCE}]`,
      `certificate: ${HASH}, reason: r`,
      `log: ${HASH}, index: 7, reason: r, except: [${HASH}]`,
      `log: ${HASH}, index: '12345678901234567890', reason: r`,
      `key: 'SHA256:${'A'.repeat(43)}', reason: r`,
      `key: ${'AB'.repeat(20)}, reason: r`,
    ),
  ),
  good(
    'revoked: an account without a beginning',
    revoked(`${ACCOUNT}, until: '2026-03-01T12:00Z', reason: r`),
  ),
  good(
    'revoked: an account for good, beside another signer',
    withSigners(
      `revoked: [{${ACCOUNT}, reason: r}]\n`,
      '  - {name: bob, identity: bob@example.test, issuer: https://i}\n',
    ),
  ),
];

const BAD_REVOKED: readonly PolicyCase[] = [
  bad('revoked: no entry', withSigners('revoked: []\n'), /'revoked' must be a list, and not empty/),
  bad('revoked: no reason', revoked(`certificate: ${HASH}`), /an entry without 'reason'/),
  bad(
    'revoked: an empty reason',
    revoked(`certificate: ${HASH}, reason: ''`),
    /'reason' must be text/,
  ),
  bad('revoked: nothing named', revoked('reason: r'), /expected one of 'identity'/),
  bad(
    'revoked: two things at once',
    revoked(`certificate: ${HASH}, key: ${HASH}, reason: r`),
    /give only one of 'certificate' and 'key'/,
  ),
  bad('revoked: an identity without issuer', revoked('identity: a, reason: r'), /without 'issuer'/),
  bad(
    'revoked: a window for a certificate',
    revoked(`certificate: ${HASH}, until: '2026-03-01T12:00Z', reason: r`),
    /'until' goes with 'identity' only/,
  ),
  bad(
    'revoked: a window that ends before it begins',
    revoked(`${ACCOUNT}, from: '2026-03-01T12:00Z', until: '2026-03-01T11:00Z', reason: r`),
    /'until' is not later than 'from'/,
    true,
  ),
  bad(
    'revoked: an empty window',
    revoked(`${ACCOUNT}, from: '2026-03-01T12:00Z', until: '2026-03-01T12:00Z', reason: r`),
    /'until' is not later than 'from'/,
    true,
  ),
  bad(
    'revoked: a window in another time zone (V5)',
    revoked(`${ACCOUNT}, until: '2026-03-01T12:00+01:00', reason: r`),
    /'until' must be a time in UTC/,
  ),
  bad(
    'revoked: a window that ends with a day (V5)',
    revoked(`${ACCOUNT}, until: 2026-03-01, reason: r`),
    /'until' must be a time in UTC/,
  ),
  bad(
    'revoked: a day that does not exist',
    revoked(`${ACCOUNT}, until: '2026-02-30T12:00Z', reason: r`),
    /'until' must be a time in UTC/,
    true,
  ),
  bad(
    'revoked: an exception by a short hash (V7)',
    revoked(`certificate: ${HASH}, reason: r, except: [0123456]`),
    /'except' must (?:hold full hashes|be text)/,
  ),
  bad(
    'revoked: an exception by a short hash that is text (V7)',
    revoked(`certificate: ${HASH}, reason: r, except: ['abcdef0']`),
    /'except' must hold full hashes/,
  ),
  bad(
    'revoked: exceptions without an object',
    revoked(`certificate: ${HASH}, reason: r, except: []`),
    /'except' must be a list, and not empty/,
  ),
  bad(
    'revoked: a certificate by its SHA-1',
    revoked(`certificate: ${'ab'.repeat(20)}, reason: r`),
    /'certificate' must be the SHA-256/,
  ),
  bad(
    'revoked: a log by its address',
    revoked('log: https://rekor.test, index: 1, reason: r'),
    /'log' must be/,
  ),
  bad('revoked: a log without index', revoked(`log: ${HASH}, reason: r`), /'index' must be/),
  bad(
    'revoked: an index below zero',
    revoked(`log: ${HASH}, index: -1, reason: r`),
    /'index' must be/,
  ),
  bad(
    'revoked: a key that is no fingerprint',
    revoked('key: abc, reason: r'),
    /'key' must be a fingerprint/,
  ),
  bad(
    'revoked: every signer that may change the policy, without an end (V9)',
    revoked(`${ACCOUNT}, from: '2026-03-01T12:00Z', reason: r`),
    /hit every signer that may change the policy/,
    true,
  ),
];

export const REVOKED_CASES: readonly PolicyCase[] = [...GOOD_REVOKED, ...BAD_REVOKED];
