/** Makes random histories, and the cases of a seed. */

import {
  type Act,
  type Case,
  CERTIFICATES,
  type Commit,
  isKey,
  LOGS,
  type PersonLine,
  type PolicyDocument,
  REFS,
  type SignedBy,
  TAG_NAMES,
} from './cases.ts';
import { type Chance, chanceOf } from './chance.ts';
import {
  changed,
  DAY,
  EMAILS,
  I1,
  idOf,
  policyDocument,
  signedBy,
  time,
} from './generate-policy.ts';

function personLine(chance: Chance, by: SignedBy | undefined, at: number): PersonLine {
  if (chance.once(25)) return 'odd';
  const own = by?.kind === 'email' && !by.value.includes('\n') ? by.value : 'alice@a.test';
  const email = chance.once(4) ? chance.pick(['alice@a.test', 'x@b.test', 'y@c.test']) : own;
  return {
    email,
    time: at + (chance.once(4) ? chance.pick([-604_801, -90, 91, 601, 86_401, -86_400]) : 0),
  };
}

function act(chance: Chance, calm: boolean): Omit<Act, 'type' | 'id'> {
  const person = { kind: 'email', value: chance.pick(EMAILS.slice(0, 2)), issuer: I1 } as const;
  const by = chance.once(14) ? undefined : calm && !chance.once(12) ? person : signedBy(chance);
  const keyed = by !== undefined && isKey(by);
  const first = time(chance);
  const times = !keyed && chance.once(4) ? [first, time(chance)] : [first];
  return {
    by,
    times,
    issued: keyed ? first : first - chance.pick([0, 1, 60, 599, 2 * DAY]),
    certificate: chance.pick(CERTIFICATES),
    log: chance.pick(LOGS),
    index: chance.upTo(4),
    committer: personLine(chance, by, first),
    author: personLine(chance, by, first),
    signOffs: chance.once(3) ? chance.some(['alice@a.test', 'x@b.test', 'bob@a.test']) : [],
  };
}

function history(
  chance: Chance,
  policies: readonly PolicyDocument[],
  calm: boolean,
): readonly Commit[] {
  const length = 3 + chance.upTo(7);
  const commits: Commit[] = [];
  for (let at = 0; at < length; at += 1) {
    // a parent is near more often than far, so that lines and merges form
    const near = (): number => Math.max(0, at - 1 - chance.pick([0, 0, 0, 1, 1, 2, 4]));
    const first = near();
    const others = chance.once(2) ? [near(), ...(chance.once(6) ? [near()] : [])] : [];
    const outside = chance.once(30) ? [-1] : [];
    const root = chance.once(60);
    const parents = at === 0 || root ? [] : [...new Set([first, ...others, ...outside])];
    const inherited = commits[chance.pick(parents.length === 0 ? [0] : parents)]?.policy ?? 0;
    const fresh = chance.once(4) ? chance.upTo(policies.length) : inherited;
    const gone = chance.once(40) ? chance.pick(['none', 'broken'] as const) : fresh;
    commits.push({
      type: 'commit',
      id: idOf(at),
      ...act(chance, calm),
      parents,
      policy: at === 0 ? 0 : gone,
      clean: chance.once(2),
    });
  }
  return commits;
}

/** Returns the case of a seed. */
export function caseOf(seed: number): Case {
  const chance = chanceOf(seed);
  const calm = chance.once(2);
  const first = policyDocument(chance, calm);
  const policies = [first];
  while (policies.length < 1 + chance.upTo(4))
    policies.push(changed(chance, chance.pick(policies), calm));
  const commits = history(chance, policies, calm);
  const byRef = policies.some((one) => one.commits?.some(({ refs }) => refs !== undefined));
  const unknown = chance.once(4);
  const judgedBy = chance.once(2) && !(unknown && byRef) ? 'parents' : chance.upTo(policies.length);
  const tag = {
    type: 'tag',
    id: idOf(99),
    ...act(chance, calm),
    author: 'odd',
    tagName: chance.pick(TAG_NAMES),
  } as const;
  return {
    ...{ policies, commits, judgedBy },
    ref: unknown ? undefined : chance.pick(REFS),
    tag: judgedBy !== 'parents' && chance.once(3) ? tag : undefined,
  };
}
