/** Finds `approvals` that ask for too much, or for too little: people that there are not, or the author's own word. */

import type { IdentityPolicy, ObjectRule } from './model.ts';

/** One sentence about a rule, with the rule's label. */
interface Oddity {
  readonly where: string;
  readonly what: string;
}

/** The people of a policy. Only a login approves, but a key may sign what is approved. */
interface People {
  readonly all: readonly string[];
  readonly withLogin: ReadonlySet<string>;
}

function ofRule({ label, by, approvals }: ObjectRule, people: People): readonly Oddity[] {
  if (approvals === undefined) return [];
  const { count, notAuthor, by: named = people.all } = approvals;
  const approvers = named.filter((name) => people.withLogin.has(name));
  const enough = (author?: string): boolean =>
    approvers.filter((name) => name !== author).length >= count;
  const say = (what: string): Oddity => ({ where: label, what });
  if (!enough()) return [say(`approvals: ${count}, but ${approvers.length} may approve`)];
  if (!notAuthor) return [say('approvals without not: author, so an author may approve alone')];
  const stuck = [...new Set(by ?? people.all)].filter((name) => !enough(name));
  if (stuck.length === 0) return [];
  const few = `approvals: ${count}, but too few others may approve what is signed by`;
  return [say(`${few} ${stuck.join(', ')}`)];
}

/** Returns the odd parts of all `approvals` of a policy. */
export function approvalOddities(policy: IdentityPolicy): readonly Oddity[] {
  const { rules, keys = [], commits = [], tags = [] } = policy;
  const all = [...new Set([...rules, ...keys].map(({ name }) => name))];
  const people = { all, withLogin: new Set(rules.map(({ name }) => name)) };
  return [...commits, ...tags].flatMap((rule) => ofRule(rule, people));
}
