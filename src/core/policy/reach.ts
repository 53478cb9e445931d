/**
 * Which rules some ref reaches. The first rule that fits a ref governs it, so a rule whose names earlier rules take
 * governs nothing. Where the ref is not known, such a rule must not allow what no ref would allow (threat P22).
 */

import type { ObjectRule } from './model.ts';
import { coversPattern } from './patterns.ts';

/** Every name that git gives a ref, and every tag's name; for rules that name no place. */
const EVERYWHERE = ['refs/**'];
const EVERY_NAME = ['**'];

function takes({ on }: ObjectRule, pattern: string): boolean {
  return on === undefined || on.some((wide) => coversPattern(wide, pattern));
}

/**
 * The earlier rules that take every name of a rule; undefined when some name may be left for it. `on`: the rule's own
 * patterns. Each pattern is compared with each earlier one, so two that cover a third only together are not noticed.
 */
function takers(
  earlier: readonly ObjectRule[],
  on: readonly string[],
): readonly ObjectRule[] | undefined {
  const found = new Set<ObjectRule>();
  for (const pattern of on) {
    const taker = earlier.find((rule) => takes(rule, pattern));
    if (taker === undefined) return undefined;
    found.add(taker);
  }
  return [...found];
}

/** For each rule the earlier rules that take all its names; undefined for one that some name may reach. */
export function takenBefore(
  rules: readonly ObjectRule[],
  kind: 'commits' | 'tags',
): readonly (readonly ObjectRule[] | undefined)[] {
  const all = kind === 'commits' ? EVERYWHERE : EVERY_NAME;
  return rules.map((rule, index) => takers(rules.slice(0, index), rule.on ?? all));
}

const known = new WeakMap<readonly ObjectRule[], readonly ObjectRule[]>();

/** The rules for commits that some ref reaches, `otherwise` among them where a ref may be left for it. */
export function reachedRules(
  rules: readonly ObjectRule[],
  otherwise: ObjectRule,
): readonly ObjectRule[] {
  const before = known.get(rules);
  if (before !== undefined) return before;
  const all = [...rules, otherwise];
  const taken = takenBefore(all, 'commits');
  const reached = all.filter((_, index) => taken[index] === undefined);
  known.set(rules, reached);
  return reached;
}
