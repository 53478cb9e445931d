/**
 * `git signet hooks run`: the command that our hooks call. The earlier hook runs first, with the same input. Then every ref of
 * the push is judged by a policy that the push cannot change. One fault refuses the whole push. Only the objects to be judged
 * are read from the push. In a server's quarantine, git's own variables find them.
 */

import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import { asksForPeople } from '../../core/policy/approvals.ts';
import { ExitCode } from '../../errors.ts';
import { attestationsFor } from '../../gate/attestations.ts';
import { countResults, exitCodeOf, passes, sumOf } from '../../gate/exit-code.ts';
import { planRange, planRun } from '../../gate/plan.ts';
import { judgePlan, judgingContext, tagContext } from '../../gate/run.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { judgeChain } from '../../gate/tag-chain.ts';
import { earlierHook, type HookName, runHook } from '../../git/hooks.ts';
import { type GitRepository, gitLine, openRepository } from '../../git/repository.ts';
import { renderResult } from '../../report/formats.ts';
import type { Counts } from '../../report/judged.ts';
import { createReporter, type Reporter } from '../../report/reporter.ts';
import { pushedStatements } from '../../statements/refs.ts';
import type { Streams } from '../../system/terminal.ts';
import { HOOK_SPEC, vouchedFor } from './options.ts';
import { fallbackOf, findPolicy, knownFor, POLICY, revisionOf, rollsBack } from './policy.ts';
import {
  heldBy,
  type Incoming,
  incomingOf,
  isForced,
  type Known,
  movedRef,
  type RefUpdate,
  readUpdates,
} from './push-updates.ts';
import { type HookSetup, type SetupQuestion, setupFor, setupOfRef } from './setups.ts';
import { judgeSignedPush, type Moved, type SignedPush } from './signed-push.ts';

const MAX_INPUT = 64 * 1024 * 1024;
const JOBS = 2;

interface Push extends SetupQuestion {
  readonly hook: HookName;
  readonly known: Known;
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

/** Refs whose commits hold signed statements. The commits themselves are not signed, and no branch may begin from them. */
const STATEMENTS = 'refs/attestations/';

async function judgeUpdate(push: Push, update: RefUpdate): Promise<Counts> {
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
  const reporter = reporterFor(push, setup, update);
  const value = await judgeValue(changed, incoming, setup, reporter);
  const judged = sumOf(value, await judgeRange(changed, incoming, setup, reporter));
  reporter.finish(judged, exitCodeOf(judged) === ExitCode.ok);
  return judged;
}

/** Refs that only a push through this hook moves. A server makes other refs by itself, from commits that it has not judged. */
const GUARDED = ['refs/heads/', 'refs/tags/'];

/** Returns the commits that were judged before: on a server those of guarded refs, before a push those of the remote. */
async function knownRefs(
  hook: HookName,
  remote: string,
  args: ParsedArguments,
  repository: GitRepository,
): Promise<Known> {
  const more = vouchedFor(args);
  if (hook === 'pre-receive') return heldBy(repository, [...GUARDED, ...more]);
  const remotes = await gitLine(repository, ['remote']);
  const own = remotes.split('\n').includes(remote) ? `refs/remotes/${remote}/` : 'refs/remotes/';
  return heldBy(repository, [own, ...more]);
}

/** Judges the certificate of a push by the policies of its refs. Only a server sees certificates. */
function signedPushOf(push: Push, updates: readonly Moved[]): Promise<SignedPush> {
  const { repository, invocation, args } = push;
  const rulesFor = async ({ moved }: Moved) => {
    const found = await findPolicy(push, moved);
    return found === 'none' ? undefined : setupFor(push, found.revision);
  };
  const pushees = args.lists.get('pushee') ?? [];
  return judgeSignedPush({ repository, invocation, pushees, updates, rulesFor });
}

const HOOKS = ['pre-push', 'pre-receive'] as const satisfies readonly HookName[];

/** Runs the hook. `args`: the options that it was installed with, and git's own arguments after `--`. */
const run: Run = async (args, invocation) => {
  const { cwd, env, streams, terminal } = invocation;
  const hook = args.positionals[0] as HookName;
  const gitArgs = args.rest;
  const input = streams.readInput(MAX_INPUT);
  const repository = await openRepository(cwd, env);
  const directory = await gitLine(repository, ['rev-parse', '--git-path', 'hooks']);
  const earlier = earlierHook(resolve(cwd, directory), hook);
  if (earlier !== undefined) {
    const code = await runHook(earlier, gitArgs, { cwd, env, input });
    if (code !== 0) return code as ExitCode;
  }
  const [remote = ''] = gitArgs;
  const known = await knownRefs(hook, remote, args, repository);
  const fallback = await fallbackOf(hook, remote, repository);
  const bare = (await gitLine(repository, ['rev-parse', '--is-bare-repository'])) === 'true';
  const caller = hook === 'pre-receive' && bare ? 'server' : 'command';
  const setups: Push['setups'] = new Map();
  const places = { hook, args, invocation, repository, caller, known, fallback, setups } as const;
  let counts: Counts = countResults();
  try {
    const updates: Moved[] = [];
    for (const given of readUpdates(input, hook, repository)) {
      // a tag is bound to its name, but before a push the refs of the other side are unknown
      const here = hook === 'pre-receive' && !given.ref.startsWith('refs/tags/');
      const ref = here ? await movedRef(repository, given.ref) : given.ref;
      updates.push({ given, moved: { ...given, ref } });
    }
    const statements = pushedStatements(updates.map(({ moved }) => moved));
    const push: Push = { ...places, statements };
    const signed = hook === 'pre-receive' ? await signedPushOf(push, updates) : undefined;
    counts = sumOf(counts, signed?.counts ?? countResults());
    if (passes(counts)) {
      for (const { moved } of updates) counts = sumOf(counts, await judgeUpdate(push, moved));
    }
    if (signed !== undefined && passes(counts)) counts = sumOf(counts, await signed.keep());
  } finally {
    repository.objects.close();
    for (const setup of setups.values()) await (await setup.catch(() => undefined))?.close();
  }
  const code = passes(counts) ? ExitCode.ok : exitCodeOf(counts);
  if (code !== ExitCode.ok)
    terminal.say(hook === 'pre-push' ? 'nothing was pushed' : 'the whole push was refused');
  return code;
};

export const command: Command = {
  ...HOOK_SPEC,
  summary: 'what a hook calls',
  internal: true,
  positionals: [{ name: 'HOOK', takes: HOOKS }],
  rest: 'ARGUMENTS',
  about: [],
  run,
};
