import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/core/verdict.ts';
import { REPORT_STYLE } from '../../src/report/html-style.ts';
import { createTimeline } from '../../src/report/html-timeline.ts';
import type { Judged } from '../../src/report/judged.ts';
import { STATUS_WORDS } from '../../src/report/text.ts';
import { pairsOf } from '../support/contrast.ts';
import {
  hostileSamples,
  judgedCommit,
  outcome,
  plainSamples,
  reported,
  STATUSES,
} from '../support/judged-samples.ts';

const TAGS =
  /<\/?(html|head|meta|title|style|body|header|main|p|h1|h2|h3|ul|ol|li|b|i|dl|dt|dd|div|span|small|code|time|svg|g|rect|path|table|thead|tbody|tfoot|tr|th|td|details|summary)\b[^<>]*>|<title>|<!doctype html>/g;

const titleIn = (text: string): string => /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? '';
const headerIn = (text: string): string => /<header class="(\w+)">/.exec(text)?.[1] ?? '';
const h1In = (text: string): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? '';

/** Commits of these statuses, each with the same reason. */
const samplesOf = (...statuses: readonly Outcome['status'][]): readonly Judged[] =>
  statuses.map((status) => judgedCommit(outcome(status)));

describe('the HTML report', () => {
  it('the HTML report begins with verdict, facts, causes and the command that repairs them', () => {
    const { text } = reported('html', plainSamples());
    const order = [
      '✗ 4 of 5 commits are not verified',
      '<dt>Repository</dt>',
      'Not verified, by cause',
      'git signet resign origin/main..HEAD',
      'Who signed when',
      '<h2>Verified</h2>',
    ];
    const places = order.map((words) => text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(text).toContain('<code>git signet resign origin/main..HEAD</code>');
  });

  it.each<[string, readonly Outcome['status'][], string, string]>([
    ['one verified commit', ['verified'], 'ok', '✓ 1 commit is verified'],
    ['verified commits', ['verified', 'verified'], 'ok', '✓ All 2 commits are verified'],
    ['a refused commit', ['verified', 'refused'], 'bad', '✗ 1 of 2 commits is not verified'],
    ['an unsigned commit', ['unsigned'], 'bad', '✗ 1 of 1 commit is not verified'],
    ['undecided commits', ['undecided', 'undecided'], 'warn', '? 2 of 2 commits are not verified'],
  ])(
    'the heading and the title of %s say what is true, in its colour',
    (_, statuses, tone, words) => {
      const { text } = reported('html', samplesOf(...statuses));
      expect(h1In(text)).toBe(words);
      expect(headerIn(text)).toBe(tone);
      expect(titleIn(text)).toBe(`${words.slice(2)}: parser origin/main..HEAD – git-signet`);
    },
  );

  it('the word refused stands in no report in which nothing was refused', () => {
    const { text } = reported(
      'html',
      samplesOf('not-allowed', 'unsigned', 'undecided', 'verified'),
    );
    expect(text).not.toContain('refused');
  });

  it('a report without a policy is never green, and says that no signer was required', () => {
    const good = samplesOf('verified', 'verified');
    const { text } = reported('html', good, { policy: undefined });
    expect(h1In(text)).toBe('! 2 commits are signed, but no signer was required');
    expect(headerIn(text)).toBe('warn');
    expect(text).toContain('<body class="anyone">');
    expect(REPORT_STYLE).toContain('.anyone{--ok:var(--warn);--ok-tint:var(--warn-tint)}');
    expect(text.slice(text.indexOf('</style>'))).not.toMatch(/#[0-9a-f]{3,6}\b|color:/);
    expect(reported('html', good).text).toContain('</style></head><body>');
  });

  it('the facts name repository, range, policy and trust root with their full hashes', () => {
    const [tip, base, policy, trust] = ['1', '2', '3', '4'].map((digit) => digit.repeat(40));
    const { text } = reported('html', plainSamples(), {
      repository: 'parser',
      subjects: [{ id: tip ?? '', type: 'commit', name: 'origin/main..HEAD', base: [base ?? ''] }],
      policy: { source: 'main:.signet.yaml', digest: policy ?? '', origin: '--policy-from main' },
      trust: { source: 'the built-in root', digest: trust ?? '' },
    });
    expect(text).toContain('<dt>Repository</dt><dd>parser</dd>');
    expect(text).toContain(
      `<dt>Range</dt><dd>origin/main..HEAD: from <code>${base}</code> to <code>${tip}</code></dd>`,
    );
    expect(text).toContain(
      `<dt>Policy</dt><dd>main:.signet.yaml (--policy-from main), SHA-256 <code>${policy}</code></dd>`,
    );
    expect(text).toContain(
      `<dt>Trust root</dt><dd>the built-in root, SHA-256 <code>${trust}</code></dd>`,
    );
  });

  it('a status has one word, one sign and one colour in counts and causes', () => {
    const { text } = reported('html', plainSamples());
    const counts = [...text.matchAll(/<li class="t-(\w+)">(.) <b>1<\/b>([^<]+)<\/li>/g)];
    expect(counts.map(([, tone, sign, word]) => `${tone} ${sign} ${word}`)).toEqual([
      'ok ✓ verified',
      'bad ✗ refused',
      'warn ○ unsigned',
      'bad ✗ not allowed',
      'warn ? undecided',
    ]);
    const causes = [...text.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, cause]) => cause);
    expect(causes).toEqual([
      '✗ refused: content digest differs (1 commit)',
      '○ unsigned (1 commit)',
      '✗ not allowed: identity not allowed (1 commit)',
      '? undecided: log unreachable (1 commit)',
    ]);
    for (const status of STATUSES) expect(text).toContain(STATUS_WORDS[status]);
  });

  it('2,000 failures of one cause are one heading, five rows and a fold, and none is lost', () => {
    const many = Array.from({ length: 2000 }, (_, at) =>
      judgedCommit(
        outcome('not-allowed', `p${at % 9}@example.test`, 'not a signer'),
        `change ${at}`,
      ),
    );
    const { text } = reported('html', [...many, ...samplesOf('refused')]);
    const [, first = '', second = ''] = text.split('<h3>');
    expect(first).toContain('refused: content digest differs (1 commit)');
    expect(second).toContain(
      'not allowed: identity not allowed (2,000 commits)</h3><p>not a signer</p>' +
        '<p class="note">Explained by: <code>git signet help identity-not-allowed</code></p><ol>',
    );
    const [open = '', folded = ''] = second.split('<details>');
    expect(open.match(/<li class="row">/g)).toHaveLength(5);
    expect(folded).toMatch(/^<summary>1,995 more commits<\/summary>/);
    expect(second.match(/<li class="row">/g)).toHaveLength(2000);
    expect(text.match(/not a signer/g)).toHaveLength(1);
  });

  it('different reasons of one cause stand each at its own commit', () => {
    const two = ['bob is not a signer', 'carol is not a signer'].map((detail) =>
      judgedCommit(outcome('not-allowed', 'x@example.test', detail)),
    );
    const { text } = reported('html', two);
    expect(text).toContain('identity not allowed (2 commits)</h3><p class="note">');
    expect(text).toContain('<small>bob is not a signer</small></li>');
    expect(text).toContain('<small>carol is not a signer</small></li>');
  });

  it('a page of 12,000 long results stays under 6 MB, and counts what it does not list', () => {
    const long = 'x'.repeat(3000);
    const sample = judgedCommit(outcome('not-allowed', `${long}@x`, long), long);
    const good = judgedCommit(outcome('verified', `${long}@x`, long), long);
    const samples = Array.from({ length: 12_000 }, (_, at) => (at % 2 === 0 ? sample : good));
    const { text } = reported('html', samples);
    expect(text.length).toBeLessThan(6_000_000);
    const left = '4,000 more commits are not listed here. --format jsonl lists every one.';
    expect(text.split(left)).toHaveLength(3);
    expect(h1In(text)).toBe('✗ 6,000 of 12,000 commits are not verified');
  });

  it('the same verdicts make the same page at any time', () => {
    const samples = plainSamples();
    const pages = [1795262072, 1895262072].map((now) => reported('html', samples, { now }).text);
    expect(pages[0]).toBe(pages[1]);
  });

  it('the HTML report loads nothing and runs nothing', () => {
    const { text } = reported('html', plainSamples());
    expect(text).not.toMatch(
      /<script|<link|<img|<iframe|\son\w+=|url\(|@import|https?:\/\/(?!accounts)/i,
    );
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(text).toContain('prefers-color-scheme:dark');
  });

  it('hostile text in the HTML report stays text (S10, S11)', () => {
    const samples = hostileSamples();
    const hostile = '</title><script>pwned()</script>\u001b';
    const { text } = reported('html', samples, {
      ...{ repository: hostile, asked: [hostile] },
      subjects: [{ id: 'e'.repeat(40), type: 'commit', name: hostile, base: [] }],
    });
    const style = text.indexOf('</style>');
    expect(text.slice(style).replaceAll(TAGS, '')).not.toMatch(/[<>]/);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202e\u2028]/u);
    expect(text).not.toMatch(/<(script|img)/);
    expect(text.slice(0, style).match(/<\/title>/g)?.length).toBe(1);
    expect(text.match(/<li class="row">/g)?.length).toBe(samples.length);
  });

  it('every text has a contrast of at least 4.5 on every ground, in light and dark', () => {
    const pairs = pairsOf(REPORT_STYLE);
    expect(pairs).toHaveLength(60);
    expect(pairs.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  });
});

describe('the time line', () => {
  it('the time line stays small for 100,000 results, and counts all of them', () => {
    const timeline = createTimeline();
    for (let i = 0; i < 100_000; i += 1) {
      timeline.add({ who: `person ${i % 3000}`, time: 1_000_000_000 + i * 7919 }, i % 10 !== 0);
    }
    const drawn = timeline.draw();
    const rows = [...drawn.matchAll(/<td class="n">(\d+)<\/td><td class="n">(\d+)<\/td>/g)];
    const sum = (column: 1 | 2): number => rows.reduce((all, row) => all + Number(row[column]), 0);
    expect([sum(1), sum(2)]).toEqual([100_000, 10_000]);
    expect(rows.length).toBe(24);
    expect(drawn.length).toBeLessThan(600_000);
    const named = [...drawn.matchAll(/<title>[^<]*?: (\d+)/g)].map(([, count]) => Number(count));
    expect(named.reduce((all, count) => all + count, 0)).toBe(100_000);
  });

  it('no two labels of the axis are equal, also for a single moment', () => {
    for (const span of [0, 40, 4000, 400_000, 40_000_000]) {
      const timeline = createTimeline();
      for (const part of [0, 0.5, 1])
        timeline.add({ who: 'a', time: 1795262072 + span * part }, true);
      const axis = timeline.draw().split('class="axis"')[1] ?? '';
      const labels = [...axis.matchAll(/<span[^>]*>([^<]+)</g)].map(([, label]) => label);
      expect(labels.length).toBeGreaterThan(0);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  it('what is not verified hangs below the line, and what is verified stands above it', () => {
    const timeline = createTimeline();
    timeline.add({ who: 'a', time: 1 }, true);
    timeline.add({ who: 'a', time: 1 }, false);
    const drawn = timeline.draw();
    expect(drawn).toMatch(/class="grid" d="[^"]*M0 20H1200"/);
    expect(drawn).toMatch(/class="good" [^>]*y="1.0" [^>]*height="19.0"/);
    expect(drawn).toMatch(/class="evil" [^>]*y="20.0"/);
  });

  it('a time line without times is empty, and one with a single moment is drawn', () => {
    const timeline = createTimeline();
    timeline.add({ who: 'a' }, true);
    expect(timeline.draw()).toBe('');
    timeline.add({ who: 'a', time: 1795262072 }, true);
    expect(timeline.draw()).toContain('1 without a time');
  });
});
