/**
 * What reading a policy costs: an attacker may push one, so each of these is refused, or read, for a small multiple of what
 * an honest policy of the same length costs. Processor time in one run is compared, never a clock.
 */

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { MAX_POLICY, parsePolicy } from '../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';

const issuer = 'https://accounts.example.test';
const alice = `{name: alice, identity: alice@example.test, issuer: ${issuer}}`;
const START = `version: 1\nsigners:\n  - ${alice}\n`;

/** As much of a repeated text as a policy may hold. */
const full = (text: string, start = '', end = ''): string =>
  start + text.repeat(Math.floor((MAX_POLICY - start.length - end.length) / text.length)) + end;

/** An honest policy, as long as one may be. */
const honest = (): string => {
  const lines = [...Array(500).keys()].map(
    (n) => `  - {name: s${n}, identity: s${n}@example.test, issuer: ${issuer}, from: 2026-01-01}\n`,
  );
  const text = `version: 1\nsigners:\n${lines.join('')}`;
  return text.slice(0, text.slice(0, MAX_POLICY).lastIndexOf('\n') + 1);
};
const members = (count: number): string =>
  `${START}roles: {all: [${[...Array(count).keys()].map((n) => n.toString(36)).join(',')}]}\n`;
const roles = (count: number): string =>
  `${START}roles:\n${[...Array(count).keys()].map((n) => `  ${n}: [x]\n`).join('')}`;

async function costOf(text: string): Promise<{ cpu: number; said: string }> {
  const bytes = utf8(text);
  const before = process.cpuUsage();
  let said = 'read';
  try {
    await parsePolicy(bytes, 'p', nodeCrypto);
  } catch (error) {
    said = (error as { code?: string }).code === 'POLICY_FILE' ? (error as Error).message : 'a bug';
  }
  const { user, system } = process.cpuUsage(before);
  return { cpu: user + system, said };
}

describe('a policy over budget', () => {
  it.each<readonly [string, string, RegExp]>([
    ['70,000 role members', members(70_000), /^p: the policy is longer than 65536 bytes$/],
    [
      'a mebibyte of brackets',
      '['.repeat(1024 * 1024),
      /^p: the policy is longer than 65536 bytes$/,
    ],
    ['64 KiB of brackets', full('['), /^p: line 1, column 33: more than 32 levels$/],
    ['64 KiB of braces', full('{a: '), /: more than 32 levels$/],
    ['64 KiB of list marks on a line', full('- '), /^p: line 1, column 65: more than 32 levels$/],
    ['64 KiB of question marks', full('? '), /: more than 32 levels$/],
    ['10,000 role members', members(10_000), /^p: line 4, column \d+: more than 8192 entries$/],
    ['a dense list', full('- a\n'), /^p: line 8193, column 1: more than 8192 entries$/],
    ['a dense map', full('a:\n'), /: more than 8192 entries$/],
  ])('a policy of %s is refused at little cost (P23)', async (_name, text, said) => {
    await costOf(honest());
    const measure = await costOf(honest());
    const worst = await costOf(text);
    expect(worst.said).toMatch(said);
    expect(worst.cpu).toBeLessThan(4 * measure.cpu + 50_000);
  });
});

describe('a policy within its budget', () => {
  it('a policy of 64 KiB is read, and one byte more is refused', async () => {
    const text = honest();
    const filled = `${text}${'#'.repeat(MAX_POLICY - text.length - 1)}\n`;
    expect((await costOf(filled)).said).toBe('read');
    expect((await costOf(`${filled}\n`)).said).toMatch(/longer than/);
  });
  it.each([
    ['8,000 members who are not listed', members(8_000)],
    ['4,000 roles', roles(4000)],
    ['errors of the library', full('" ', `${START}x: `)],
    ['documents', full('---\n')],
    ['comments', full('#\n')],
    ['escapes', full('\\u0041', `${START}x: "`, '"')],
    ['empty lists', `[${'[],'.repeat(8000)}]`],
    ['one long word', full('x', `${START}x: `)],
  ])('a policy full of %s costs a small multiple of an honest one (P23)', async (_name, text) => {
    await costOf(honest());
    const measure = await costOf(honest());
    const worst = await costOf(text);
    expect(worst.said).not.toBe('a bug');
    expect(worst.cpu).toBeLessThan(6 * measure.cpu + 50_000);
  });
});
