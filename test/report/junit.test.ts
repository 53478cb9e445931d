import { describe, expect, it } from 'vitest';
import { hostileSamples, plainSamples, reported } from '../support/judged-samples.ts';

describe('JUnit', () => {
  it('JUnit counts failures and undecided objects separately', () => {
    const { text } = reported('junit', plainSamples());
    expect(text).toContain('<testsuites tests="5" failures="3" errors="1"');
    expect(text.match(/<failure type="/g)?.length).toBe(3);
    expect(text.match(/<error type="log-unreachable"/g)?.length).toBe(1);
    expect(text.match(/<testcase /g)?.length).toBe(5);
  });

  it('hostile text adds no element and no control character to JUnit (S10, S11)', () => {
    const samples = hostileSamples();
    const { text } = reported('junit', samples);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\ufffe\u202e]/u);
    expect(text.match(/<testcase /g)?.length).toBe(samples.length);
    expect(text).not.toMatch(/<(script|img)/);
  });

  it('names of properties hold no space', () => {
    const { text } = reported('junit', plainSamples(), { store: { reused: 2 } });
    const names = [...text.matchAll(/<property name="([^"]*)"/g)].map(([, name]) => name);
    expect(names).toContain('from-the-store');
    expect(names.filter((name) => name?.includes(' '))).toEqual([]);
  });
});
