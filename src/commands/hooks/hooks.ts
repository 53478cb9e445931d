/** `git signet hooks`: puts the gate where pushes leave or arrive, beside the hooks that are there, and takes it away. */

import { join, resolve } from 'node:path';
import { parseArguments } from '../../cli/arguments.ts';
import { type Command, loaded } from '../../cli/command.ts';
import type { ArgumentSpec, ParsedArguments } from '../../cli/spec.ts';
import { ExitCode } from '../../errors.ts';
import { fsckObjects } from '../../git/fsck-objects.ts';
import { dropDoubled, type HookName, hookText, installHook, isOurs } from '../../git/hooks.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { installOwnProgram } from '../../system/program/own-program.ts';
import { shellWord } from '../../system/shell.ts';
import type { Manager } from './managers.ts';
import { HOOK_OPTIONS, HOOK_SPEC, vouchedFor } from './options.ts';
import { type HooksPlace, hooksPlace } from './place.ts';
import { removeOurs, type Standing, standingOf } from './standing.ts';
import { timeLimit } from './watch.ts';

function hookOf({ switches }: ParsedArguments, bare: boolean): HookName {
  if (switches.has('pre-push')) return 'pre-push';
  return switches.has('pre-receive') || bare ? 'pre-receive' : 'pre-push';
}

/** Tells a server's owner what signed pushes lack, and what keeps malformed objects out for all who do not ask this gate. Nothing is changed. */
async function tellServer(invocation: Invocation, options: string): Promise<void> {
  const { cwd, env, terminal } = invocation;
  const { signedPushNeeds } = await import('./signed-push-needs.ts');
  for (const { what, remedy } of await signedPushNeeds(invocation, options)) {
    terminal.say(what);
    terminal.hint(`run: ${remedy}`);
  }
  const { gitKeys } = await import('../doctor/git.ts');
  if (fsckObjects(await gitKeys({ cwd, env }), 'receive') !== undefined) return;
  terminal.say(
    'git takes in malformed objects here, and git verify-commit cannot see that they are',
  );
  terminal.hint(`run: git -C ${shellWord(resolve(cwd))} config receive.fsckObjects true`);
}

async function remove(args: ParsedArguments, invocation: Invocation): Promise<ExitCode> {
  const { streams, terminal } = invocation;
  const place = await hooksPlace(invocation.cwd, invocation.env);
  const hook = hookOf(args, place.bare);
  const { reached, displaced, manager } = await standingOf(place, hook);
  const ours = displaced.concat(reached !== undefined && isOurs(reached) ? reached : []);
  const back = removeOurs(ours, hook);
  for (const path of displaced) terminal.say(`removed ${path}, which nothing started`);
  const said = back.length > 0 ? 'removed, and the earlier hook is back' : 'removed';
  writePage(streams, `${hook}: ${ours.length === 0 ? 'none of ours is there' : said}\n`);
  const entry = manager?.starts;
  if (entry !== undefined && !ours.includes(entry)) {
    terminal.say(`${entry} still starts git-signet for ${manager?.name}: take it out there`);
  }
  return ExitCode.ok;
}

/** What the manager's files must hold, where they are not written. */
function tellWanted(
  { manager, displaced }: Standing & { readonly manager: Manager },
  options: string,
  { terminal }: Invocation,
): void {
  terminal.say(`${manager.name} owns the hooks of this repository, so nothing was written`);
  for (const path of displaced) terminal.hint(`${path} is ours, and nothing starts it`);
  for (const { path, lines } of manager.wanted(options)) {
    terminal.hint(`add to ${path}:`);
    for (const line of lines) terminal.hint(`  ${line}`);
  }
  terminal.hint('to have it written there:');
  terminal.hint(`  git signet hooks install --write${options === '' ? '' : ` --${options}`}`);
}

/** Takes away hooks of ours that nothing starts, once another one is in place. */
async function tidy(place: HooksPlace, hook: HookName, { terminal }: Invocation): Promise<void> {
  const { reached, displaced } = await standingOf(place, hook);
  if (reached === undefined) return;
  const back = removeOurs(displaced, hook);
  for (const path of displaced) {
    const after = back.includes(path) ? ', and put the earlier hook back' : '';
    terminal.say(`removed ${path}, which nothing started${after}`);
  }
}

async function install(args: ParsedArguments, invocation: Invocation): Promise<ExitCode> {
  const { streams, terminal } = invocation;
  const place = await hooksPlace(invocation.cwd, invocation.env);
  const hook = hookOf(args, place.bare);
  // what cannot be read would refuse every push
  const kept = parseArguments(args.rest, HOOK_SPEC);
  vouchedFor(kept);
  timeLimit(kept.values.get('within'));
  const options = args.rest.map((option) => ` ${shellWord(option)}`).join('');
  const { directory } = place;
  dropDoubled(directory, hook);
  const standing = await standingOf(place, hook);
  const { manager } = standing;
  const [write, standsThere] = [args.switches.has('write'), isOurs(join(directory, hook))];
  if (manager === undefined || (manager.file && (!manager.asks || write || standsThere))) {
    const program = shellWord((await installOwnProgram(invocation)).path);
    const file = manager?.file ?? hook;
    const moved = installHook(directory, hook, hookText(hook, program, options), file);
    const by =
      manager?.file === undefined || manager.asks
        ? ''
        : ` as ${file}, which ${manager.name} runs first`;
    writePage(
      streams,
      `${hook}: installed in ${directory}${by}${moved ? '; what was there runs first' : ''}\n`,
    );
  } else if (write) {
    await manager.write(options);
    const paths = manager.wanted(options).map(({ path }) => path);
    writePage(streams, `${hook}: written to ${paths.join(' and ')}\n`);
  } else if (manager.starts === undefined) {
    tellWanted({ ...standing, manager }, options, invocation);
    return ExitCode.usage;
  } else writePage(streams, `${hook}: ${manager.name} starts git-signet (${manager.starts})\n`);
  if (manager?.pending !== undefined) {
    terminal.say(`${manager.name} has not put its hook in place yet, so type`);
    terminal.hint(manager.pending);
  }
  await tidy(place, hook, invocation);
  if (place.bare) await tellServer(invocation, options);
  return ExitCode.ok;
}

const WHICH: ArgumentSpec = {
  options: {
    'pre-push': { meaning: 'judges before a push leaves' },
    'pre-receive': { meaning: 'judges before a server takes a push' },
  },
  exclusive: [['pre-push', 'pre-receive']],
};

export const command: Command = {
  summary: 'judge every push, here or on a server',
  subcommands: {
    install: loaded({
      ...WHICH,
      options: {
        ...WHICH.options,
        write: { meaning: 'writes into the files of lefthook or husky, or into core.hooksPath' },
      },
      summary: 'put the hook there',
      rest: '[OPTIONS]',
      restOptions: {
        title: 'OPTIONS are those of verify, kept in the hook, and',
        options: HOOK_OPTIONS,
      },
      about: [
        'puts the hook there. A hook that is there already runs first. If lefthook, husky or core.hooksPath owns the hooks, it prints what to add to their files, and exits with 2',
      ],
      run: install,
    }),
    remove: loaded({
      ...WHICH,
      summary: 'take it away',
      about: ['takes it away, and puts back what was there'],
      run: remove,
    }),
    run: () => import('./run.ts'),
  },
  about: [
    "Judges every push: before it leaves (pre-push), or, on a server's bare repository, before it is taken (pre-receive). One fault refuses the whole push. Without a choice it is pre-receive in a bare repository, and pre-push elsewhere.",
  ],
  examples: [
    ['git signet hooks install'],
    ['git signet hooks install --pre-receive -- --policy-from OLD'],
  ],
  notes: [
    'Of a branch, what its old value does not reach is judged. Of a new ref, what no branch and no tag reaches. Tags are judged by the rules of verify-tag, so one without a signature is refused.',
  ],
  exits: { 0: 'done (a hook that refuses ends as verify does)', 2: 'usage' },
};
