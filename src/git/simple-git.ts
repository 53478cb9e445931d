/**
 * Runs git by simple-git, for commands that a user types and that change git's configuration or ask it a question. It is
 * never on git's path, because loading it costs more than a whole signature may. Answers in bytes (objects, file names)
 * need our own child processes, because simple-git decodes every answer as UTF-8.
 *
 * simple-git refuses arguments and variables that could make git run a program. Here it has nothing to refuse. The first
 * arguments are always words of this program, and a user's text only follows as a value. The variables come from
 * `environment.ts`, as they do for our own child processes (threat I02).
 */

import type { SimpleGit } from 'simple-git';
import { ConfigError, UsageError } from '../errors.ts';
import type { GitPlace } from './process.ts';

/** git's answer. Each byte that is not UTF-8 became U+FFFD. */
export interface GitAnswer {
  readonly exitCode: number;
  readonly text: string;
  /** The last line of git's stderr. */
  readonly said: string;
}

/**
 * Switches off what simple-git would refuse: `gpg.x509.program`, which `git signet init` writes, a git in a folder with a
 * blank in its name, and the user's own configuration in variables, which may name anything.
 */
export const UNSAFE: readonly string[] = [
  ...['allowUnsafeCustomBinary', 'allowUnsafeGpgProgram', 'allowUnsafeConfigEnvCount'],
  ...['allowUnsafeConfigPaths', 'allowUnsafeAlias', 'allowUnsafeAskPass'],
  ...['allowUnsafeCommandBinaries', 'allowUnsafeCredentialHelper'],
  ...['allowUnsafeDiffExternal', 'allowUnsafeDiffTextConv', 'allowUnsafeEditor'],
  ...['allowUnsafeExec', 'allowUnsafeFilter', 'allowUnsafeFsMonitor'],
  ...['allowUnsafeGitProxy', 'allowUnsafeHooksPath', 'allowUnsafeInclude'],
  ...['allowUnsafeMergeDriver', 'allowUnsafePack', 'allowUnsafePager'],
  ...['allowUnsafeProtocolOverride', 'allowUnsafeSshCommand', 'allowUnsafeSubmodule'],
  ...['allowUnsafeTemplateDir', 'allowUnsafeUrlRewrite'],
];

/** Returns simple-git for one place, with only the environment of that place. */
export async function openGit({ git, cwd, env }: GitPlace): Promise<SimpleGit> {
  const [{ simpleGit, GitError }, { default: debug }] = await Promise.all([
    import('simple-git'),
    import('debug'),
  ]);
  // DEBUG=* would print the environment, which may hold a password for a proxy or a server
  debug.disable();
  const opened = simpleGit({
    baseDir: cwd,
    binary: git,
    allowEnvironment: Object.keys(env),
    unsafe: Object.fromEntries(UNSAFE.map((name) => [name, true])),
    // by default simple-git may take the answer before its end
    completion: { onClose: true, onExit: false },
    // by default a git that was killed, or failed without a message, counts as success
    errors: (_, { exitCode, stdOut, stdErr }) => {
      if (exitCode === 0) return undefined;
      const said = textOf(stdErr).trim().split('\n').at(-1) ?? '';
      const answer: GitAnswer = { exitCode: exitCode ?? KILLED, text: textOf(stdOut), said };
      return Object.assign(new GitError(undefined, said), { answer });
    },
  }).env({ ...env });
  return opened.outputHandler((_, stdout) => {
    // if git writes nothing, simple-git waits 50 ms for more
    stdout.once('end', () => stdout.emit('data', Buffer.alloc(0)));
  });
}

const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();

/** The exit code of a git that a signal ended. simple-git has none for that. */
const KILLED = 255;

/** Runs git to its end. */
export async function askGit(place: GitPlace, args: readonly string[]): Promise<GitAnswer> {
  const git = await openGit(place);
  try {
    return { exitCode: 0, text: await git.raw([...args]), said: '' };
  } catch (error) {
    if (error instanceof Error && 'answer' in error) return error.answer as GitAnswer;
    throw error;
  }
}

/** Returns `text` if it is as git wrote it. Messages name it `what`. @throws ConfigError if it had bytes that are not UTF-8 */
export function exactText(text: string, what: string): string {
  if (!text.includes('\uFFFD')) return text;
  throw new ConfigError(`${what} holds bytes that are not UTF-8, and would be changed`);
}

/** Returns git's answer without its last line end. @throws UsageError GIT_FAILED */
export async function askGitLine(place: GitPlace, args: readonly string[]): Promise<string> {
  const { exitCode, text, said } = await askGit(place, args);
  if (exitCode === 0) return text.replace(/\n$/, '');
  const why = said.replace(/^fatal: /, '') || `git ${args[0]} ended with ${exitCode}`;
  throw new UsageError(`git: ${why}`, { code: 'GIT_FAILED' });
}
