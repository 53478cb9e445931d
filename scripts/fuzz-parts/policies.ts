/**
 * The campaign over policies: a stricter policy never allows more, one more proof never less, and where the ref is not
 * known, what is allowed is allowed on some ref. No decision is known beforehand; two of them are compared.
 */

import { decide, type Party, type Subject } from '../../src/core/policy/decide.ts';
import type { IdentityPolicy, IdentityRule, ObjectRule } from '../../src/core/policy/model.ts';
import { type Campaign, finding } from './campaign.ts';
import { randomParty, randomPolicy, randomSubject, refsOf, T } from './policy-samples.ts';
import { type Random, randomAt } from './random.ts';

/** What is judged, and under what. */
interface Question {
  readonly policy: IdentityPolicy;
  readonly party: Party;
  readonly subject: Subject;
}

const allows = ({ policy, party, subject }: Question): boolean =>
  decide(policy, party, subject).allowed;

type Stricter = (question: Question, random: Random) => Question;

const withPolicy = (question: Question, change: Partial<IdentityPolicy>): Question => ({
  ...question,
  policy: { ...question.policy, ...change },
});

const KINDS = ['commits', 'tags'] as const;

/** One rule of one kind changed. */
const ofRule =
  (change: (rule: ObjectRule, random: Random) => ObjectRule): Stricter =>
  (question, random) => {
    const kind = random.pick(KINDS);
    const rules = question.policy[kind] ?? [];
    if (rules.length === 0) return question;
    const at = random.below(rules.length);
    const rule = rules[at];
    if (rule === undefined) return question;
    return withPolicy(question, { [kind]: rules.with(at, change(rule, random)) });
  };

/** One signer changed. */
const ofSigner =
  (change: (rule: IdentityRule, random: Random) => IdentityRule): Stricter =>
  (question, random) => {
    const { rules } = question.policy;
    const at = random.below(rules.length);
    const rule = rules[at];
    if (rule === undefined) return question;
    return withPolicy(question, { rules: rules.with(at, change(rule, random)) });
  };

const ONE_STRICTER = { ignore: 'report', report: 'match', match: 'match' } as const;
const NOBODY = {
  committer: 'ignore',
  author: 'ignore',
  signOff: false,
  merges: 'any',
  distinctSigners: 1,
  by: [],
} as const;
const less = <T>(random: Random, list: readonly T[]): readonly T[] =>
  list.toSpliced(random.below(list.length), 1);

/** Each makes a policy allow the same or less, whatever is judged. */
const STRICTER: Readonly<Record<string, Stricter>> = {
  'a signer less': (question, random) =>
    withPolicy(question, { rules: less(random, question.policy.rules) }),
  'a later start': ofSigner((rule) => ({ ...rule, from: Math.max(rule.from ?? 0, T) })),
  'an earlier end': ofSigner((rule) => ({ ...rule, until: Math.min(rule.until ?? T, T) })),
  'another kind': ofSigner((rule) => ({ ...rule, kind: 'uri' })),
  'an extension': ofSigner((rule) => ({ ...rule, extensions: { '5': 'a/b' } })),
  'a name for a pattern': ofSigner((rule) =>
    rule.identityPattern === '.*' ? { ...rule, identityPattern: 'alice@example\\.test' } : rule,
  ),
  'an address less': ofSigner((rule, random) =>
    rule.addresses === undefined ? rule : { ...rule, addresses: less(random, rule.addresses) },
  ),
  'a name less': ofRule((rule, random) =>
    rule.by === undefined ? rule : { ...rule, by: less(random, rule.by) },
  ),
  'names where none were': ofRule((rule) =>
    rule.by === undefined ? { ...rule, by: ['alice'] } : rule,
  ),
  'a stricter committer': ofRule((rule) => ({ ...rule, committer: ONE_STRICTER[rule.committer] })),
  'a stricter author': ofRule((rule) => ({ ...rule, author: ONE_STRICTER[rule.author] })),
  'a sign-off': ofRule((rule) => ({ ...rule, signOff: true })),
  'a smaller skew': ofRule((rule) => ({ ...rule, maxSkew: Math.min(rule.maxSkew ?? 60, 60) })),
  'who may change it': (question, random) =>
    withPolicy(question, { changes: less(random, question.policy.changes ?? ['alice', 'bob']) }),
  'a rule without signers first': (question, random) => {
    const kind = random.pick(KINDS);
    const [some] = question.policy[kind] ?? [];
    const rule: ObjectRule = {
      ...NOBODY,
      label: 'nobody',
      ...(some?.on === undefined ? {} : { on: some.on }),
    };
    return withPolicy(question, { [kind]: [rule, ...(question.policy[kind] ?? [])] });
  },
  'a rule without signers last': (question, random) => {
    const kind = random.pick(KINDS);
    return withPolicy(question, {
      [kind]: [...(question.policy[kind] ?? []), { ...NOBODY, label: 'nobody' }],
    });
  },
  'fewer refs, and no signer elsewhere': (question, random) => {
    const kind = random.pick(KINDS);
    const rules = question.policy[kind] ?? [];
    const at = random.below(Math.max(1, rules.length));
    const rule = rules[at];
    if (rule?.on === undefined || rule.on.length < 2) return question;
    const narrowed = { ...rule, on: less(random, rule.on) };
    // commits that match no rule must find no signer, so no rule may follow
    return withPolicy(question, {
      [kind]: [...rules.slice(0, at), narrowed, { ...NOBODY, label: 'nobody' }],
    });
  },
  'another proven time': (question) => ({
    ...question,
    party: { ...question.party, times: [...question.party.times, T + 40 * 86_400] },
  }),
  'the policy changed too': (question) => ({
    ...question,
    subject: { ...question.subject, changesPolicy: true },
  }),
  'a ref that is known': (question, random) => ({
    ...question,
    subject: {
      ...question.subject,
      ref: question.subject.ref ?? random.pick(refsOf(question.policy)),
    },
  }),
};

/** Each changes nothing, whatever is judged. */
const EQUAL: Readonly<Record<string, Stricter>> = {
  'signers in another order': (question) =>
    withPolicy(question, { rules: question.policy.rules.toReversed() }),
  'a rule twice': (question, random) => {
    const kind = random.pick(KINDS);
    const rules = question.policy[kind] ?? [];
    const at = random.below(Math.max(1, rules.length));
    const rule = rules[at];
    return rule === undefined
      ? question
      : withPolicy(question, { [kind]: rules.toSpliced(at, 0, rule) });
  },
  'a rule that is never reached': (question) => {
    const { commits = [] } = question.policy;
    const last: ObjectRule = { ...NOBODY, by: ['alice', 'bob', 'carol', 'web'], label: 'last' };
    const closing: ObjectRule = { ...NOBODY, label: 'nobody' };
    const closed = [...commits, closing];
    if (!commits.some(({ on }) => on === undefined)) return question;
    return withPolicy(question, { commits: [...closed, last] });
  },
};

const STRICTER_NAMES = Object.keys(STRICTER);
const EQUAL_NAMES = Object.keys(EQUAL);

/** What contradicts itself at a position; undefined for nothing. */
function contradiction(
  seed: number,
  position: number,
): { status: string; wrong?: string; what?: unknown } {
  const random = randomAt(seed, position);
  const question: Question = {
    ...{ policy: randomPolicy(random), party: randomParty(random), subject: randomSubject(random) },
  };
  const allowed = allows(question);
  const status = allowed ? 'allowed' : 'not allowed';
  const { policy, subject } = question;
  if (subject.type === 'commit' && subject.ref === undefined && allowed) {
    const somewhere = refsOf(policy).some((ref) =>
      allows({ ...question, subject: { ...subject, ref } }),
    );
    if (!somewhere)
      return { status, wrong: 'allowed without a ref, and on no ref', what: question };
  }
  if (random.once(6)) {
    const name = random.pick(EQUAL_NAMES);
    const other = EQUAL[name]?.(question, random) ?? question;
    const same = allows(other) === allowed;
    return same
      ? { status }
      : { status, wrong: `not the same: ${name}`, what: { question, other } };
  }
  let stricter = question;
  const names: string[] = [];
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const name = random.pick(STRICTER_NAMES);
    names.push(name);
    stricter = STRICTER[name]?.(stricter, random) ?? stricter;
  }
  if (allowed || !allows(stricter)) return { status };
  return {
    status,
    wrong: `stricter allows more: ${names.join(', ')}`,
    what: { question, stricter },
  };
}

export function policyCampaign(seed: number): Campaign {
  const readable = (what: unknown): unknown =>
    JSON.parse(
      JSON.stringify(what, (key, value: unknown) =>
        key === 'payload' ? Buffer.from(Object.values(value as object)).toString() : value,
      ),
    );
  return {
    name: 'policies',
    at: (position) => {
      const { status, wrong, what } = contradiction(seed, position);
      if (wrong === undefined) return { status };
      return { status, finding: finding(seed, position, wrong, readable(what)) };
    },
  };
}
