/** A slice of each campaign of scripts/fuzz, in every suite: the same mutants each time. */

import { expect, it } from 'vitest';
import { freshState, runCampaign, type State } from '../scripts/fuzz-parts/campaign.ts';
import { kindCampaign } from '../scripts/fuzz-parts/kinds.ts';
import { objectCampaign } from '../scripts/fuzz-parts/objects.ts';
import { policyCampaign } from '../scripts/fuzz-parts/policies.ts';
import { payloadKind } from '../src/core/git/payload-kind.ts';

const SEED = 20261129;

it('a stricter policy never allows more, and what no ref allows is not allowed without one (P22)', async () => {
  const done: State = await runCampaign(policyCampaign(SEED), freshState('policies', SEED), 20_000);
  expect(done.findings).toEqual([]);
  // it is no campaign where everything, or nothing, is allowed
  expect(done.statuses['allowed']).toBeGreaterThan(1000);
  expect(done.statuses['not allowed']).toBeGreaterThan(1000);
});

it('what verifies reads for git as the good object that was signed (G18)', async () => {
  const campaign = await objectCampaign(SEED);
  const done: State = await runCampaign(campaign, freshState('objects', SEED), 8000);
  expect(done.findings).toEqual([]);
  // most are refused for what was changed, and some changes are harmless
  expect(done.statuses['refused']).toBeGreaterThan(4000);
  expect(done.statuses['verified']).toBeGreaterThan(300);
});

it('no payload is signed or verified as a kind that it is not (K1, A1, A2)', async () => {
  const done: State = await runCampaign(kindCampaign(SEED), freshState('kinds', SEED), 1500);
  expect(done.findings).toEqual([]);
  const { refused = 0, ...signed } = done.statuses;
  expect(refused).toBeGreaterThan(600);
  expect(Object.keys(signed).sort()).toEqual(['commit', 'push', 'statement', 'tag']);
  for (const count of Object.values(signed)) expect(count).toBeGreaterThan(100);
});

it('a signer that looks at the first bytes alone is found (K1, A1)', async () => {
  const careless = (payload: Uint8Array) => payloadKind(payload) ?? 'commit';
  const done = await runCampaign(kindCampaign(SEED, careless), freshState('kinds', SEED), 100);
  expect(done.findings.length).toBeGreaterThan(10);
});
