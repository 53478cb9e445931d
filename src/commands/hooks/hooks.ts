/** `git signet hooks`: puts the gate where pushes leave or arrive, beside the hooks that are there, and takes it away. */

import { resolve } from 'node:path';
import { parseArguments } from '../../cli/arguments.ts';
import { type Command, loaded } from '../../cli/command.ts';
import type { ArgumentSpec, ParsedArguments } from '../../cli/spec.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { gitEnvironment } from '../../git/environment.ts';
import { fsckObjects } from '../../git/fsck-objects.ts';
import { type HookName, hookText, installHook, removeHook } from '../../git/hooks.ts';
import { findGit } from '../../git/process.ts';
import { askGitLine, exactText } from '../../git/simple-git.ts';
import { shellWord } from '../../report/mend.ts';
import type { Environment } from '../../system/environment.ts';
import type { Invocation } from '../../system/invocation.ts';
import { installOwnProgram } from '../../system/own-program.ts';
import { HOOK_OPTIONS, HOOK_SPEC, vouchedFor } from './options.ts';

function hookOf({ switches }: ParsedArguments, bare: boolean): HookName {
  if (switches.has('pre-push')) return 'pre-push';
  return switches.has('pre-receive') || bare ? 'pre-receive' : 'pre-push';
}

/** A server's owner is told what keeps malformed objects out for all who do not ask this gate. Nothing is changed. */
async function tellFsckObjects({ cwd, env, terminal }: Invocation): Promise<void> {
  const { gitKeys } = await import('../doctor/git.ts');
  if (fsckObjects(await gitKeys({ cwd, env }), 'receive') !== undefined) return;
  terminal.say(
    'git takes in malformed objects here, and git verify-commit cannot see that they are',
  );
  terminal.hint(`run: git -C ${shellWord(resolve(cwd))} config receive.fsckObjects true`);
}

/** Whether the repository is bare, and the folder of its hooks. @throws UsageError GIT_FAILED, ConfigError */
async function hooksHere(
  cwd: string,
  env: Environment,
): Promise<{ readonly bare: boolean; readonly directory: string }> {
  const git = findGit(env);
  if (git === undefined) throw new UsageError('no git on PATH', { code: 'GIT_FAILED' });
  const questions = ['rev-parse', '--is-bare-repository', '--git-path', 'hooks'];
  const answer = await askGitLine({ git, cwd, env: gitEnvironment(env) }, questions);
  const [bare, ...path] = answer.split('\n');
  return {
    bare: bare === 'true',
    directory: resolve(cwd, exactText(path.join('\n'), 'the path of the hooks')),
  };
}

async function remove(args: ParsedArguments, invocation: Invocation): Promise<ExitCode> {
  const { bare, directory } = await hooksHere(invocation.cwd, invocation.env);
  const hook = hookOf(args, bare);
  const back = removeHook(directory, hook);
  const said = back === true ? 'removed; what was there before is back' : 'removed';
  invocation.streams.write(`${hook}: ${back === undefined ? 'none of ours is there' : said}\n`);
  return ExitCode.ok;
}

async function install(args: ParsedArguments, invocation: Invocation): Promise<ExitCode> {
  const { bare, directory } = await hooksHere(invocation.cwd, invocation.env);
  const hook = hookOf(args, bare);
  const options = args.rest;
  // what cannot be read would refuse every push
  vouchedFor(parseArguments(options, HOOK_SPEC));
  const program = shellWord((await installOwnProgram(invocation)).path);
  const text = hookText(hook, program, options.map((option) => ` ${shellWord(option)}`).join(''));
  const moved = installHook(directory, hook, text);
  invocation.streams.write(
    `${hook}: installed in ${directory}${moved ? '; what was there runs first' : ''}\n`,
  );
  if (bare) await tellFsckObjects(invocation);
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
      summary: 'put the hook there',
      rest: '[OPTIONS]',
      restOptions: {
        title: 'OPTIONS are those of verify, kept in the hook, and',
        options: HOOK_OPTIONS,
      },
      about: ['puts the hook there; one that is there already runs first'],
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
  exits: { 0: 'done; a hook that refuses ends as verify does', 2: 'usage' },
};
