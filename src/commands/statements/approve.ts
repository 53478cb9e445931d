/** `git signet approve`: a reviewer signs that commits may land on a ref, or that a tag may have its name. */

import type { Command, Run } from '../../cli/command.ts';
import { grouped } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { subjectLine } from '../../core/git/signed-object.ts';
import { plural } from '../../core/plural.ts';
import { APPROVAL_TYPE, type Approval, approvalStatement } from '../../core/policy/approvals.ts';
import { writeStatement } from '../../core/statement/statement.ts';
import type { Outcome } from '../../core/verdict.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { type ApprovedCommits, openApprovedCommits } from '../../gate/approvals/commits.ts';
import { type ApprovalProposal, proposeApproval } from '../../gate/approvals/proposal.ts';
import { judgeCommit } from '../../gate/outcome.ts';
import { judgingContext } from '../../gate/run.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import { ownAddress, refHere } from '../../gate/source-repository.ts';
import { whoOf } from '../../report/text.ts';
import { NOTES, PUSH_SPEC } from '../../statements/places.ts';
import { openStatements } from '../../statements/store.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { TRUST_OPTIONS } from '../verify/options.ts';
import { makeStatement } from './make-statement.ts';

/** Most signers that are named. */
const MAX_NAMED = 8;

/** Returns who signed the commits, each once. @throws UsageError COMMIT_REFUSED if a signature is wrong */
async function signersOf(
  { ids }: ApprovedCommits,
  judging: ReturnType<typeof judgingContext>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const id of ids) {
    const outcome: Outcome | undefined = await judgeCommit({ id }, judging);
    if (outcome === undefined) throw new UsageError(`${id} cannot be read`);
    if (outcome.status === 'refused') {
      throw new UsageError(
        `${id.slice(0, 12)} is refused, so no gate lets it land: ${outcome.detail}`,
        {
          hint: `git signet verify --unsafe-any-identity ${id.slice(0, 12)}`,
        },
      );
    }
    const who = 'signer' in outcome && outcome.signer !== undefined;
    found.add(who ? whoOf(outcome) : outcome.status === 'unsigned' ? 'no one (unsigned)' : 'a key');
  }
  return [...found];
}

/** Says what will be signed, before any login. */
function sayProposal(
  { approval, origin }: ApprovalProposal,
  subject: string,
  change: string | undefined,
  { terminal }: Invocation,
): void {
  const { commit, tree, tag, ref, base, repository } = approval;
  const lines: readonly (readonly [string, string])[] = [
    ['for', repository === undefined ? ref : `${ref} of ${repository}`],
    ...(tag === undefined ? [] : [['tag', tag] as const]),
    ['commit', `${commit}  ${subject}`],
    ['tree', tree],
    ['base', base === undefined ? origin : `${base}  (${origin})`],
    ...(change === undefined ? [] : [['holds', change] as const]),
  ];
  terminal.say('this will be approved:');
  for (const [name, value] of lines) terminal.say(`  ${name.padEnd(7)} ${visible(value)}`);
}

async function subjectOf({ repository }: VerifySetup, commit: string): Promise<string> {
  return subjectLine((await repository.objects.get(commit, 'commit')).raw);
}

/** Returns the number of approved commits and their signers, or undefined for a tag. @throws UsageError */
async function changeIn(approval: Approval, setup: VerifySetup): Promise<string | undefined> {
  if (approval.ref.startsWith('refs/tags/')) return undefined;
  const approved = await openApprovedCommits(setup.repository)(approval);
  if (approved === undefined) throw new UsageError('these are too many commits for one approval');
  const signers = await signersOf(approved, judgingContext(setup));
  const named = signers.slice(0, MAX_NAMED);
  const more = signers.length - named.length;
  const rest = more > 0 ? ` and ${more} more` : '';
  return `${plural(approved.ids.size, 'commit')}, signed by ${named.join(', ')}${rest}`;
}

async function approve(args: ParsedArguments, invocation: Invocation, setup: VerifySetup) {
  const { streams, terminal, env, now } = invocation;
  const { repository } = setup;
  const [name = ''] = args.positionals;
  const ref = args.values.get('for');
  if (ref === undefined) {
    throw new UsageError('approve needs the ref that it is for', {
      hint: `git signet approve ${name} --for refs/heads/main`,
    });
  }
  const proposal = await proposeApproval(repository, {
    ...{ name, ref, root: args.switches.has('root') },
    heldAs: await refHere(repository, ref, setup.repositoryUri),
    repository: await ownAddress(repository, setup.repositoryUri),
  });
  const { approval } = proposal;
  const change = await changeIn(approval, setup);
  sayProposal(proposal, await subjectOf(setup, approval.commit), change, invocation);
  const statement = approvalStatement(approval);
  const { bundle, identity, logIndex } = await makeStatement(writeStatement(statement), invocation);
  const notes = args.switches.has('notes');
  const kept = { subjects: statement.subjects, predicateType: APPROVAL_TYPE, bundle };
  const refs = await openStatements(repository).add([kept], { notes, env, now: now() });
  const log = logIndex === '' ? 'in no log' : `Rekor ${logIndex}`;
  const what = `approved ${approval.commit.slice(0, 12)} for ${ref} by ${identity}, ${log}`;
  writePage(streams, `${visible(what)}\n`);
  terminal.say(`kept in ${refs.join(' and ')}, and nowhere else until you push it:`);
  terminal.hint(`git push origin ${PUSH_SPEC}${notes ? ` ${NOTES}` : ''}`);
}

const run: Run = async (args, invocation) => {
  // who signed is shown, and a policy decides later whether it counts
  const switches = new Set([...args.switches, 'unsafe-any-identity']);
  const setup = await setUpVerify({ ...args, switches }, invocation);
  try {
    await approve(args, invocation, setup);
    return ExitCode.ok;
  } finally {
    await setup.close();
  }
};

export const command: Command = {
  summary: 'approve commits for a ref, or a tag',
  positionals: [{ name: 'REV | A..B | TAG', takes: 'revision' }],
  options: {
    ...grouped('What', {
      for: {
        takes: 'text',
        value: 'REF',
        meaning: 'the full name of the ref that the commits may land on, or of the tag',
      },
      root: { meaning: 'there is no base: all commits are approved, from the first one on' },
      'repository-uri': {
        takes: 'text',
        value: 'URI',
        meaning: 'the repository that the approval is for (default: the remote)',
      },
    }),
    ...grouped('How', {
      notes: { meaning: 'keep it in git notes too (refs/notes/commits)' },
    }),
    ...TRUST_OPTIONS,
  },
  about: [
    'Signs that you have seen the commits which REV has and REF does not, and that they may land on REF. The approval is a statement in refs/attestations/ of this repository. It names commit, tree, base, ref and repository, so it counts nowhere else. Your name and a digest become public in the log.',
  ],
  examples: [
    ['git signet approve topic --for refs/heads/main'],
    ['git signet approve v1.2 --for refs/tags/v1.2'],
    ["git push origin 'refs/attestations/*:refs/attestations/*'"],
  ],
  notes: ['Which approvals a policy counts: docs/policy.md'],
  exits: { 0: 'approved and kept', 2: 'usage', 3: 'a server failed', 4: 'login failed' },
  run,
};
