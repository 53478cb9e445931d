/** A pushed object costs no more than its hash: budgets are kept before anything is collected. */

import { describe, expect, it } from 'vitest';
import type { ObjectType } from '../../../src/core/git/header.ts';
import { objectId, openObject, subjectLine } from '../../../src/core/git/signed-object.ts';
import { signOffsOf } from '../../../src/core/policy/claims.ts';
import { verifyObject } from '../../../src/core/verify.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { contextOf } from '../../support/gitsign-vectors.ts';
import { armor, bytes, header } from '../../support/odd-objects.ts';

const MIB = 1024 * 1024;
const TREE = `tree ${'1'.repeat(40)}\n`;
const PEOPLE = 'author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n';
const TOP = TREE + PEOPLE;
const TAG = `object ${'1'.repeat(40)}\ntype commit\ntag v1\ntagger A <a@x> 1 +0000\n`;
const SIGNATURE = header('gpgsig', armor());
const times = (text: string, size: number): string => text.repeat(Math.floor(size / text.length));

const WORST: readonly (readonly [name: string, type: ObjectType, raw: string, code: string])[] = [
  [
    '16 MiB of empty signature lines',
    'commit',
    `${TOP}gpgsig x\n${times(' \n', 16 * MIB)}\nm\n`,
    'object-malformed',
  ],
  [
    '16 MiB of empty lines of another header',
    'commit',
    `${TOP}x 1\n${times(' \n', 16 * MIB)}${SIGNATURE}\nm\n`,
    'object-malformed',
  ],
  [
    '16 MiB of short headers',
    'commit',
    `${TOP}${times('x 1\n', 16 * MIB)}${SIGNATURE}\nm\n`,
    'object-malformed',
  ],
  [
    '16 MiB of one line',
    'commit',
    `${TOP}x ${times('y', 16 * MIB)}\n${SIGNATURE}\nm\n`,
    'object-malformed',
  ],
  [
    '16 MiB of parents',
    'commit',
    `${TREE}${times(`parent ${'2'.repeat(40)}\n`, 16 * MIB)}${PEOPLE}${SIGNATURE}\nm\n`,
    'object-malformed',
  ],
  [
    'two million header lines in 4 MiB',
    'commit',
    `${TOP}gpgsig x\n${times(' \n', 4 * MIB - 1024)}\nm\n`,
    'object-malformed',
  ],
  [
    'a signature of 2 MiB in few lines',
    'commit',
    `${TOP}${header('gpgsig', armor(times('A', 2 * MIB)))}\nm\n`,
    'object-malformed',
  ],
  [
    'a tag with a signature of 16 MiB',
    'tag',
    `${TAG}\nm\n${armor(times('\n', 16 * MIB))}`,
    'object-malformed',
  ],
  [
    'a tag of 16 MiB of armor that is none',
    'tag',
    `${TAG}\n${times('-----BEGIN \n', 16 * MIB)}`,
    'unsigned',
  ],
  [
    'a tag with 16 MiB of headers',
    'tag',
    `${TAG}gpgsig x\n${times(' \n', 16 * MIB)}\nm\n${armor()}`,
    'object-malformed',
  ],
  [
    'a person of 3 MiB',
    'commit',
    `${TREE}author ${times('a <', 3 * MIB)}\ncommitter ${times('> ', MIB / 2)}\n${SIGNATURE}\nm\n`,
    'cms-malformed',
  ],
  [
    '60,000 parents',
    'commit',
    `${TREE}${`parent ${'2'.repeat(40)}\n`.repeat(60_000)}${PEOPLE}${SIGNATURE}\nm\n`,
    'cms-malformed',
  ],
  [
    '16 MiB of message lines',
    'commit',
    `${TOP}${SIGNATURE}\n${times('a\n', 16 * MIB)}`,
    'cms-malformed',
  ],
  [
    '16 MiB of blank message lines',
    'commit',
    `${TOP}${SIGNATURE}\n${times(' \n', 16 * MIB)}x`,
    'cms-malformed',
  ],
];

/** Milliseconds of processor, and bytes that are held behind. */
async function costOf(work: () => unknown): Promise<{ cpu: number; held: number }> {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const now = process.memoryUsage();
  return {
    cpu: (user + system) / 1000,
    held: now.heapUsed + now.external - memory.heapUsed - memory.external,
  };
}

describe('the worst that may be pushed', () => {
  it.each(WORST)(
    '%s costs no more than ten hashes of as many bytes (G20)',
    async (_n, type, text, code) => {
      const raw = bytes(text);
      const id = objectId(nodeCrypto, type, raw, 'sha1');
      const hashed = await costOf(() => nodeCrypto.hash('sha1', new Uint8Array(16 * MIB)));
      const judge = (): Promise<{ cpu: number; held: number }> =>
        costOf(async () => {
          const said = await verifyObject({ type, id, raw, format: 'sha1' }, contextOf());
          expect(said).toMatchObject({ code });
          subjectLine(raw);
          signOffsOf(raw);
        });
      // the collector runs when it likes: of three, the least is what the work itself holds
      const costs = [await judge(), await judge(), await judge()];
      expect(Math.min(...costs.map(({ cpu }) => cpu))).toBeLessThan(10 * Math.max(hashed.cpu, 20));
      expect(Math.min(...costs.map(({ held }) => held))).toBeLessThan(48 * MIB);
    },
  );

  it('real commits and tags are far below each budget', () => {
    const mergetag = header(
      'mergetag',
      `${TAG}\n${times('a line of a message\n', 64 * 1024)}${armor()}`,
    );
    const raw = bytes(
      `${TOP}${mergetag.repeat(16)}${header('gpgsig', armor(times(`${'A'.repeat(64)}\n`, 200 * 1024)))}\nm\n`,
    );
    expect(openObject('commit', raw, 'sha1').split).toBeDefined();
  });
});
