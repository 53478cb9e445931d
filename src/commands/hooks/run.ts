/**
 * `git signet hooks run`: the command that our hooks call. The earlier hook runs first, with the same input. Then every ref of
 * the push is judged by a policy that the push cannot change. One fault refuses the whole push. Only the objects to be judged
 * are read from the push. In a server's quarantine, git's own variables find them.
 */

import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { rejected } from '../../core/rejection.ts';
import { Refusal } from '../../core/verdict.ts';
import { ExitCode } from '../../errors.ts';
import { countResults, exitCodeOf, passes, sumOf } from '../../gate/exit-code.ts';
import { earlierHook, type HookName, runHook } from '../../git/hooks.ts';
import { type GitRepository, gitLine, openRepository } from '../../git/repository.ts';
import type { Counts } from '../../report/judged.ts';
import { helpLine } from '../../report/mend.ts';
import { verdictLine } from '../../report/verdict-line.ts';
import { pushedStatements } from '../../statements/refs.ts';
import { endAfter } from '../../system/end-after.ts';
import type { Invocation } from '../../system/invocation.ts';
import { endChildren } from '../../system/process.ts';
import { shellWord } from '../../system/shell.ts';
import { judgeUpdate, type Part, type Push } from './judge-update.ts';
import { HOOK_SPEC, vouchedFor } from './options.ts';
import { fallbackOf, findPolicy } from './policy.ts';
import { heldBy, type Known, movedRef, readUpdates } from './push-updates.ts';
import { setupFor } from './setups.ts';
import { judgeSignedPush, type Moved, type SignedPush } from './signed-push.ts';
import { noWatch, timeLimit, watchPush } from './watch.ts';

const MAX_INPUT = 64 * 1024 * 1024;

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

/** Tells the pusher what to do if the time is over. */
function tellOutOfTime(
  error: unknown,
  part: Part | undefined,
  { terminal }: Pick<Invocation, 'terminal'>,
): Counts {
  if (!(error instanceof Refusal) || error.code !== 'push-out-of-time') throw error;
  terminal.say(verdictLine(rejected({ check: 'object' }, error.code, error.message), undefined));
  if (part !== undefined) {
    terminal.hint('push a part of the branch first, and all of it afterwards:');
    terminal.hint(`git push origin ${part.commit}:${shellWord(part.ref)}`);
  }
  terminal.hint(helpLine(error.code).trim());
  return { ...countResults(), undecided: 1 };
}

/** Judges the certificate, and then ref by ref. */
async function judgePush(push: Push, updates: readonly Moved[]) {
  const signed = push.hook === 'pre-receive' ? await signedPushOf(push, updates) : undefined;
  let counts = signed?.counts ?? countResults();
  if (passes(counts)) {
    for (const { moved } of updates) counts = sumOf(counts, await judgeUpdate(push, moved));
  }
  return { counts, keep: signed?.keep };
}

async function closeAll(setups: Push['setups']): Promise<void> {
  for (const setup of setups.values()) await (await setup.catch(() => undefined))?.close();
}

const HOOKS = ['pre-push', 'pre-receive'] as const satisfies readonly HookName[];

/** Runs the hook. `args`: the options that it was installed with, and git's own arguments after `--`. */
const run: Run = async (args, invocation) => {
  const { cwd, env, streams, terminal } = invocation;
  const hook = args.positionals[0] as HookName;
  const limit = timeLimit(args.values.get('within'));
  const gitArgs = args.rest;
  const input = streams.readInput(MAX_INPUT);
  const repository = await openRepository(cwd, env);
  const directory = await gitLine(repository, ['rev-parse', '--git-path', 'hooks']);
  const earlier = earlierHook(resolve(cwd, directory), hook);
  if (earlier !== undefined) {
    const code = await runHook(earlier, gitArgs, { cwd, env, input });
    if (code !== 0) return code as ExitCode;
  }
  const watch =
    hook === 'pre-receive'
      ? watchPush({ limit, say: terminal.say, end: endChildren, endAfter })
      : noWatch();
  const part: Push['part'] = { current: undefined };
  const setups: Push['setups'] = new Map();
  const judge = async () => {
    const [remote = ''] = gitArgs;
    const known = await knownRefs(hook, remote, args, repository);
    const fallback = await fallbackOf(hook, remote, repository);
    const bare = (await gitLine(repository, ['rev-parse', '--is-bare-repository'])) === 'true';
    const caller = hook === 'pre-receive' && bare ? 'server' : 'command';
    const updates: Moved[] = [];
    for (const given of readUpdates(input, hook, repository)) {
      // a tag is bound to its name, but before a push the refs of the other side are unknown
      const here = hook === 'pre-receive' && !given.ref.startsWith('refs/tags/');
      const ref = here ? await movedRef(repository, given.ref) : given.ref;
      updates.push({ given, moved: { ...given, ref } });
    }
    const statements = pushedStatements(updates.map(({ moved }) => moved));
    const places = { hook, args, invocation, repository, caller, known, fallback } as const;
    const judged = judgePush({ ...places, setups, statements, part, watch }, updates);
    return judged.finally(() => closeAll(setups));
  };
  let counts: Counts;
  try {
    const judged = await watch.within(judge());
    counts = judged.counts;
    // the certificate is kept whole, so it is kept outside of the time
    if (passes(counts) && judged.keep !== undefined) counts = sumOf(counts, await judged.keep());
  } catch (error) {
    counts = tellOutOfTime(error, part.current, invocation);
  } finally {
    repository.objects.close();
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
