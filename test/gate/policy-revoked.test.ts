/** What must stay true of `revoked` whatever policy and history it meets: relations between two runs of the program. */

import { describe, expect, it } from 'vitest';
import { programSays } from '../support/policy-model/beside.ts';
import type { Case, PolicyDocument, RevokedEntry, Said } from '../support/policy-model/cases.ts';
import { type Chance, chanceOf } from '../support/policy-model/chance.ts';
import { caseOf } from '../support/policy-model/generate.ts';
import { revokedEntry } from '../support/policy-model/generate-policy.ts';
import { DEEP } from '../support/sample.ts';

const CASES = DEEP ? 6000 : 500;
const LONG = { timeout: DEEP ? 300_000 : 60_000 };

/** A case that one policy of its own judges, which no commit of the history holds. */
type JudgedByOne = Case & { readonly judgedBy: number };

function judgedByOne(judged: Case): JudgedByOne {
  const { policies, judgedBy } = judged;
  const policy = policies[judgedBy === 'parents' ? 0 : judgedBy] as PolicyDocument;
  return { ...judged, policies: [...policies, policy], judgedBy: policies.length };
}

function withEntries(judged: JudgedByOne, revoked: readonly RevokedEntry[]): JudgedByOne {
  const { policies, judgedBy } = judged;
  const { revoked: _, ...rest } = policies[judgedBy] as PolicyDocument;
  const policy = revoked.length === 0 ? rest : { ...rest, revoked };
  return { ...judged, policies: policies.with(judgedBy, policy) };
}

const entriesOf = ({ policies, judgedBy }: JudgedByOne): readonly RevokedEntry[] =>
  policies[judgedBy]?.revoked ?? [];

/** An entry that leaves the policy valid: it has an end. */
function ended(chance: Chance): RevokedEntry {
  const entry = revokedEntry(chance);
  const open = entry.identity !== undefined && entry.until === undefined;
  return open ? { ...entry, until: '2026-12-31T00:00Z' } : entry;
}

/** Leaves out the rules that look at several commits, so that an object's verdict depends on that object alone. */
function withoutGraph(judged: Case): Case {
  const policies = judged.policies.map((policy) => ({
    ...policy,
    commits: policy.commits?.map(({ merges: _, 'distinct-signers': __, ...rule }) => rule),
    tags: policy.tags?.map(({ 'distinct-signers': _, ...rule }) => rule),
  }));
  return { ...judged, policies: JSON.parse(JSON.stringify(policies)) as Case['policies'] };
}

async function forEachCase(
  check: (judged: JudgedByOne, chance: Chance, seed: number) => Promise<void>,
): Promise<void> {
  for (let seed = 1; seed <= CASES; seed += 1) {
    await check(judgedByOne(caseOf(seed)), chanceOf(seed + 1_000_000), seed);
  }
}

/** Places that pass in `after` and did not pass in `before`. */
function gained(before: readonly Said[], after: readonly Said[]): readonly number[] {
  return [...after.keys()].filter(
    (at) => after[at]?.status === 'verified' && before[at]?.status !== 'verified',
  );
}

describe('what holds of revoked entries in every policy and history', LONG, () => {
  it('an entry that is added allows no object that was not allowed before', async () => {
    let hit = 0;
    await forEachCase(async (judged, chance, seed) => {
      const before = await programSays(judged);
      const more = withEntries(judged, [...entriesOf(judged), ended(chance)]);
      const after = await programSays(more);
      expect(gained(before, after), `seed ${seed}`).toEqual([]);
      hit += JSON.stringify(before) === JSON.stringify(after) ? 0 : 1;
    });
    expect(hit).toBeGreaterThan(CASES / 50);
  });

  it('an entry that is added to every policy lets no run pass that failed before', async () => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const judged = caseOf(seed);
      const entry = ended(chanceOf(seed + 2_000_000));
      const policies = judged.policies.map(({ revoked = [], ...policy }) => ({
        ...policy,
        revoked: [...revoked, entry],
      }));
      const fails = (said: readonly Said[]): boolean =>
        said.some(({ status }) => status !== 'verified');
      if (!fails(await programSays(judged))) continue;
      expect(fails(await programSays({ ...judged, policies })), `seed ${seed}`).toBe(true);
    }
  });

  it('the order of the entries changes no verdict', async () => {
    await forEachCase(async (judged, chance, seed) => {
      const entries = [...entriesOf(judged), ended(chance), ended(chance), ended(chance)];
      const one = await programSays(withEntries(judged, entries));
      const other = await programSays(withEntries(judged, entries.toReversed()));
      expect(other, `seed ${seed}`).toEqual(one);
    });
  });

  it('an exception changes the verdict of no other object (V7)', async () => {
    let excepted = 0;
    await forEachCase(async (judged, chance, seed) => {
      const plain = withoutGraph(judged) as JudgedByOne;
      const { except: _, ...entry } = ended(chance);
      const at = 1 + chance.upTo(judged.commits.length - 1);
      const id = judged.commits[at]?.id ?? '';
      const entries = entriesOf(plain);
      const before = await programSays(withEntries(plain, [...entries, entry]));
      const after = await programSays(withEntries(plain, [...entries, { ...entry, except: [id] }]));
      const changed = [...after.keys()].filter(
        (each) => JSON.stringify(before[each]) !== JSON.stringify(after[each]),
      );
      expect(
        changed.filter((each) => each !== at - 1),
        `seed ${seed}`,
      ).toEqual([]);
      excepted += changed.length;
    });
    expect(excepted).toBeGreaterThan(CASES / 100);
  });

  it('a longer window allows no object that was not allowed before', async () => {
    await forEachCase(async (judged, chance, seed) => {
      const { from, ...entry } = ended(chance);
      const entries = entriesOf(judged);
      const short = from === undefined ? entry : { ...entry, from };
      const before = await programSays(withEntries(judged, [...entries, short]));
      const after = await programSays(withEntries(judged, [...entries, entry]));
      expect(gained(before, after), `seed ${seed}`).toEqual([]);
    });
  });

  it('an entry about a stranger changes no verdict', async () => {
    await forEachCase(async (judged, _chance, seed) => {
      const stranger = { identity: 'nobody@x.test', issuer: 'https://i1.test', reason: 'x' };
      const more = withEntries(judged, [...entriesOf(judged), stranger]);
      expect(await programSays(more), `seed ${seed}`).toEqual(await programSays(judged));
    });
  });
});
