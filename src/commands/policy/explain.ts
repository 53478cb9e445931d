/**
 * `git signet policy explain COMMIT`: each signer and each rule, why yes, why no. It asks the same functions that
 * `verify` asks, one by one, so it cannot tell another story.
 */

import type { Command, Run } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { splitSignedObject } from '../../core/git/signed-object.ts';
import { asking } from '../../core/policy/approvals.ts';
import { DEFAULT_RULE, decide, governing, type Party } from '../../core/policy/decide.ts';
import { inForce, whyNot } from '../../core/policy/identity.ts';
import type { IdentityPolicy, ObjectRule } from '../../core/policy/model.ts';
import { asksForSignedPush } from '../../core/policy/push.ts';
import { isHit, revocationText } from '../../core/policy/revocations.ts';
import type { Outcome } from '../../core/verdict.ts';
import { partyOf as evidenceOf } from '../../core/verify.ts';
import { UsageError } from '../../errors.ts';
import { attestationsFor } from '../../gate/attestations.ts';
import { carriedRules } from '../../gate/carried/forge-commit.ts';
import { countResults, exitCodeOf } from '../../gate/exit-code.ts';
import { verifyContext } from '../../gate/judge.ts';
import { judgeOutcome, type WholeObject } from '../../gate/outcome.ts';
import { judgingContext } from '../../gate/run.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import { openSingles, openTogether } from '../../gate/together.ts';
import { painterHere } from '../../git/colour.ts';
import { resolveCommits } from '../../git/names.ts';
import { approvalsOf } from '../../report/approvals.ts';
import { helpLine } from '../../report/mend.ts';
import { verdictLine } from '../../report/verdict-line.ts';
import { missingStatement } from '../../statements/required.ts';
import { writePage } from '../../system/layout.ts';
import { APPROVAL_OPTIONS, statementSource, VERIFY_OPTIONS } from '../verify/options.ts';

type Say = (answer: 'yes' | 'no' | '-', what: string, why?: string) => void;

/** Who signed and when, as far as the outcome proves it. */
function partyOf(outcome: Outcome): Party | undefined {
  if (!('signer' in outcome) || outcome.signer === undefined) return undefined;
  return 'times' in outcome ? evidenceOf(outcome) : { signer: outcome.signer, times: [] };
}

function explainSigners(policy: IdentityPolicy, party: Party, say: Say): void {
  for (const rule of policy.rules) {
    const why = whyNot(rule, party.signer);
    const dated = inForce(rule, party.times);
    if (why !== undefined) say('no', `signer ${rule.name}`, why);
    else say(dated ? 'yes' : 'no', `signer ${rule.name}`, dated ? undefined : 'not at that time');
  }
}

/** Says which entries of `revoked` hit the commit. */
function explainRevoked(
  { revoked = [] }: IdentityPolicy,
  party: Party,
  id: string,
  say: Say,
): void {
  for (const [index, entry] of revoked.entries()) {
    if (isHit(entry, party, [id])) say('no', `revoked[${index}]`, revocationText(entry));
    else if (isHit({ ...entry, except: [] }, party, [id])) {
      say('yes', `revoked[${index}]`, 'excepts this commit');
    }
  }
}

/** Each rule by itself: what it would say if it governed. */
function explainRules(
  policy: IdentityPolicy,
  party: Party,
  payload: Uint8Array,
  ref: string | undefined,
  say: Say,
): void {
  const governed = governing(policy, { type: 'commit', ref }, undefined);
  const { revoked: _, ...standing } = policy;
  const rules: readonly ObjectRule[] = [...(policy.commits ?? []), DEFAULT_RULE];
  for (const rule of rules) {
    const what = rule.label === 'default' ? 'default (every signer may sign)' : rule.label;
    if (!governed.includes(rule)) {
      say('-', what, ref === undefined ? 'does not govern' : `does not govern ${ref}`);
      continue;
    }
    const { on: __, ...everywhere } = rule;
    const alone = { ...standing, commits: [everywhere] };
    const decision = decide(alone, party, { type: 'commit', payload, ref });
    const notes = decision.findings.map(({ code, detail }) => `${code}: ${detail}`);
    const why = decision.allowed ? notes : [decision.detail, ...notes.slice(1)];
    say(decision.allowed ? 'yes' : 'no', what, why.length === 0 ? undefined : why.join('; '));
  }
}

/** Says whether a server's hook asks for a signed push of this ref. */
function explainPush(policy: IdentityPolicy, ref: string | undefined, say: Say): void {
  const { push } = policy;
  if (push === undefined) return;
  if (ref === undefined) {
    say('-', 'push', push.refs === undefined ? 'every push must be signed' : 'it depends on --ref');
  } else if (asksForSignedPush(policy, ref)) say('-', 'push', `pushes to ${ref} must be signed`);
  else say('-', 'push', `pushes to ${ref} may be unsigned`);
}

/** Says whether summaries by this signer would count. */
function explainSummaries({ vsa, rules }: IdentityPolicy, party: Party, say: Say): void {
  if (vsa === undefined) return;
  const names = rules.filter((rule) => whyNot(rule, party.signer) === undefined);
  const counts = names.some((rule) => vsa.by.includes(rule.name) && inForce(rule, party.times));
  say(counts ? 'yes' : 'no', 'vsa (verification summaries by this signer)');
}

/** Names the approvals that cover the commit only together with a later one. */
async function explainLater(id: string, setup: VerifySetup, say: Say): Promise<void> {
  const { laterApprovals } = await import('../../gate/approvals/held.ts');
  for (const { approval, verdict } of await laterApprovals(id, setup)) {
    const { commit, ref } = approval;
    const what = `for ${ref}, counts only if ${commit.slice(0, 12)} lands too: verify the range`;
    say('-', `approval by ${verdict.signer.value}`, what);
  }
}

/** Says who approved the commit, as if it landed alone. Returns its outcome under the rules that ask for approvals. */
async function explainApprovals(
  object: WholeObject,
  outcome: Outcome,
  setup: VerifySetup,
  say: Say,
): Promise<Outcome> {
  const { policy, ref } = setup.judge;
  const rules = policy === undefined ? [] : governing(policy, { type: 'commit', ref }, undefined);
  if (outcome.status !== 'verified' || asking(rules).length === 0) return outcome;
  const { graph, close } = await openSingles(setup, judgingContext(setup));
  try {
    const result = (await graph?.({ ...object, single: true }, outcome)) ?? outcome;
    for (const { person, signer, how } of approvalsOf(result)) {
      say('yes', `approval by ${person}`, `${signer.value}, ${how}`);
    }
    if (result.status === 'not-allowed') {
      say('no', result.code, result.detail);
      await explainLater(object.id, setup, say);
    }
    return result;
  } finally {
    await close();
  }
}

/** Says whether a head carries a commit that does not pass by its own signature, if a rule lets that count. */
async function explainCarried(
  id: string,
  own: Outcome,
  setup: VerifySetup,
  say: Say,
): Promise<Outcome> {
  const { policy, ref } = setup.judge;
  const rules = policy && carriedRules([policy], ref);
  const together = rules && (await openTogether(setup, judgingContext(setup)));
  if (together === undefined) return own;
  const outcome = await together.carried({ id }, own).finally(together.merges.close);
  if (outcome === own) say('-', 'carried', 'its own signature decides');
  else if (outcome.status === 'verified') say('yes', 'carried', verdictLine(outcome, 'commit'));
  else say('no', 'carried', outcome.detail);
  return outcome;
}

/** Says of each statement that the ref asks for whether one counts. */
async function explainAttestations(id: string, setup: VerifySetup, say: Say): Promise<void> {
  const { judge, statements, crypto } = setup;
  const { policy, ref } = judge;
  if (policy === undefined) return;
  const sources = { store: statements, context: verifyContext(judge, crypto) };
  for (const rule of attestationsFor(policy, 'commits', ref)) {
    const problem = await missingStatement([rule], policy, [{ type: 'commit', id }], sources);
    say(problem === undefined ? 'yes' : 'no', `${rule.label}, ${rule.type}`, problem);
  }
}

async function explain(name: string, setup: VerifySetup, say: Say): Promise<Outcome> {
  const { repository, judge, choice } = setup;
  const { policy, ref } = judge;
  if (policy === undefined || choice.startBlob !== undefined) {
    throw new UsageError('explain needs one policy: --policy FILE or --policy-from REV');
  }
  const [commit] = await resolveCommits(repository, [name]);
  const [frame] = commit === undefined ? [] : await repository.objects.read([commit.id]);
  if (commit === undefined || frame?.kind !== 'object' || frame.type !== 'commit') {
    throw new UsageError(`${name}: no such commit`, { code: 'NO_SUCH_OBJECT' });
  }
  // git's next answer overwrites the bytes
  const object = { id: commit.id, type: 'commit', raw: frame.raw.slice() } as const;
  explainPush(policy, ref, say);
  const outcome = await judgeOutcome(object, judgingContext(setup));
  if (outcome.status !== 'verified') {
    const last = await explainCarried(commit.id, outcome, setup, say);
    if (last.status === 'verified') return explainApprovals(object, last, setup, say);
  }
  const party = partyOf(outcome);
  const split = splitSignedObject('commit', object.raw, repository.format);
  if (party === undefined || split === undefined) return outcome;
  if ('kind' in outcome) {
    const rule = outcome.status === 'verified' ? `pinned as ${outcome.rule}` : 'see below';
    say(outcome.status === 'verified' ? 'yes' : 'no', `${outcome.kind} key`, rule);
    return explainApprovals(object, outcome, setup, say);
  }
  explainRevoked(policy, party, commit.id, say);
  explainSigners(policy, party, say);
  if (!policy.rules.some((rule) => whyNot(rule, party.signer) === undefined)) {
    say('no', `${party.signer.value} is not listed in ${policy.source}`);
    return outcome;
  }
  explainRules(policy, party, split.payload, ref, say);
  await explainAttestations(commit.id, setup, say);
  explainSummaries(policy, party, say);
  return explainApprovals(object, outcome, setup, say);
}

const run: Run = async (args, invocation) => {
  const { streams } = invocation;
  const [name = ''] = args.positionals;
  const setup = await setUpVerify(args, invocation);
  const paint = await painterHere(invocation);
  const say: Say = (answer, what, why) => {
    writePage(
      streams,
      `${answer === '-' ? '-  ' : paint(answer === 'yes' ? 'good' : 'bad', answer.padEnd(3))}  ${visible(why === undefined ? what : `${what}: ${why}`)}\n`,
    );
  };
  try {
    await statementSource(args, setup);
    const outcome = await explain(name, setup, say);
    writePage(streams, `${visible(verdictLine(outcome, 'commit'))}\n`);
    if ('code' in outcome && streams.outputIsTerminal) writePage(streams, helpLine(outcome.code));
    return exitCodeOf({ ...countResults(), [outcome.status]: 1 });
  } finally {
    await setup.close();
  }
};

export const command: Command = {
  summary: 'why a commit meets the policy, or not',
  positionals: [{ name: 'COMMIT', takes: 'revision' }],
  shared: { command: 'verify', options: { ...VERIFY_OPTIONS, ...APPROVAL_OPTIONS } },
  about: ['each signer and each rule: why this commit meets it, or not'],
  run,
};
