/** Faults in the judgement of carried commits, approvals and statements. The model must find every one. */

import type { PolicyMutant } from './mutants.ts';

const mutant = (name: string, file: string, from: string, to: string): PolicyMutant => ({
  ...{ name, file: `src/${file}`, from, to },
});

const REQUIRED = 'statements/required.ts';
const STATED = 'statements/judge.ts';
const TIPS = 'gate/attestations.ts';
const COUNT = 'gate/approvals/count.ts';
const LANDED = 'gate/approvals/landed.ts';
const RULES = 'core/policy/approvals.ts';

export const WORLD_MUTANTS: readonly PolicyMutant[] = [
  mutant(
    'a signer whom the rule does not name may state',
    REQUIRED,
    '!signers.some((name) => by.includes(name))',
    'signers.length === 0',
  ),
  mutant(
    'a test that failed counts',
    REQUIRED,
    'passes?.(statement.predicate) === false',
    'passes === null',
  ),
  mutant(
    'one fulfilled rule is enough',
    REQUIRED,
    'if (problem !== undefined) return problem;\n  }',
    'return problem;\n  }',
  ),
  mutant(
    'a statement about another object counts',
    STATED,
    'if (!isAbout(statement, about)) {',
    'if (about.id === "") {',
  ),
  mutant(
    'a statement by a revoked or unlisted signer counts',
    STATED,
    'if (!signer.allowed) {',
    'if (!signer.allowed && signer.code === "signer-out-of-dates") {',
  ),
  mutant(
    'the first tip of a range needs no statement',
    TIPS,
    'tips.has(commit.id)',
    'tips.size > 1',
  ),
  mutant('an approval for another ref counts', RULES, 'return ref === judged;', 'return true;'),
  mutant(
    'an approval without a repository counts',
    COUNT,
    "if (repository === undefined) return { why: 'it names no repository' };",
    'if (repository === undefined) return { person: policy.rules[0]?.name ?? "" };',
  ),
  mutant('an approval for another repository counts', COUNT, 'if (!here)', 'if (false)'),
  mutant(
    'a signer whom the rule does not name may approve',
    COUNT,
    'by !== undefined && !signer.names.some((name) => by.includes(name))',
    'false',
  ),
  mutant(
    'two approvals of one person are two',
    COUNT,
    'this.counted.set(approval.person, approval)',
    'this.counted.set(JSON.stringify(approval, (_, each) => (typeof each === "bigint" ? 0 : each)), approval)',
  ),
  mutant(
    'one approval fewer is enough',
    COUNT,
    'this.counted.size >= count',
    'this.counted.size + 1 >= count',
  ),
  mutant('a merge that adds something is approved', LANDED, '=== tree) return', '!== "") return'),
  mutant(
    'another base counts for a merge',
    LANDED,
    'bases.length === 1 && bases[0] === base',
    'bases.length === 1',
  ),
  mutant(
    'a squash on another base counts',
    LANDED,
    'commit !== id && first === base',
    'commit !== id',
  ),
  mutant(
    'one commit with another message is a squash',
    LANDED,
    'approved.ids.size > 1',
    'approved.ids.size > 0',
  ),
  mutant(
    'what a landing brings need not be approved',
    LANDED,
    '[id, ...brought].every(',
    '[id].every(',
  ),
];
