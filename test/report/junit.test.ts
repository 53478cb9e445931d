import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hostileSamples, plainSamples, reported } from '../support/judged-samples.ts';
import { haveTools } from '../support/tools.ts';

const schema = fileURLToPath(new URL('../vectors/schemas/junit.xsd', import.meta.url));

function faults(xml: string): string {
  const args = ['--nonet', '--noout', '--schema', schema, '-'];
  const { status, stderr } = spawnSync('xmllint', args, { input: xml, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

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

  it.skipIf(!haveTools('xmllint'))('JUnit follows its schema, even with hostile text', () => {
    expect(faults(reported('junit', plainSamples()).text)).toBe('');
    expect(faults(reported('junit', hostileSamples()).text)).toBe('');
    expect(faults(reported('junit', []).text)).toBe('');
    const { text } = reported('junit', plainSamples());
    expect(faults(text.replace('<testcase ', '<testcases '))).not.toBe('');
  });
});
