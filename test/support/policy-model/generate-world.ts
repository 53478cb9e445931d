/** Makes random histories with pull requests that land by squash, rebase, merge and push, and approvals of them. */

import {
  APPROVAL_TYPE,
  type Case,
  CERTIFICATES,
  type Commit,
  HEAD_REFS,
  LOGS,
  REFS,
  type SignedBy,
  STATEMENT_TYPES,
  type Statement,
  TAG_NAMES,
  type World,
} from './cases.ts';
import { type Chance, chanceOf } from './chance.ts';
import { DAY, idOf, START } from './generate-policy.ts';
import { ACTORS, type Actor, FORGES, worldPolicies } from './generate-world-policy.ts';
import {
  appliedTo,
  bestBases,
  between,
  type Files,
  filesOf,
  mergeOf,
  same,
  treeId,
} from './git-facts.ts';

const PATHS = ['a', 'b', 'c', 'd'] as const;
const ADDRESSES = ['https://host.test/acme/app', 'https://host.test/acme/other'] as const;

interface Made {
  readonly chance: Chance;
  readonly commits: Commit[];
  readonly heads: { ref: string; at: number }[];
  /** What landed: the head, and the branch before it. */
  readonly topics: { readonly head: number; readonly onto: number; readonly landing: number }[];
  readonly policies: number;
}

const timeAt = (at: number): number => START + at * 600;

interface Fresh {
  readonly parents: readonly number[];
  readonly files: Files;
  readonly policy: Commit['policy'];
  readonly actor?: Actor | undefined;
  /** Made by a forge. */
  readonly forged?: boolean;
  readonly like?: Commit | undefined;
  readonly message?: string;
}

/** Adds a commit, and returns its position. */
function add({ chance, commits }: Made, fresh: Fresh): number {
  const at = commits.length;
  const actor = fresh.actor ?? chance.pick(ACTORS.slice(0, 3));
  const by =
    fresh.forged === true ? chance.pick(FORGES) : chance.once(40) ? chance.pick(FORGES) : actor.by;
  const time = timeAt(at);
  const late = chance.once(30) ? chance.pick([2 * DAY, 40 * DAY, -40 * DAY]) : 0;
  const mail =
    fresh.forged === true ? 'forge@host.test' : chance.once(15) ? 'x@b.test' : actor.email;
  const author = chance.once(25)
    ? ('odd' as const)
    : { email: chance.once(20) ? 'AL@x.test' : actor.email, time };
  const [first = -1, second = -1] = fresh.parents;
  const clean =
    fresh.parents.length === 2 &&
    same({ ...fresh.files, ...policyFile(fresh.policy) }, mergeOf(commits, first, second));
  commits.push({
    type: 'commit',
    id: idOf(at),
    by,
    times: [time + late],
    issued: time + late - chance.pick([0, 60, 599]),
    certificate: chance.pick(CERTIFICATES),
    log: chance.pick(LOGS),
    index: chance.upTo(4),
    committer: { email: mail, time: time + late },
    author: fresh.like?.author ?? author,
    signOffs: fresh.like?.signOffs ?? [],
    parents: fresh.parents,
    policy: fresh.policy,
    clean,
    files: fresh.files,
    message: fresh.message ?? fresh.like?.message ?? `change ${at}`,
  });
  return at;
}

function policyFile(policy: Commit['policy']): Files {
  return policy === 'none' ? {} : { '.signet.yaml': policy === 'broken' ? -1 : policy };
}

/** Splits a merged tree into files and the policy. */
function split(tree: Files): { readonly files: Files; readonly policy: Commit['policy'] } {
  const { '.signet.yaml': policy, ...files } = tree;
  return { files, policy: policy === undefined ? 'none' : policy === -1 ? 'broken' : policy };
}

/** A tree with a change of one path. Contents are seldom alike. */
function touched({ chance, commits }: Made, from: Files): Files {
  const path = chance.pick(PATHS);
  if (chance.once(12)) {
    const { [path]: _, ...rest } = from;
    return rest;
  }
  return { ...from, [path]: chance.once(10) ? chance.upTo(3) : 10 + commits.length };
}

/** The policy that a commit has: seldom another one than its parent's. */
function policyAfter({ chance, policies }: Made, before: Commit['policy']): Commit['policy'] {
  if (chance.once(60)) return chance.pick(['none', 'broken'] as const);
  return chance.once(9) ? chance.upTo(policies) : before;
}

function changeOn(made: Made, parent: number, more: Partial<Fresh> = {}): number {
  const { files = {}, policy = 0 } = made.commits[parent] ?? {};
  const quiet = made.chance.once(25);
  return add(made, {
    parents: [parent],
    files: quiet ? files : touched(made, files),
    policy: policyAfter(made, policy),
    ...more,
  });
}

/** A branch of one to three commits, perhaps with a merge of what landed meanwhile. */
function topicOn(made: Made, from: number, tip: number): number {
  const { chance, commits } = made;
  const actor = chance.pick(ACTORS.slice(0, 3));
  let head = from;
  const length = 1 + chance.upTo(3);
  for (let each = 0; each < length; each += 1) {
    head = changeOn(made, head, chance.once(6) ? {} : { actor });
  }
  const tree =
    chance.once(8) && !between(commits, [head], [tip]).includes(-1)
      ? mergeOf(commits, head, tip)
      : undefined;
  if (tree !== undefined && between(commits, [head], [tip]).length > 0)
    head = add(made, { parents: [head, tip], ...split(tree), actor });
  return head;
}

/** Returns the tree, at times with a change that no head holds. */
const altered = (made: Made, files: Files): Files =>
  made.chance.once(12) ? touched(made, files) : files;

function squash(made: Made, onto: number, head: number, message: string): number | undefined {
  const { commits, chance } = made;
  const tree = mergeOf(commits, onto, head);
  if (tree === undefined) return undefined;
  const { files, policy } = split(tree);
  const like = chance.once(3) ? undefined : commits[head];
  return add(made, {
    ...{ parents: [onto], files: altered(made, files), policy },
    ...{ forged: !chance.once(6), like, message },
  });
}

function merge(made: Made, onto: number, head: number, message: string): number | undefined {
  const { commits, chance } = made;
  const tree = mergeOf(commits, onto, head);
  const { files, policy } = split(tree ?? filesOf(commits[head]));
  const parents = chance.once(30) ? [head, onto] : [onto, head];
  const third = chance.once(40) && onto > 1 ? [1].filter((each) => !parents.includes(each)) : [];
  return add(made, {
    ...{ parents: [...parents, ...third], files: altered(made, files), policy },
    ...{ forged: chance.once(2), message },
  });
}

function rebase(made: Made, onto: number, head: number): number | undefined {
  const { commits, chance } = made;
  let tip = onto;
  for (const original of between(commits, [onto], [head])) {
    if ((commits[original]?.parents.length ?? 0) > 1) continue;
    if (chance.once(25)) continue;
    const tree = appliedTo(commits, tip, original);
    if (tree === undefined) return undefined;
    if (same(tree, filesOf(commits[tip])) && !chance.once(4)) continue;
    const { files, policy } = split(tree);
    const like = commits[original] as Commit;
    const message = chance.once(20) ? 'other words' : (like.message ?? '');
    const author = chance.once(25) ? { email: 'x@b.test', time: 5 } : like.author;
    const actor = ACTORS.find(({ by }) => JSON.stringify(by) === JSON.stringify(like.by));
    tip = add(made, {
      ...{ parents: [tip], files: altered(made, files), policy, actor },
      ...{
        forged: !chance.once(3),
        like: { ...like, author },
        message: chance.once(9) ? `${message}\n` : message,
      },
    });
  }
  return tip === onto ? undefined : tip;
}

function land(made: Made, tip: number): number {
  const { chance, commits, heads } = made;
  if (chance.once(4)) return changeOn(made, tip);
  const back = chance.pick([0, 0, 1, 2]);
  let from = tip;
  for (let each = 0; each < back; each += 1) from = commits[from]?.parents[0] ?? from;
  const head = topicOn(made, from, tip);
  const ref = chance.pick(HEAD_REFS.slice(0, chance.once(3) ? 6 : 2));
  const kept = chance.once(15)
    ? undefined
    : chance.once(20)
      ? (commits[head]?.parents[0] ?? head)
      : head;
  if (kept !== undefined && !heads.some((each) => each.ref === ref)) heads.push({ ref, at: kept });
  const number = chance.once(6) ? '9' : (/[0-9]+/.exec(ref)?.[0] ?? '8');
  const message = chance.once(4) ? 'lands' : `lands (#${number})`;
  const forward = between(commits, [head], [tip]).length === 0;
  const landing =
    forward && chance.once(4)
      ? head
      : chance.pick([
          () => squash(made, tip, head, message),
          () => rebase(made, tip, head),
          () => merge(made, tip, head, message),
        ])();
  if (landing === undefined) return tip;
  made.topics.push({ head, onto: tip, landing });
  return landing;
}

const statementBy = (chance: Chance, by: SignedBy, at: number) => {
  const time = timeAt(at) + chance.pick([0, 0, 0, DAY, 3 * DAY]);
  return {
    by: by as Statement['by'],
    times: [time],
    issued: time - chance.pick([0, 60, 599]),
    certificate: chance.pick(CERTIFICATES),
    log: chance.pick(LOGS),
    index: chance.upTo(4),
    holds: !chance.once(40),
  };
};

/** One approval of a topic or of a landing, right or with a fault. */
function approval(made: Made, ref: string, tag: string | undefined): Statement {
  const { chance, commits, topics } = made;
  const topic = chance.pick(topics.length === 0 ? [{ head: 1, onto: 0, landing: 1 }] : topics);
  const own = chance.once(4);
  const last = Math.max(0, commits.length - 1);
  const head = chance.once(20) ? chance.upTo(commits.length) : own ? topic.landing : topic.head;
  const onto = own ? (commits[head]?.parents[0] ?? 0) : topic.onto;
  const best = bestBases(commits, onto, head)[0] ?? 0;
  const base = chance.once(20) ? chance.upTo(commits.length) : chance.once(15) ? undefined : best;
  const approver = chance.pick(ACTORS.slice(0, 5));
  const forTag = tag !== undefined && chance.once(2);
  const target = forTag && !chance.once(6) ? last : head;
  const commit = commits[target];
  const named = forTag ? `refs/tags/${tag}` : chance.once(15) ? chance.pick(REFS) : ref;
  const repository = chance.once(3) ? undefined : ADDRESSES[chance.once(8) ? 1 : 0];
  const others = chance.once(40) ? [commits[0]?.id ?? ''] : [];
  return {
    ...statementBy(chance, approver.by, target),
    commits: [commit?.id ?? '', ...others],
    trees: [treeId(filesOf(chance.once(40) ? commits[0] : commit))],
    tags: forTag && chance.once(2) ? [chance.once(5) ? idOf(98) : idOf(99)] : [],
    type: APPROVAL_TYPE,
    content: {
      ref: named,
      ...(base === undefined || forTag ? {} : { base: commits[base]?.id }),
      ...(repository === undefined ? {} : { repository }),
    },
  };
}

/** A statement for `attestations`, mostly about the tip. */
function attestation(made: Made, tip: number): Statement {
  const { chance, commits } = made;
  const about = chance.once(6) ? chance.upTo(commits.length) : tip;
  const type = chance.pick(Object.values(STATEMENT_TYPES));
  const content =
    type === STATEMENT_TYPES['review']
      ? { result: chance.once(4) ? 'fail' : 'pass' }
      : {
          result: chance.once(5) ? 'FAILED' : 'PASSED',
          configuration: [{ uri: 'https://x.test/run' }],
          ...(chance.once(4) ? { failedTests: chance.once(2) ? [] : ['one'] } : {}),
        };
  const tagged = chance.once(6);
  return {
    ...statementBy(chance, chance.pick(ACTORS.slice(0, 5)).by, about),
    commits: tagged ? [] : [commits[about]?.id ?? ''],
    trees: [],
    tags: tagged ? [idOf(99)] : [],
    ...{ type, content },
  };
}

/** Returns the case of a seed, with a world. */
export function worldCaseOf(seed: number): Case {
  const chance = chanceOf(seed);
  const { policies, asks } = worldPolicies(chance);
  const made: Made = { chance, commits: [], heads: [], topics: [], policies: policies.length };
  add(made, { parents: [], files: { a: 1, b: 2, c: 3 }, policy: 0 });
  let tip = changeOn(made, 0, { policy: 0 });
  const steps = 1 + chance.upTo(3);
  for (let each = 0; each < steps; each += 1) tip = land(made, tip);
  const single = chance.once(10);
  const judgedBy =
    !single && chance.once(3) ? 'parents' : chance.once(3) ? chance.upTo(policies.length) : 0;
  const ref = chance.once(4) ? chance.pick(REFS) : 'refs/heads/main';
  const name =
    judgedBy !== 'parents' && asks.tags && chance.once(2) ? chance.pick(TAG_NAMES) : undefined;
  const statements = asks.approvals
    ? Array.from({ length: 1 + chance.upTo(5) }, () => approval(made, ref, name))
    : [];
  const attested = asks.attestations
    ? Array.from({ length: chance.upTo(4) }, () => attestation(made, tip))
    : [];
  const { id: _, ...act } = made.commits[tip] as Commit;
  const { parents: __, policy: ___, clean: ____, files: _____, message: ______, ...rest } = act;
  const actor = chance.pick(ACTORS.slice(0, 3));
  const world: World = {
    ...{ tip, single, heads: made.heads, statements: [...statements, ...attested] },
    addresses: chance.once(3) ? [] : chance.once(5) ? ADDRESSES : [ADDRESSES[0]],
  };
  // a commit that is judged alone brings no change of the policy with it
  const commits = single ? made.commits.map((each) => ({ ...each, policy: 0 })) : made.commits;
  return {
    ...{ policies, commits, judgedBy, ref, world },
    tag:
      name === undefined
        ? undefined
        : { ...rest, type: 'tag', id: idOf(99), by: actor.by, author: 'odd', tagName: name },
  };
}
