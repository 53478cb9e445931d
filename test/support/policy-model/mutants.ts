/** Faults of the policy's judgement, each a change of one place of the source. The model must find every one. */

export interface PolicyMutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mutant = (name: string, file: string, from: string, to: string): PolicyMutant => ({
  ...{ name, file: `src/${file}`, from, to },
});

const DECIDE = 'core/policy/decide.ts';
const IDENTITY = 'core/policy/identity.ts';
const CHANGES = 'gate/policy/changes.ts';
const WATCH = 'gate/policy/watch.ts';
const GRAPH = 'gate/graph.ts';

const REVOKED = 'core/policy/revocations.ts';

export const POLICY_MUTANTS: readonly PolicyMutant[] = [
  mutant('the last second of a window is its end', REVOKED, 'first < until', 'first <= until'),
  mutant('the first second of a window is outside', REVOKED, 'last >= from', 'last > from'),
  mutant(
    'a certificate that was issued within the window does not count',
    REVOKED,
    'certificate === undefined ? [] : [certificate.notBefore]',
    '[]',
  ),
  mutant('the first proven time alone counts', REVOKED, 'Math.max(...issued, ...times)', 'first'),
  mutant(
    'a revoked account is hit for every issuer',
    REVOKED,
    'signer.issuer === target.issuer &&',
    '',
  ),
  mutant(
    'an exception holds for every object',
    REVOKED,
    '!ids.some((id) => except.includes(id))',
    'except.length === 0',
  ),
  mutant(
    'the index of a log entry counts for every log',
    REVOKED,
    'logEntry?.logId === target.logId && logEntry.logIndex',
    'logEntry?.logIndex',
  ),
  mutant(
    'a revoked key still verifies',
    REVOKED,
    'key !== undefined && signer.value === target.fingerprint;\n  }',
    'false;\n  }',
  ),
  mutant(
    'a window may be made shorter by every signer',
    REVOKED,
    'return from <= first && until >= last;',
    'return true;',
  ),
  mutant(
    'an exception may be added by every signer',
    REVOKED,
    'narrow.except?.includes(id) !== true',
    'id.length === 0',
  ),
  mutant(
    'another account of the same person may take an entry back',
    REVOKED,
    'person !== undefined && ownersOf(policy, target).has(person)',
    'false',
  ),
  mutant(
    'an entry may be taken back with the same sequence',
    CHANGES,
    'lifts.length > 0 && sequence <= highest',
    'lifts.length > 0 && sequence < highest',
  ),
  mutant(
    'what later policies revoke does not count',
    'gate/policy/later-revocations.ts',
    'if (revoked.length === 0) {',
    'if (revoked.length >= 0) {',
  ),
  mutant(
    'a policy counts although its commit may not change it',
    'gate/policy/later-revocations.ts',
    'added.length === 0 || !(await counts(request))',
    'added.length === 0',
  ),
  mutant(
    'a revoked policy change silences what it revokes',
    'gate/policy/later-revocations.ts',
    '(request.policies ?? [policy]).map(withoutRevoked)',
    'request.policies ?? [policy]',
  ),
  mutant(
    'a signature passes if one of its times lies within the dates',
    IDENTITY,
    'return times.every(',
    'return times.some(',
  ),
  mutant('the last second of until is too late', IDENTITY, 'time <= until', 'time < until'),
  mutant(
    'the issuer is not compared',
    IDENTITY,
    'issuer !== undefined && issuer !== signer.issuer',
    'false',
  ),
  mutant('a pattern fits the end of an identity', 'core/policy/patterns.ts', '(`^(?:', '(`(?:'),
  mutant(
    'a star in a ref takes a slash',
    'core/policy/patterns.ts',
    "(many || character !== '/')",
    'true',
  ),
  mutant(
    'the trigger of a workflow is not compared',
    'core/policy/workflow.ts',
    'rule.triggers.includes(trigger) &&',
    '',
  ),
  mutant(
    'a rule that no ref reaches may allow',
    'core/policy/reach.ts',
    'taken[index] === undefined',
    'index >= 0',
  ),
  mutant(
    'every entitled signer may sign, whatever the rule says',
    DECIDE,
    'rule.by === undefined || rule.by.includes(name)',
    'rule.label.length > 0',
  ),
  mutant(
    'the last rule that fits decides',
    DECIDE,
    'rules.find(fits) ?? DEFAULT_RULE',
    'rules.findLast(fits) ?? DEFAULT_RULE',
  ),
  mutant(
    'addresses of entries that may not sign here count',
    DECIDE,
    'addressesOf(party, chosen)',
    'addressesOf(party, entitled)',
  ),
  mutant(
    'max-skew is compared with the nearest time',
    DECIDE,
    'Math.max(...times.map((each)',
    'Math.min(...times.map((each)',
  ),
  mutant(
    'a signer past its dates may change the policy',
    DECIDE,
    '!mayChange(policy, entitled)',
    '!mayChange(policy, known)',
  ),
  mutant(
    'a change with the same sequence passes',
    CHANGES,
    'sequence < highest : sequence <= highest',
    'sequence < highest : sequence < highest',
  ),
  mutant(
    'a merge may pick the older policy',
    CHANGES,
    'carried ? sequence < highest',
    'carried ? false',
  ),
  mutant(
    'a merge that takes a side branch’s policy needs no right',
    CHANGES,
    '(own === parents[0] || sequence > highest)',
    'true',
  ),
  mutant(
    'a refused change of the policy counts for later commits',
    WATCH,
    'const result = counts ? own : effective[0];',
    'const result = own;',
  ),
  mutant(
    'the first parent’s policy alone judges a merge',
    WATCH,
    'for (const blob of new Set(effective)) {',
    'for (const blob of new Set(effective.slice(0, 1))) {',
  ),
  mutant(
    'a merge may bring commits that do not pass',
    GRAPH,
    "if (result.status !== 'verified') run.failed.add(commit.id);",
    '',
  ),
  mutant(
    'a merge of three counts as clean',
    GRAPH,
    'third === undefined ? await mergeTree(first, second) : undefined',
    'await mergeTree(first, second)',
  ),
  mutant(
    'a commit that landed before counts again',
    GRAPH,
    'waiting.delete(id);',
    'if (waiting.size > 1e6) waiting.delete(id);',
  ),
  mutant(
    'signers are counted by the rule that allowed them',
    'gate/person.ts',
    'return policy.rules.find((rule) => meets(rule, signer))?.name;',
    'return outcome.rule;',
  ),
  mutant(
    'a tag counts its own signer twice',
    'gate/tag-chain.ts',
    'if (people.size >= due) return first;',
    'if (outcomes.length >= due) return first;',
  ),
  mutant(
    'only the first member of a role counts',
    'core/policy/policy.ts',
    "resolveNames(reader, members, ['roles', role], alone)",
    "resolveNames(reader, members, ['roles', role], alone).slice(0, 1)",
  ),
];
