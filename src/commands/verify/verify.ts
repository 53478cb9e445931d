/** `git signet verify`: verifies commits, from one to a hundred thousand, against one trust root and policy. */

import { availableParallelism } from 'node:os';
import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { exitCodeOf } from '../../gate/exit-code.ts';
import type { JudgedBy } from '../../gate/judged-by.ts';
import { type PolicyPlan, planRun, type RunRevisions } from '../../gate/plan.ts';
import { openProofAccess, type ProofAccess } from '../../gate/proofs/access.ts';
import { judgePlan, judgingContext } from '../../gate/run.ts';
import { setUpVerify } from '../../gate/setup.ts';
import { namesOf, openMerge, type ShardSet } from '../../gate/shards/merge.ts';
import type { SourceRepository } from '../../gate/source-repository.ts';
import type { SummaryStart } from '../../gate/summaries/start.ts';
import { colourHere } from '../../git/colour.ts';
import type { ReportSubject } from '../../report/format.ts';
import { FORMATS, type ReportOutput } from '../../report/formats.ts';
import { createReporter, type Reporter } from '../../report/reporter.ts';
import { untilInterrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { Terminal } from '../../system/terminal.ts';
import { ATTEST_OPTIONS, summaryAttestation } from '../statements/attest-summary.ts';
import {
  formatOf,
  jobsOf,
  STATEMENT_OPTIONS,
  STORE_OPTIONS,
  statementSource,
  VERIFY_EXITS,
  VERIFY_OPTIONS,
} from './options.ts';
import { shardOf, writeShard } from './shard.ts';

function askedFor(
  args: ParsedArguments,
  { streams }: Invocation,
  shards: ShardSet | undefined,
): RunRevisions {
  const format = formatOf(args);
  const revisions = args.positionals;
  if (!args.switches.has('stdin')) return { revisions };
  if (revisions.length > 0) throw new UsageError('--stdin and revisions: give only one of them');
  if ('named' in FORMATS[format]) {
    throw new UsageError(`--format ${format} names what was judged: give revisions as arguments`);
  }
  return { revisions, lines: shards === undefined ? streams.inputLines() : namesOf(shards) };
}

function asksForRange({ positionals, values }: ParsedArguments): boolean {
  return values.get('policy-from') === 'parents' || positionals.some((each) => each.includes('..'));
}

async function withRefs(
  subjects: readonly ReportSubject[],
  source: SourceRepository | undefined,
): Promise<readonly ReportSubject[]> {
  if (source === undefined) return subjects;
  const each = subjects.map(async (one) => ({ ...one, sourceRefs: await source.refsOf(one.id) }));
  return Promise.all(each);
}

/** Returns the facts of a run that begins at a verification summary. */
function startedFacts(facts: JudgedBy, start: SummaryStart | undefined): JudgedBy {
  if (start === undefined || facts.proof === undefined) return facts;
  const since = { commit: start.commit, origin: `a verification summary by ${start.name}` };
  return { ...facts, since, proof: { ...facts.proof, summaries: start.summaries } };
}

/** Says what is not judged because of a start. */
function sayStart({ startsAt, start, noStart }: PolicyPlan, { say }: Terminal): void {
  if (startsAt !== undefined) {
    say(`${startsAt.slice(0, 12)} and what lies before it are not judged (since)`);
  }
  if (start !== undefined) {
    const short = start.commit.slice(0, 12);
    say(`${short} and what it reaches passed, says a summary by ${start.name}`);
  }
  if (noStart !== undefined) say(`the whole range is judged, because ${noStart}`);
}

/**
 * Runs `verify`. With `shards`, each verdict comes from its shard, and the rest of the run is the same: so the report is
 * the one that a single run writes.
 */
export async function runVerify(
  args: ParsedArguments,
  invocation: Invocation,
  shards?: ShardSet,
): Promise<ExitCode> {
  const { terminal, env } = invocation;
  const format = formatOf(args);
  const jobs = jobsOf(args, availableParallelism());
  const attestation = summaryAttestation(args, invocation);
  const shard = shardOf(args);
  const setup = await setUpVerify(args, invocation);
  const judging = judgingContext(setup);
  let plan: PolicyPlan | undefined;
  let reporter: Reporter | undefined;
  let proofs: ProofAccess | undefined;
  try {
    const source = await statementSource(args, setup, (shard ?? shards) !== undefined);
    const uri = source?.uri;
    // verdicts of a shard are made where it runs, and those of a merge come from shards
    const stored = shard === undefined && shards === undefined;
    if (stored && asksForRange(args)) proofs = await openProofAccess(setup, invocation, true);
    const repository = { ...setup.repository, ranges: proofs?.ranges };
    const asking = { ...askedFor(args, invocation, shards), uri };
    plan = await planRun(asking, { ...setup, repository }, judging);
    if (shard !== undefined)
      return await writeShard({ shard, plan, setup, jobs }, args, invocation);
    const { total, start } = plan;
    for (const { id } of plan.subjects) proofs?.always.add(id);
    const subjects = await withRefs(plan.subjects, source);
    sayStart(plan, terminal);
    const { now } = setup.judge;
    const output: ReportOutput = format === 'text' && total === 1 ? 'sentence' : format;
    const merge = shards && openMerge(shards, setup, output);
    const merged = merge?.planned(plan) ?? plan;
    reporter = createReporter({
      colour: await colourHere(invocation),
      ...startedFacts(setup.facts, start),
      store: proofs,
      streams: attestation?.streams ?? invocation.streams,
      ...{ output, terminal, noun: 'commit', asked: args.positionals, subjects, now, env, total },
      repositoryUri: uri,
    });
    const how = { jobs, output, onResult: reporter.add, proofs, judge: merge?.judge };
    const judged = judgePlan(merged, setup, judging, how);
    // reading stdin blocks, so a signal must end the process there
    const counts = await (total === undefined ? judged : untilInterrupted(judged));
    merge?.check();
    const exit = exitCodeOf(counts);
    reporter.finish(counts, exit === ExitCode.ok);
    await attestation?.finish(setup.repository);
    return exit;
  } catch (error) {
    reporter?.abandon();
    throw error;
  } finally {
    proofs?.close();
    await plan?.close();
    await setup.close();
  }
}

const run: Run = (args, invocation) => runVerify(args, invocation);

export const command: Command = {
  summary: 'verify a revision or a range',
  positionals: [{ name: 'REV | A..B | A...B', takes: 'revision', optional: true, repeated: true }],
  options: {
    ...VERIFY_OPTIONS,
    ...STATEMENT_OPTIONS,
    ...ATTEST_OPTIONS,
    ...STORE_OPTIONS,
    stdin: { group: 'How', meaning: 'revisions from stdin, one a line' },
    shard: {
      ...{ group: 'How', takes: 'text', value: 'x/y' },
      meaning: 'judge part x of y, for git signet merge-reports',
    },
  },
  about: [
    "Shows who signed each commit (default: HEAD), and whether the policy allows it. A tag's name stands for its commit. A full hash stands for that very object.",
  ],
  examples: [
    ['git signet verify --policy-from origin/main origin/main..HEAD'],
    ['git signet verify --policy .signet.yaml v1.0..HEAD'],
  ],
  exits: VERIFY_EXITS,
  run,
};
