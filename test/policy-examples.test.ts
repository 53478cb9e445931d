/** Each whole policy that a document shows is one that the program reads. The recommended one has nothing odd in it. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { oddities } from '../src/core/policy/lint.ts';
import { parsePolicy } from '../src/gate/policy/file.ts';
import { nodeCrypto } from '../src/system/crypto.ts';
import { blocksOf } from './support/page-blocks.ts';

const docs = fileURLToPath(new URL('../docs/', import.meta.url));
const NOW = 1_795_262_072;
/** A text with `…` is cut short, and stands for a longer one. */
const policies = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) =>
    blocksOf(readFileSync(docs + name, 'utf8')).map((block) => ({ name, ...block })),
  )
  .filter(({ code }) => code.includes('version: 1\n') && !code.includes('…'));

it.each(policies)('the policy in docs/$name can be read', async ({ name, code }) => {
  const policy = await parsePolicy(Buffer.from(code), name, nodeCrypto);
  expect(policy.rules.length).toBeGreaterThan(0);
});

it('the policy that docs/first-week.md recommends has nothing odd in it, and a broken one would be seen', async () => {
  const found = policies.find(({ name }) => name === 'first-week.md');
  expect(found).toBeDefined();
  const policy = await parsePolicy(Buffer.from(found?.code ?? ''), 'x', nodeCrypto);
  expect(oddities(policy, NOW)).toEqual([]);
  const broken = (found?.code ?? '').replace('signers:', 'singers:');
  await expect(parsePolicy(Buffer.from(broken), 'x', nodeCrypto)).rejects.toThrow('singers');
});
