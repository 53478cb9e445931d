import { describe, expect, it } from 'vitest';
import { NO_SIGNATURE } from '../../../src/core/git/gpg-fields.ts';
import type { CountedApproval, Outcome, Signer } from '../../../src/core/verdict.ts';
import type { KeyAnswer } from '../../../src/git/log/key-answers.ts';
import { harmlessField, harmlessPieces, harmlessText } from '../../../src/report/log/harmless.ts';
import { messageLines, withGraph } from '../../../src/report/log/lines.ts';
import {
  answeredMarkPiece,
  markOf,
  markPiece,
  readMark,
  withKeyAnswer,
} from '../../../src/report/log/mark.ts';

const signer: Signer = {
  kind: 'email',
  value: 'alice@example.test',
  issuer: 'https://issuer.test',
  extensions: {},
};
const key: Signer = { kind: 'ssh', value: 'SHA256:abc', issuer: 'policy', extensions: {} };
const certificate = { sha1: 'c1', sha256: 'c2', notBefore: 0, notAfter: 600 };
const evidence = {
  signer,
  certificate,
  times: [{ source: 'rekor', time: 60, authority: 'l' }],
} as const;
const rejected = {
  check: 'signature',
  detail: 'why\u202e',
  claimedSigner: signer,
  certificate,
} as const;

const CASES: readonly (readonly [grade: string, trust: string, label: string, verdict: Outcome])[] =
  [
    ['G', 'fully', 'alice', { status: 'verified', ...evidence, rule: 'alice' }],
    ['U', 'undefined', 'alice@example.test', { status: 'verified', ...evidence }],
    [
      'U',
      'never',
      'not allowed',
      {
        status: 'not-allowed',
        ...evidence,
        check: 'policy',
        code: 'identity-not-allowed',
        detail: 'no',
      },
    ],
    ['B', 'never', 'refused', { status: 'refused', ...rejected, code: 'signature-invalid' }],
    ['E', 'never', 'refused', { status: 'refused', ...rejected, code: 'object-malformed' }],
    ['E', 'undefined', 'undecided', { status: 'undecided', ...rejected, code: 'log-entry-absent' }],
    [
      'N',
      'undefined',
      'unsigned',
      { status: 'unsigned', check: 'object', code: 'unsigned', detail: 'no signature' },
    ],
    [
      'G',
      'fully',
      'dave',
      { status: 'verified', kind: 'ssh', key: 'ssh-ed25519 AAAA', signer: key, rule: 'dave' },
    ],
    [
      'E',
      'never',
      'not allowed',
      {
        status: 'not-allowed',
        kind: 'ssh',
        claimedSigner: key,
        check: 'policy',
        code: 'key-not-pinned',
        detail: 'no',
      },
    ],
    [
      'U',
      'never',
      'not allowed',
      {
        status: 'not-allowed',
        kind: 'ssh',
        signer: key,
        check: 'policy',
        code: 'role-not-allowed',
        detail: 'no',
      },
    ],
    [
      'B',
      'never',
      'refused',
      { status: 'refused', kind: 'ssh', ...rejected, code: 'signature-invalid' },
    ],
  ];

const judged = (verdict: Outcome) => answeredMarkPiece({ id: 'x', type: 'commit', verdict });
const fieldsOf = (verdict: Outcome, trusted = false) =>
  readMark(judged(verdict), trusted).git?.fields;

describe('the mark of a commit', () => {
  it.each(CASES)('is %s with trust %s, and says %s', (grade, trust, label, verdict) => {
    const mark = markOf({ id: 'x', verdict });
    const fields = fieldsOf(verdict);
    expect([fields?.grade, fields?.trust, mark.label]).toEqual([grade, trust, label]);
    expect(mark.told).not.toContain('\u202e');
  });

  it('is never G for a signature that is not verified', () => {
    const others = CASES.filter(([, , , { status }]) => status !== 'verified');
    expect(others.map(([, , , verdict]) => fieldsOf(verdict)?.grade)).not.toContain('G');
  });

  it('the label of a verified commit names the people whose approvals count, and a refused one names none', () => {
    const approval: CountedApproval = {
      ...{ person: 'bob\u202e', signer, commit: 'c', base: 'b', ref: 'refs/heads/main' },
      how: 'merged',
      time: 60,
    };
    const good: Outcome = {
      status: 'verified',
      ...evidence,
      rule: 'alice',
      approvals: [approval],
    };
    const { label, told } = markOf({ id: 'x', verdict: good });
    expect(label).toBe('alice (approved by bob\\u{202e})');
    expect(told).toContain('; approved by bob\\u{202e} (merged)');
    const denied: Outcome = {
      status: 'not-allowed',
      ...evidence,
      approvals: [approval],
      check: 'policy',
      code: 'too-few-approvals',
      detail: 'no',
    };
    expect(markOf({ id: 'x', verdict: denied })).toMatchObject({ label: 'not allowed' });
    expect(markOf({ id: 'x', verdict: { ...good, approvals: [] } }).label).toBe('alice');
  });

  it('holds git’s own answer only if that is asked for, because it takes as long as the rest', () => {
    const [, , , verdict] = CASES[0] ?? [];
    if (verdict === undefined) throw new Error('no case');
    const plain = readMark(markPiece({ id: 'x', type: 'commit', verdict }), false);
    expect(plain).toEqual(markOf({ id: 'x', verdict }));
    expect(readMark(judged(verdict), false)).toMatchObject(plain);
  });

  it('trusts a signer of whom no policy was asked only where a setting says so', () => {
    const unruled: Outcome = { status: 'verified', ...evidence };
    expect(fieldsOf(unruled)?.grade).toBe('U');
    expect(fieldsOf(unruled, true)).toMatchObject({ grade: 'G', trust: 'fully' });
    const denied: Outcome = {
      status: 'not-allowed',
      ...evidence,
      check: 'policy',
      code: 'identity-not-allowed',
      detail: 'no',
    };
    expect(fieldsOf(denied, true)).toMatchObject({ grade: 'U', trust: 'never' });
  });
});

describe('git’s own answer about a key that no policy pins', () => {
  const undecided: Outcome = {
    status: 'undecided',
    kind: 'ssh',
    check: 'signature',
    code: 'signature-kind-unsupported',
    detail: 'an SSH signature',
  };
  const answer = (grade: 'G' | 'U' | 'B' | 'E' | 'X' | 'R'): KeyAnswer => ({
    fields: { ...NO_SIGNATURE, grade, name: 'dave', fingerprint: 'SHA256:abc', trust: 'fully' },
    said: ['Good "git" signature for dave'],
  });
  const asked = (grade: Parameters<typeof answer>[0], ruled: boolean) =>
    withKeyAnswer(readMark(judged(undecided), false), answer(grade), ruled);

  it('verifies a key that git knows only if no policy decides', () => {
    expect(asked('G', false)).toMatchObject({ status: 'verified', label: 'dave' });
    expect(asked('G', false).git?.fields).toMatchObject({ grade: 'G', trust: 'fully' });
    expect(asked('G', true)).toMatchObject({ status: 'undecided', label: 'undecided' });
    expect(asked('G', true).git?.fields).toMatchObject({ grade: 'U', trust: 'never' });
  });

  it.each(['U', 'E', 'X', 'R'] as const)('leaves a signature of grade %s undecided', (grade) => {
    expect(asked(grade, false)).toMatchObject({ status: 'undecided', git: { fields: { grade } } });
  });

  it('refuses a signature that does not verify, whatever decides', () => {
    for (const ruled of [true, false]) {
      expect(asked('B', ruled)).toMatchObject({ status: 'refused', label: 'refused' });
    }
  });
});

describe('text of others', () => {
  const high = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

  it('holds no control character in a field, in UTF-8 or not (S10)', () => {
    expect(harmlessField('a\tb\nc')).toBe('a\tb\nc');
    expect(harmlessField('a\x1b[1Ab\rc\r\n')).toBe('a\\x1b[1Ab\\x0dc\n');
    expect(harmlessField(high('ünï\u009b2J'))).toBe(`${high('ünï')}\\x9b2J`);
    expect(harmlessField('\xfcn\x9bx')).toBe('\xfcn\\x9bx');
  });

  it('keeps colours on a coloured screen, and nothing else that begins with an escape (S10)', () => {
    const text = '\x1b[31mred\x1b[m\x1b[2Jx\r\ny\rz';
    expect(harmlessText(text, true)).toBe('\x1b[31mred\x1b[m\\x1b[2Jx\r\ny\\x0dz');
    expect(harmlessText(text, false)).not.toContain('\x1b');
  });

  it('is the same in pieces of any length (S10)', () => {
    const text = `\x1b[1;31mred\x1b[m ${high('\u202e\u009b ü')}\x1b[2J\r\x1b[m\n\rx\x1b`;
    for (let size = 1; size < text.length; size += 1) {
      const { push, rest } = harmlessPieces(true);
      let shown = '';
      for (let at = 0; at < text.length; at += size) shown += push(text.slice(at, at + size));
      expect(shown + rest()).toBe(harmlessText(text, true));
    }
  });
});

describe('lines behind a graph', () => {
  it('take its pieces in order, and leave none out that leads somewhere', () => {
    const graphs = ['|\\  ', '| | ', '| | '];
    expect(withGraph(['a', 'b'], graphs)).toBe('a\n|\\  b\n| | ');
    expect(withGraph(['a', 'b', 'c'], graphs)).toBe('a\n|\\  b\n| | c');
    expect(withGraph(['a'], ['|/  ', '|   ', '|   '])).toBe('a\n|/  \n|   ');
  });

  it('hold the message as git lays it out', () => {
    const lines = ['', 'one  ', '', 'a\tb', ''];
    expect(messageLines(lines, { tabs: 8, short: false })).toEqual([
      '    one',
      '    ',
      '    a       b',
    ]);
    expect(messageLines(lines, { tabs: 0, short: true })).toEqual(['    one']);
    expect(messageLines(['', ' '], { tabs: 8, short: false })).toEqual([]);
  });
});
