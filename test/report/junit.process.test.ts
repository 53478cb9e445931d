import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hostileSamples, plainSamples, reported } from '../support/judged-samples.ts';
import { haveTools } from '../support/tools.ts';

const schema = fileURLToPath(new URL('../vectors/schemas/junit.xsd', import.meta.url));

function faults(xml: string): string {
  const args = ['--nonet', '--noout', '--schema', schema, '-'];
  const { status, stderr } = spawnSync('xmllint', args, { input: xml, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

it.skipIf(!haveTools('xmllint'))('JUnit follows its schema, even with hostile text', () => {
  expect(faults(reported('junit', plainSamples()).text)).toBe('');
  expect(faults(reported('junit', hostileSamples()).text)).toBe('');
  expect(faults(reported('junit', []).text)).toBe('');
  const { text } = reported('junit', plainSamples());
  expect(faults(text.replace('<testcase ', '<testcases '))).not.toBe('');
});
