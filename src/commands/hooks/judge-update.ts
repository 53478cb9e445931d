/** Judges one ref of a push: its new value, and the commits that the push brings in, by a policy that the push cannot change. */

import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import { asksForPeople } from '../../core/policy/approvals.ts';
import { ExitCode } from '../../errors.ts';
import { attestationsFor } from '../../gate/attestations.ts';
import { countResults, exitCodeOf, sumOf } from '../../gate/exit-code.ts';
import { planRange, planRun } from '../../gate/plan.ts';
import { judgePlan, judgingContext, tagContext } from '../../gate/run.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { judgeChain } from '../../gate/tag-chain.ts';
import type { HookName } from '../../git/hooks.ts';
import { renderResult } from '../../report/formats.ts';
import type { Counts } from '../../report/judged.ts';
import { checkedSoFar, createReporter, type Reporter } from '../../report/reporter.ts';
import type { Streams } from '../../system/terminal.ts';
import { knownFor, POLICY, revisionOf, rollsBack } from './policy.ts';
import { type Incoming, incomingOf, isForced, type Known, type RefUpdate } from './push-updates.ts';
import { type HookSetup, type SetupQuestion, setupFor, setupOfRef } from './setups.ts';
import type { PushWatch } from './watch.ts';

const JOBS = 2;

/** An earlier commit of a pushed branch. */
export interface Part {
  readonly ref: string;
  readonly commit: string;
}

/** Everything that judges the refs of one push. */
export interface Push extends SetupQuestion {
  readonly hook: HookName;
  readonly known: Known;
  /** The part of the branch that is judged now, if a part can be pushed alone. */
  readonly part: { current: Part | undefined };
  readonly watch: PushWatch;
}

/** Everything that a hook says goes to stderr, and git shows it to the user who pushes. */
function onStderr(streams: Streams): Streams {
  return {
    ...streams,
    write: (chunk) => streams.status(2).write(String(chunk)),
    outputIsTerminal: false,
    inputIsTerminal: false,
    columns: undefined,
  };
}

function reporterFor(push: Push, setup: HookSetup, update: RefUpdate): Reporter {
  const { streams, terminal, env } = push.invocation;
  const { now } = setup.judge;
  const base = update.old?.slice(0, 12) ?? 'origin/HEAD';
  const branch = /^refs\/heads\/(.*)$/s.exec(update.ref)?.[1];
  const asked = [branch === undefined ? update.ref : `${base}..${branch}`];
  return createReporter({
    ...setup.facts,
    store: setup.proofs,
    ...{ output: 'text', streams: onStderr(streams), terminal, noun: 'object' },
    ...{ asked, subjects: [], now, env },
  });
}

/** Returns the reporter. It also tells the watch how far it is. */
function watched({ watch }: Push, reporter: Reporter, { ref }: RefUpdate, total: number): Reporter {
  let done = 0;
  watch.at(() => `${visible(ref)}: ${checkedSoFar(done, total)}`);
  const add: Reporter['add'] = (result) => {
    done += 1;
    reporter.add(result);
  };
  return { ...reporter, add };
}

/** Judges the new value itself if it is not a commit: a tag by the rules for tags, other objects as unsigned. */
async function judgeValue(
  update: RefUpdate & { readonly new: string },
  { type }: Incoming,
  setup: VerifySetup,
  reporter: Reporter,
): Promise<Counts> {
  const counts = countResults();
  const { ref, new: id } = update;
  if (ref.startsWith('refs/tags/') && type !== 'tag') {
    const detail = `a lightweight tag: no signature covers the name ${ref.slice(10)}`;
    const verdict = { status: 'unsigned', check: 'object', code: 'unsigned', detail } as const;
    counts.unsigned += 1;
    reporter.add(renderResult({ id, type, ref, verdict }, 'text'));
    return counts;
  }
  if (type === 'commit') return counts;
  const judging = await tagContext(setup);
  try {
    for (const step of await judgeChain({ id, type, ref, follow: true }, judging)) {
      counts[step.verdict.status] += 1;
      reporter.add(renderResult(step, 'text'));
    }
  } finally {
    await judging.close();
  }
  return counts;
}

/** Judges the commits of an update by the rules of its ref. */
async function judgeRange(
  { ref, new: tip }: RefUpdate & { readonly new: string },
  { range, proved, count }: Incoming,
  setup: HookSetup,
  reporter: Reporter,
): Promise<Counts> {
  if (range === undefined || proved === undefined) return countResults();
  const here = { ...setup, judge: { ...setup.judge, ref } };
  const judging = judgingContext(here);
  const plan =
    count > 0 || ref.startsWith('refs/tags/')
      ? await planRange({ ...range, name: ref, proved }, here, judging)
      : await planRun({ revisions: [tip] }, here, judging);
  try {
    const { proofs } = setup;
    const how = { jobs: JOBS, output: 'text', onResult: reporter.add, proofs } as const;
    return await judgePlan(plan, here, judging, how);
  } finally {
    await plan.close();
  }
}

/** Returns the commit half-way on the branch's own line. */
function halfOf({ ref }: RefUpdate, { proved }: Incoming): Part | undefined {
  const line = [...(proved?.line() ?? [])];
  const commit = ref.startsWith('refs/heads/') ? line[Math.ceil(line.length / 2)] : undefined;
  return commit === undefined ? undefined : { ref, commit };
}

/** Refs whose commits hold signed statements. The commits themselves are not signed, and no branch may begin from them. */
const STATEMENTS = 'refs/attestations/';

/** Judges one ref of a push. @throws UsageError, ConfigError */
export async function judgeUpdate(push: Push, update: RefUpdate): Promise<Counts> {
  const { repository, invocation, args } = push;
  const { terminal } = invocation;
  const { ref, new: fresh } = update;
  const counts = countResults();
  if (ref.startsWith(STATEMENTS)) {
    if (fresh !== undefined && !(await isForced(repository, update))) return counts;
    terminal.say(`${visible(ref)}: signed statements are only added, never taken away`);
    return { ...counts, 'not-allowed': 1 };
  }
  if (fresh === undefined) {
    if (!args.switches.has('refuse-deletes')) return counts;
    terminal.say(`${ref}: deleting refs is not allowed here`);
    return { ...counts, 'not-allowed': 1 };
  }
  push.part.current = undefined;
  push.watch.at(() => `${visible(ref)}: reading the new commits`);
  const revision = await revisionOf(push, update);
  if (await rollsBack(push, update, revision)) {
    terminal.say(`${ref}: removing commits would change ${POLICY}, which judges this ref`);
    return { ...counts, 'not-allowed': 1 };
  }
  const changed = { ...update, new: fresh };
  const shared = await setupFor(push, revision);
  const known = await knownFor(push, update, shared.judge.policy, push.known);
  const incoming = await incomingOf(repository, changed, known);
  const { count, range } = incoming;
  const setup = setupOfRef(shared, range?.include ?? []);
  // a commit that was judged for another ref may lack a statement, an approval or a signer that this ref asks for
  const attested =
    attestationsFor(setup.judge.policy, 'commits', ref).length > 0 ||
    asksForPeople(setup.judge.policy, ref);
  const nothing = count === 0 && incoming.type === 'commit' && !ref.startsWith('refs/tags/');
  if (nothing && !attested) return counts;
  terminal.say(`${visible(ref)}: ${plural(count, 'new commit')}`);
  push.part.current = halfOf(update, incoming);
  const reporter = watched(push, reporterFor(push, setup, update), update, count);
  try {
    const value = await judgeValue(changed, incoming, setup, reporter);
    const judged = sumOf(value, await judgeRange(changed, incoming, setup, reporter));
    reporter.finish(judged, exitCodeOf(judged) === ExitCode.ok);
    return judged;
  } catch (error) {
    reporter.abandon();
    throw error;
  }
}
