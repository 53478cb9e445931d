import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Signer, Verdict } from '../../src/core/verdict.ts';
import {
  STATUS_ORDER,
  STATUS_WORDS,
  shortSigner,
  textLine,
  textRow,
  textSummary,
  widthsOf,
} from '../../src/report/text.ts';

const workflow: Signer = {
  kind: 'uri',
  value: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
  extensions: { '5': 'acme/app' },
};
const refused = (detail: string, value = 'alice@example.test'): Verdict => ({
  ...{ status: 'refused', check: 'content', code: 'content-digest-differs', detail },
  claimedSigner: { kind: 'email', value, issuer: 'https://x', extensions: {} },
});
const row = (verdict: Verdict, subject = 'docs: typo') =>
  textRow({
    id: 'c03b5d2'.padEnd(40, '0'),
    type: 'commit',
    raw: Buffer.from(`tree x\n\n${subject}\n`),
    verdict,
  });

describe('the table', () => {
  it('the table has aligned columns and no trailing space', () => {
    const rows = [
      row(refused('content digest differs')),
      row({ status: 'unsigned', check: 'object', code: 'unsigned', detail: 'x' }, 'wip'),
    ];
    const text = rows.map((one) => textLine(one, widthsOf(rows), false)).join('');
    expect(text).toBe(
      'refused     c03b5d2  claims alice@example.test  docs: typo  content digest differs\n' +
        'unsigned    c03b5d2  –                          wip\n',
    );
  });

  it('the table shows hostile subjects, identities and details as visible escapes, one line each (S10)', () => {
    const hostile = row(refused('x\x1b[2J\n', 'a\r\x1b]0;t\x07@b'), 'sub\x1b[31m\u202eject');
    const text = textLine(hostile, widthsOf([hostile]), false);
    expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('\\x1b[31m');
  });

  it('colour only repeats the first word of the row', () => {
    const one = row(refused('x'));
    const plain = textLine(one, widthsOf([one]), false);
    const coloured = textLine(one, widthsOf([one]), true);
    expect(coloured).not.toBe(plain);
    expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(plain);
  });

  it('each status has one word, which is the word of the glossary', () => {
    const glossary = readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8');
    const verdicts = glossary.slice(glossary.indexOf('## Verdicts'));
    const words = [...verdicts.matchAll(/^\| \*\*(.+)\*\* \|/gm)].map(([, word]) => word);
    expect(STATUS_ORDER.map((status) => STATUS_WORDS[status]).sort()).toEqual(words.sort());
    for (const status of STATUS_ORDER) {
      const counts = { verified: 0, refused: 0, unsigned: 0, 'not-allowed': 0, undecided: 0 };
      const line = textSummary({ ...counts, [status]: 1 }, 'commit', 'by x');
      expect(line).toContain(`1 commit: 1 ${STATUS_WORDS[status]}\n`);
    }
  });

  it('the line of counts names the statuses that occur', () => {
    const counts = { verified: 2, refused: 1, unsigned: 1, 'not-allowed': 1, undecided: 0 };
    expect(textSummary(counts, 'commit', 'by x')).toBe(
      '\n5 commits: 2 verified, 1 refused, 1 unsigned, 1 not allowed\nby x\n',
    );
    const one = { verified: 1, refused: 0, unsigned: 0, 'not-allowed': 0, undecided: 0 };
    expect(textSummary(one, 'commit', 'by x')).toBe('\n1 commit: 1 verified\nby x\n');
  });
});

describe('shortSigner', () => {
  it('a GitHub workflow of its own repository has a short name', () => {
    expect(shortSigner(workflow)).toBe('release.yml@refs/heads/main (acme/app)');
  });

  it.each([
    ['another issuer', { ...workflow, issuer: 'https://token.actions.example' }],
    ['another repository than it runs for', { ...workflow, extensions: { '5': 'acme/other' } }],
    [
      'a look-alike host',
      { ...workflow, value: workflow.value.replace('github.com', 'github.com.x') },
    ],
    ['no workflow', { ...workflow, value: `${workflow.value} x` }],
  ])('a signer that is %s is shown whole', (_, signer) => {
    expect(shortSigner(signer)).toBe(signer.value);
  });
});
