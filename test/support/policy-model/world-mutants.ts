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
const REBASED = 'gate/approvals/rebased.ts';
const JUDGE = 'gate/approvals/judge.ts';
const TAG = 'gate/approvals/tag.ts';
const RULES = 'core/policy/approvals.ts';
const BROUGHT = 'gate/carried/brought.ts';
const FORGE = 'gate/carried/forge-commit.ts';
const CARRIED = 'gate/carried/judge.ts';
const WAYS = 'gate/carried/ways.ts';

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
  mutant(
    'a statement about the commit does not count for its tag',
    TIPS,
    'commit === undefined ? [own] :',
    'commit !== "" ? [own] :',
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
  mutant('later revocations do not hit approvals', COUNT, 'verdict, { revoked }', 'verdict, {}'),
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
    'a squash with another tree counts',
    LANDED,
    'squash && tree === approval.tree &&',
    'squash &&',
  ),
  mutant(
    'what a landing brings need not be approved',
    LANDED,
    '[id, ...brought].every(',
    '[id].every(',
  ),
  mutant(
    'a rebased commit counts by its approval line alone',
    LANDED,
    "carried.how !== 'rebase'",
    'true',
  ),
  mutant(
    'the tree of an approval is not compared',
    LANDED,
    'head?.tree === approval.tree',
    'head !== undefined',
  ),
  mutant('a rebased tree is not compared', REBASED, 'if (made !== tree) return false;', ''),
  mutant(
    'a rebase over another base counts',
    REBASED,
    'if (bases.length !== 1 || bases[0] !== base) return false;',
    '',
  ),
  mutant('a rebase with another message counts', REBASED, '|| !saysTheSame(result, original)', ''),
  mutant('the landing itself never has an author', JUDGE, '...(byGit ? [] : [landing.id])', ''),
  mutant(
    'authors of approved commits do not count',
    JUDGE,
    '...approved.ids, ...landing.brought',
    '...landing.brought',
  ),
  mutant(
    'an address in other letters hides an author',
    RULES,
    '=> address.toLowerCase();',
    '=> address;',
  ),
  mutant(
    'a second account of an author may approve',
    RULES,
    'authors.signers.some((signer) => personOf(signer) === person)',
    'authors.signers.some((signer) => signer.value === approver.value)',
  ),
  mutant(
    'the addresses of authors are not compared',
    RULES,
    'return authors.addresses.some(',
    'return [].some(',
  ),
  mutant(
    'an approval of another tag counts',
    TAG,
    '(approval.tag === undefined || approval.tag === tag)',
    'true',
  ),
  mutant(
    'an approval of another commit counts for a tag',
    TAG,
    'approval.commit === commit &&',
    '',
  ),
  mutant(
    'a way that no rule lists carries',
    CARRIED,
    'rules.every(({ how }) => how.includes(way))',
    'true',
  ),
  mutant(
    'a merge carries where the rule does not list it',
    CARRIED,
    "if (!rules.every(({ how }) => how.includes('merge'))) return own;",
    '',
  ),
  mutant(
    'a squash may add something',
    WAYS,
    'if ((await treeOf(base, head)) !== landing.tree) return undefined;',
    '',
  ),
  mutant('a rebased commit may add something', WAYS, 'commit.tree !== made', 'false'),
  mutant(
    'the last tree of a run is not compared',
    WAYS,
    '|| (await treeOf(base.id, head)) !== last.tree',
    '',
  ),
  mutant(
    'a run may leave out a commit',
    WAYS,
    'made === undefined || changes !== (commit !== undefined)',
    'made === undefined',
  ),
  mutant(
    'a merge in a rebased head is followed',
    WAYS,
    'parents.length === 1 && (index === 0',
    '(index === 0',
  ),
  mutant(
    'a head brings a commit that does not pass',
    BROUGHT,
    "outcome?.status !== 'verified'",
    'outcome === undefined',
  ),
  mutant('a head brings a merge that adds something', BROUGHT, "rule.merges === 'clean'", 'false'),
  mutant(
    'later revocations do not hit what a head brings',
    BROUGHT,
    'noted?.revoked === undefined ? {}',
    'noted !== null ? {}',
  ),
  mutant(
    'a change of the policy needs no signer who may make it',
    BROUGHT,
    "whole)))?.status === 'verified'",
    'whole))) !== undefined',
  ),
  mutant('the policy of another commit is carried', BROUGHT, '|| names.get(id) !== own', ''),
  mutant(
    'a signature by a listed signer does not decide',
    FORGE,
    "own.code === 'identity-not-allowed' || own.code === 'key-not-pinned'",
    'true',
  ),
  mutant(
    'an own signature is not needed',
    FORGE,
    "return signed?.status === 'verified';",
    'return true;',
  ),
  mutant(
    'a policy without carried is passed over',
    FORGE,
    'if (found === undefined) return undefined;\n    rules',
    'if (found !== undefined) rules',
  ),
  mutant(
    'the forge counts as a signer',
    'gate/person.ts',
    "'carried' in outcome ? outcome.carried.signers : [outcome]",
    "'carried' in outcome ? [] : [outcome]",
  ),
];
