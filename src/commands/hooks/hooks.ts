/** `git signet hooks`: puts the gate where pushes leave or arrive, beside the hooks that are there, and takes it away. */

import { resolve } from 'node:path';
import { type ParsedArguments, parseArguments } from '../../cli/arguments.ts';
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

const SPEC = { options: { 'pre-push': 'switch', 'pre-receive': 'switch' } } as const;

export const help = `git signet hooks install | remove [--pre-push | --pre-receive] [-- OPTIONS]

Judges every push: before it leaves (pre-push), or, on a server's bare repository, before
it is taken (pre-receive). One fault refuses the push whole. Without a choice: pre-receive
in a bare repository, pre-push elsewhere. A hook that is there already runs first.

  git signet hooks install
  git signet hooks install --pre-receive -- --policy-from OLD
  git signet hooks remove

OPTIONS are those of verify, kept in the hook; and
  --policy-from OLD    .signet.yaml as the ref has it before the push; a new ref, or one whose
                       policy has a smaller sequence: as the default branch has it. This
                       holds too where signet.policy is not set
  --refuse-deletes     refs may not be deleted
  --judged-refs PREFIX refs below PREFIX (refs/releases/) hold only what was judged; of
                       refs that the server makes by itself this is not so

Judged are: of a branch, what its old value does not reach; of a new ref, what no branch
and no tag reaches; tags by the rules of verify-tag, so none without a signature.

Exit: 0; hooks that refuse: as verify
`;

function hookOf({ switches }: ParsedArguments, bare: boolean): HookName {
  if (switches.has('pre-push') && switches.has('pre-receive')) {
    throw new UsageError('--pre-push and --pre-receive: one at a time');
  }
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

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { streams, cwd, env } = invocation;
  const [verb, ...words] = invocation.args;
  if (verb === 'run') {
    const [hook, ...rest] = words;
    if (hook !== 'pre-push' && hook !== 'pre-receive')
      throw new UsageError(`no hook ${hook ?? ''}`);
    const { runHooks } = await import('./run.ts');
    return runHooks(hook, rest, invocation);
  }
  if (verb !== 'install' && verb !== 'remove') {
    throw new UsageError('install or remove?', { hint: 'run: git signet hooks install' });
  }
  const args = parseArguments(words, SPEC);
  const [unwanted] = args.positionals;
  if (unwanted !== undefined) throw new UsageError(`unexpected argument ${unwanted}`);
  const { bare, directory } = await hooksHere(cwd, env);
  const hook = hookOf(args, bare);
  if (verb === 'remove') {
    const back = removeHook(directory, hook);
    const said = back === true ? 'removed; what was there before is back' : 'removed';
    streams.write(`${hook}: ${back === undefined ? 'none of ours is there' : said}\n`);
    return ExitCode.ok;
  }
  const options = args.rest ?? [];
  const { HOOK_SPEC, vouchedFor } = await import('./run.ts');
  const given = parseArguments(options, HOOK_SPEC);
  const [stray] = given.positionals;
  if (stray !== undefined) throw new UsageError(`unexpected argument ${stray}`);
  vouchedFor(given);
  const program = shellWord(installOwnProgram(invocation));
  const text = hookText(hook, program, options.map((option) => ` ${shellWord(option)}`).join(''));
  const moved = installHook(directory, hook, text);
  streams.write(
    `${hook}: installed in ${directory}${moved ? '; what was there runs first' : ''}\n`,
  );
  if (bare) await tellFsckObjects(invocation);
  return ExitCode.ok;
}
