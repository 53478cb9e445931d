import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { carriedOddities } from '../../../src/core/policy/lint-carried.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

it.each([
  ['[{by: [a], carried: {how: [squash], by: [web]}}]', 0],
  ['[{carried: {how: [squash], by: [web]}}]', 1],
  ['[{by: [a, web], carried: {how: [squash], by: [web]}}]', 1],
  ['[{by: [a], carried: {how: [squash]}}]', 0],
])('a rule that lets the forge sign by itself carries nothing: %s', async (commits, count) => {
  const signers = '[{name: a, identity: b, issuer: c}, {name: web, preset: github-web-flow}]';
  const text = `version: 1\nsigners: ${signers}\ncommits: ${commits}\n`;
  expect(carriedOddities(await parsePolicy(utf8(text), 'p', nodeCrypto))).toHaveLength(count);
});
