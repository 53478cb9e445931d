/** Finds rules with `carried` whose signers of the forge's commits sign for themselves. */

import type { IdentityPolicy } from './model.ts';

/** One sentence about a rule, with the rule's label. */
interface CarriedOddity {
  readonly where: string;
  readonly what: string;
}

/** Returns the odd parts of all `carried` of a policy. */
export function carriedOddities({ commits = [] }: IdentityPolicy): readonly CarriedOddity[] {
  return commits.flatMap(({ label, by, carried }) => {
    const alone = (carried?.by ?? []).filter((name) => by === undefined || by.includes(name));
    if (alone.length === 0) return [];
    const what = `carried names ${alone.join(', ')}, but the rule lets them sign, so their commits pass without a head`;
    return [{ where: label, what }];
  });
}
