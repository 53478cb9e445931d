/** The outcomes of commits that a forge made: carried, not carried, or not searched to the end. */

import type {
  CarriedNotAllowed,
  CarriedSigner,
  CarriedVerified,
  IdentityPolicy,
  Outcome,
} from '../../core/verdict.ts';
import { personOf } from '../person.ts';
import { type CarriedPair, doubts } from './doubts.ts';
import type { Match } from './ways.ts';

/** A match whose commits all pass. */
export interface Proved {
  readonly match: Match;
  /** Full hash. */
  readonly head: string;
  /** The outcome of each commit that the head brings. All are verified. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly pair: CarriedPair;
  readonly policy: IdentityPolicy | undefined;
}

function signersOf(
  outcome: Outcome | undefined,
  policy: IdentityPolicy | undefined,
): readonly CarriedSigner[] {
  if (outcome?.status !== 'verified') return [];
  if ('carried' in outcome) return outcome.carried.signers;
  const person = policy === undefined ? undefined : personOf(policy, outcome);
  const name = person ?? outcome.rule ?? '';
  const { signer } = outcome;
  return ['kind' in outcome ? { name, signer, key: outcome.key } : { name, signer }];
}

/** Returns the outcome of a carried commit. Each signer is named once. */
export function verifiedAs({ match, head, outcomes, pair, policy }: Proved): CarriedVerified {
  const { how, held } = match;
  const signers = new Map<string, CarriedSigner>();
  for (const { id } of held) {
    for (const each of signersOf(outcomes.get(id), policy)) {
      const { kind, value, issuer } = each.signer;
      const key = JSON.stringify([each.name, kind, value, issuer]);
      if (!signers.has(key)) signers.set(key, each);
    }
  }
  const all = [...signers.values()];
  const findings = doubts(pair);
  return {
    status: 'verified',
    carried: {
      ...{ how, head, ...(pair.ref === undefined ? {} : { ref: pair.ref }) },
      ...{ commits: held.map(({ id }) => id), signers: all },
    },
    rule: [...new Set(all.map(({ name }) => name))].join(', '),
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/** Returns the outcome of the commit's own signature, and says why no head carries the commit. */
export function notCarried(own: Outcome, why: string): Outcome {
  if (own.status === 'verified') return own;
  const detail = `${own.detail}, and no head carries it: ${why}`;
  if (own.status !== 'not-allowed') return { ...own, detail, notCarried: why };
  const findings = own.findings?.map((each) =>
    each.detail === own.detail ? { ...each, detail } : each,
  );
  return { ...own, detail, ...(findings === undefined ? {} : { findings }) };
}

/** Returns the outcome of a commit for which there are too many heads to look at. */
export function searchStopped(): CarriedNotAllowed {
  const detail = 'there are more heads than are searched for one that carries it';
  return { status: 'not-allowed', check: 'policy', code: 'carried-search-stopped', detail };
}
