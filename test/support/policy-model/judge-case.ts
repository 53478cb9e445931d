/** The part of the second model that judges a whole run: what counts before each commit, and what several commits need. */

import { approvedEnough, approvedTag, brought, rangeOf } from './approvals.ts';
import { type Carried, carriedBy, type Judging } from './carried.ts';
import type { Act, Case, Commit, PolicyDocument, RevokedEntry, Said } from './cases.ts';
import { type Change, changeOf, governing, type Held, judgeAct, no, personOf } from './model.ts';
import { attested } from './statements.ts';

/** What judges a commit, and what its tree's policy counts for later ones. */
export interface Footing {
  readonly policies: readonly PolicyDocument[];
  readonly change: Change;
  readonly counts: Held;
}

/** Entries that count beside each policy's own, or that no entry counts. */
type Later = readonly RevokedEntry[] | 'none';

/** What carries a commit, judged with these entries of `revoked`. */
function judgingOf(judged: Case, revoked: Later): Judging {
  const own: Judging['own'] = (policies, commit, change) =>
    judgeUnder({ policies, change }, commit, judged.ref, revoked);
  return { judged, line: lineOf(judged), own };
}

/** The commits on the ref's own line. */
function lineOf(judged: Case): ReadonlySet<number> {
  const { commits, world } = judged;
  // a commit that is judged alone is a range of one
  if (world?.single === true) return new Set([world.tip]);
  const range = rangeOf(judged);
  const line = new Set<number>();
  for (let at: number | undefined = tipOf(judged); at !== undefined && range.has(at); ) {
    line.add(at);
    at = commits[at]?.parents[0];
  }
  return line;
}

const tipOf = ({ commits, world }: Case): number => world?.tip ?? commits.length - 1;

function footings(judged: Case, revoked: Later): readonly Footing[] {
  const judging = judgingOf(judged, revoked);
  const { policies, commits, judgedBy, ref } = judged;
  const start = commits[0]?.policy ?? 'none';
  const one = judgedBy === 'parents' ? start : judgedBy;
  const starting = policies[Number(one)] as PolicyDocument;
  const held = (at: number): Held => (at < 0 ? start : (commits[at]?.policy ?? 'none'));
  const found: Footing[] = [{ policies: [starting], change: 'none', counts: start }];
  for (const [at, commit] of commits.entries()) {
    if (at === 0) continue;
    const before = commit.parents.map(held);
    if (judgedBy !== 'parents') {
      found.push({
        policies: [starting],
        change: changeOf(policies, commit.policy, before),
        counts: start,
      });
      continue;
    }
    const counting = commit.parents.map((at) => (at < 0 ? start : (found[at]?.counts ?? 'none')));
    const like = before.indexOf(commit.policy);
    const own = like === -1 ? commit.policy : (counting[like] ?? 'none');
    const under = [...new Set(counting)].map((each) => policies[Number(each)]);
    const whole = under.length > 0 && under.every((policy) => policy !== undefined);
    const footing = whole
      ? { policies: under as PolicyDocument[], change: changeOf(policies, own, counting) }
      : { policies: [starting], change: 'policy-missing' };
    const said = judgeUnder(footing, commit, ref, revoked);
    const carried = (): boolean => carriedBy(judging, { ...footing, at, said }).length > 0;
    const passes = footing.change === 'none' || said.status === 'verified' || carried();
    found.push({ ...footing, counts: passes ? own : (counting[0] ?? 'none') });
  }
  return found;
}

/** "What a later policy of the range revokes counts for all of the range." */
function laterRevoked(judged: Case): readonly RevokedEntry[] {
  const range = rangeOf(judged);
  const judging = judgingOf(judged, 'none');
  return footings(judged, 'none').flatMap((footing, at) => {
    const commit = judged.commits[at] as Commit;
    if (!range.has(at) || typeof footing.change === 'string') return [];
    const said = judgeUnder(footing, commit, judged.ref, 'none');
    const passes =
      said.status === 'verified' || carriedBy(judging, { ...footing, at, said }).length > 0;
    return passes ? (judged.policies[Number(commit.policy)]?.revoked ?? []) : [];
  });
}

function judgeUnder(
  { policies, change }: Omit<Footing, 'counts'>,
  act: Act,
  ref: string | undefined,
  revoked: Later,
): Said {
  const all = policies.map((policy) =>
    revoked === 'none'
      ? judgeAct({ ...policy, revoked: [] }, act, ref, change)
      : judgeAct(policy, act, ref, change, revoked),
  );
  return all.find(({ status }) => status !== 'verified') ?? all[0] ?? no('policy-missing');
}

/** True if the run judges each object by itself, because it is not known for which ref the commits are. */
export function isAlone({ ref, judgedBy, policies }: Case): boolean {
  const policy = judgedBy === 'parents' ? undefined : policies[judgedBy];
  return ref === undefined && policy?.commits?.some(({ refs }) => refs !== undefined) === true;
}

/** Judges a run: an answer for each commit but the start and, if there is one, for the tag. */
export function judgeCase(judged: Case): readonly Said[] {
  const { commits, ref, tag, policies, judgedBy, world } = judged;
  const revoked = laterRevoked(judged);
  const feet = footings(judged, revoked);
  const range = rangeOf(judged);
  const line = lineOf(judged);
  const judging = judgingOf(judged, revoked);
  const carried = new Map<number, Carried>();
  const said: Said[] = [{ status: 'verified' }];
  const alones: Said[] = [];
  const tip = tipOf(judged);
  const together = (at: number, commit: Commit, alone: Said): Said => {
    const under = feet[at]?.policies ?? [];
    const rules = under.flatMap((policy) => governing(policy, commit, ref));
    const { parents } = commit;
    const asked = rules.map(({ merges = 'any' }) => merges).filter((each) => each !== 'any');
    if (asked.length > 0 && parents.length > 1) {
      // if a commit is judged alone, its parents are judged by what they are themselves
      const fails = (parent: number): boolean =>
        world?.single === true
          ? alones[parent]?.status !== 'verified'
          : range.has(parent) && said[parent]?.status !== 'verified';
      if (parents.some(fails)) return no('merge-parent-not-verified');
      if (asked.includes('clean') && !(parents.length === 2 && commit.clean)) {
        return no('merge-not-clean');
      }
    }
    if (!line.has(at)) return alone;
    const landing = { at, range, line, carried };
    const brings = brought(judged, landing);
    // "If a commit is judged alone, of what it brings only its other parents count."
    const passing =
      world?.single === true
        ? brings.filter((each) => parents.includes(each) && alones[each]?.status === 'verified')
        : brings.filter((each) => said[each]?.status === 'verified');
    // a carried commit counts for those whose work it is
    const signing = [at, ...passing].flatMap((each) => carried.get(each)?.counted ?? [each]);
    const enough = under.every((policy) => {
      const people = new Set(signing.flatMap((each) => personOf(policy, commits[each]?.by) ?? []));
      const due = governing(policy, commit, ref).map((rule) => rule['distinct-signers'] ?? 1);
      return people.size >= Math.max(1, ...due);
    });
    if (!enough) return no('too-few-signers');
    const approved = under.every((policy) =>
      governing(policy, commit, ref).some((rule) =>
        approvedEnough(judged, landing, { policy, later: revoked, rule }),
      ),
    );
    if (!approved) return no('too-few-approvals');
    const told = under.every((policy) =>
      attested(judged, policy, revoked, { ids: [commit.id], ref }),
    );
    return at !== tip || told ? alone : no('attestation-missing');
  };
  for (const [at, commit] of commits.entries()) {
    const footing = feet[at] as Footing;
    const alone = judgeUnder(footing, commit, ref, revoked);
    const [way] = carriedBy(judging, { ...footing, at, said: alone });
    if (way !== undefined) carried.set(at, way);
    const passes: Said = way === undefined ? alone : { status: 'verified', carried: way.how };
    alones.push(passes);
    if (at === 0) continue;
    const stays = isAlone(judged) || passes.status !== 'verified';
    said.push(stays ? passes : together(at, commit, passes));
  }
  const shown = said.filter((_, at) => (world?.single === true ? at === tip : range.has(at)));
  if (tag === undefined || judgedBy === 'parents') return shown;
  const policy = policies[judgedBy] as PolicyDocument;
  return [...shown, judgeTag(judged, policy, tag)];
}

/** "For a tag, the tag counts together with what it leads to." */
function judgeTag(judged: Case, policy: PolicyDocument, tag: Act): Said {
  const { ref } = judged;
  const target = judged.commits[tipOf(judged)] as Commit;
  const said = judgeAct(policy, tag, ref);
  if (said.status !== 'verified') return said;
  const passing = [tag, ...(judgeAct(policy, target, ref).status === 'verified' ? [target] : [])];
  const people = new Set(passing.flatMap(({ by }) => personOf(policy, by) ?? []));
  const [rule = {}] = governing(policy, tag, undefined);
  if (people.size < (rule['distinct-signers'] ?? 1)) return no('too-few-signers');
  if (!approvedTag(judged, { tag, target }, { policy, later: [], rule }))
    return no('too-few-approvals');
  const asked = { ids: [tag.id, target.id], tag: tag.tagName ?? '' };
  return attested(judged, policy, [], asked) ? said : no('attestation-missing');
}
