/**
 * Finds the rules that some ref reaches. The first rule that matches a ref governs it, so a rule has no effect if earlier
 * rules match all its names. If the ref is not known, such a rule must not allow a commit (threat P22).
 */

import type { ObjectRule } from './model.ts';
import { coversPattern } from './patterns.ts';

/** Matches every ref and every tag name, for rules without patterns. */
const EVERYWHERE = ['refs/**'];
const EVERY_NAME = ['**'];

function takes({ on }: ObjectRule, pattern: string): boolean {
  return on === undefined || on.some((wide) => coversPattern(wide, pattern));
}

/**
 * Returns the earlier rules that match every name of a rule, or undefined if a name may be left for it. `on` holds the
 * rule's own patterns. Each pattern is compared with each earlier one, so two that only together cover a third are missed.
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

/** Returns for each rule the earlier rules that match all its names, or undefined if some name may reach it. */
export function takenBefore(
  rules: readonly ObjectRule[],
  kind: 'commits' | 'tags',
): readonly (readonly ObjectRule[] | undefined)[] {
  const all = kind === 'commits' ? EVERYWHERE : EVERY_NAME;
  return rules.map((rule, index) => takers(rules.slice(0, index), rule.on ?? all));
}

const known = new WeakMap<readonly ObjectRule[], readonly ObjectRule[]>();

/** Returns the rules for commits that some ref reaches, and `otherwise` if a ref may be left for it. */
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
