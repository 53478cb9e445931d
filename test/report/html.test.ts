import { describe, expect, it } from 'vitest';
import { createTimeline } from '../../src/report/html-timeline.ts';
import {
  hostileSamples,
  judgedCommit,
  outcome,
  plainSamples,
  reported,
} from '../support/judged-samples.ts';

const TAGS =
  /<\/?(html|head|meta|title|style|body|header|p|h1|h2|ul|ol|li|b|i|div|span|small|code|time|svg|g|rect|section|fieldset|label|input)\b[^<>]*>|<title>|<!doctype html>/g;

describe('the HTML report', () => {
  it('the HTML report begins with verdict, faults and the command that repairs them', () => {
    const { text } = reported('html', plainSamples());
    const order = [
      '4 of 5 commits do not hold',
      'What does not hold',
      'Who signed when',
      'Every commit',
    ];
    const places = order.map((words) => text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(text).toContain('<code>git signet resign origin/main..HEAD</code>');
    const good = reported('html', [judgedCommit(outcome('verified'))]).text;
    expect(good).toContain('1 commit: every signature holds');
    expect(good).not.toContain('What does not hold');
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
    const { text } = reported('html', samples);
    const style = text.indexOf('</style>');
    expect(text.slice(style).replaceAll(TAGS, '')).not.toMatch(/[<>]/);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202e\u2028]/u);
    expect(text).not.toMatch(/<(script|img)/);
    expect(text.match(/<li class="\w+"><b/g)?.length).toBe(samples.length + 20);
  });
});

describe('the time line', () => {
  it('the time line stays small for 100,000 results, and counts all of them', () => {
    const timeline = createTimeline();
    for (let i = 0; i < 100_000; i += 1) {
      timeline.add({ who: `person ${i % 3000}`, time: 1_000_000_000 + i * 7919 }, i % 10 !== 0);
    }
    const drawn = timeline.draw();
    const counted = [...drawn.matchAll(/<span class="n">(\d+)/g)].map(([, count]) => Number(count));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(100_000);
    expect(counted.length).toBe(24);
    expect(drawn.length).toBeLessThan(600_000);
    const named = [...drawn.matchAll(/<title>[^:<]*: (\d+)/g)].map(([, count]) => Number(count));
    expect(named.reduce((sum, count) => sum + count, 0)).toBe(100_000);
  });

  it('a time line without times is empty, and one with a single moment is drawn', () => {
    const timeline = createTimeline();
    timeline.add({ who: 'a' }, true);
    expect(timeline.draw()).toBe('');
    timeline.add({ who: 'a', time: 1795262072 }, true);
    expect(timeline.draw()).toContain('1 without a time');
  });
});
