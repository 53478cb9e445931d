/** Writes what a verification summary says, and who vouches for it. Raw text, so escape it. */

import { type SourceVsa, subjectFor } from '../core/statement/source-vsa.ts';
import type { Verified } from '../core/verdict.ts';
import { rfc3339 } from './json-parts.ts';
import { verdictLine } from './verdict-line.ts';

/** A summary by a signer that counts. */
export interface SignedSummary {
  readonly vsa: SourceVsa;
  readonly evidence: Verified;
  /** Names of the policy's signers. */
  readonly names: readonly string[];
  /** Latest proven time, in Unix seconds. */
  readonly last: number;
}

/** Returns the facts for JSON. `id` is the object that was asked for. */
export function summaryFacts({ vsa, names, evidence, last }: SignedSummary, id: string) {
  const { levels, resourceUri, verifierId, timeVerified, policyUri, policySha256 } = vsa;
  const subject = subjectFor(vsa, id);
  return {
    ...{ id, type: subject?.type, repository: resourceUri, refs: subject?.sourceRefs, levels },
    ...{ signer: evidence.signer, names, signed: rfc3339(last), verifier: verifierId },
    verified: timeVerified === undefined ? undefined : rfc3339(timeVerified),
    policy: { uri: policyUri, sha256: policySha256 },
    without: subject?.run?.without ?? [],
  };
}

/** Returns the facts as lines for people. */
export function summaryLines(summary: SignedSummary, id: string): readonly string[] {
  const facts = summaryFacts(summary, id);
  const { type, repository, refs = [], levels, verified, verifier, policy, without } = facts;
  const by = verdictLine(summary.evidence, undefined).replace(/^good signature by /, '');
  const rows: readonly (readonly [string, string])[] = [
    ['of', repository],
    ['refs', refs.join(', ') || 'none is named'],
    ['levels', levels.join(', ')],
    ['signed by', by],
    ['verified', `${verified ?? 'at a time that it does not say'}, by ${verifier}`],
    ['policy', policy.sha256 === undefined ? policy.uri : `sha256 ${policy.sha256}`],
    ['judged', without.length === 0 ? 'this object' : `all but what ${without.join(', ')} reaches`],
  ];
  return [`PASSED  ${type} ${id}`, ...rows.map(([name, text]) => `  ${name.padEnd(10)}${text}`)];
}
