/** One blob out of the repository. Its name travels on stdin, so it is never an option (threat I01). */

import { fromUtf8Lossy, latin1, utf8 } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from './config.ts';
import { GIT_READS, gitSaid } from './git-repository.ts';
import { findExecutable, gitEnvironment, runProcess } from './process.ts';

/** What git says of names, whatever the repository's configuration would have it say. */
const WARN = 'core.warnAmbiguousRefs=true';

/**
 * Bytes of the blob that `name` (`REV:PATH`, or any name of git's) stands for; undefined when there is none, or
 * when it is no blob. @throws ConfigError without git or without repository, and for a REV that is several refs: a tag
 * called like the branch stands before it for git, and may be anybody's (threat P04)
 */
export async function readBlob(
  name: string,
  cwd: string,
  env: Environment,
): Promise<Uint8Array | undefined> {
  if (/[\n\r\0]/.test(name)) return undefined;
  const git = findExecutable('git', env);
  if (git === undefined) throw new ConfigError('git is not on PATH');
  const result = await runProcess(git, [...GIT_READS, '-c', WARN, 'cat-file', '--batch'], {
    cwd,
    env: gitEnvironment(env),
    input: utf8(`${name}\n`),
  });
  const { exitCode, stdout } = result;
  if (exitCode !== 0) {
    throw new ConfigError(
      `git: ${gitSaid(result.stderr, 'cat-file failed').replace(/^fatal: /, '')}`,
    );
  }
  const [, twice] = /refname '(.*)' is ambiguous/.exec(fromUtf8Lossy(result.stderr)) ?? [];
  if (twice !== undefined) {
    throw new ConfigError(`${name}: ${twice} is several refs`, {
      code: 'POLICY_FILE',
      hint: `write it out, such as refs/heads/${twice}`,
    });
  }
  const end = stdout.indexOf(0x0a);
  const header = /^[0-9a-f]+ blob (\d+)$/.exec(latin1(stdout.subarray(0, Math.max(end, 0))));
  if (header === null) return undefined;
  return stdout.slice(end + 1, end + 1 + Number(header[1]));
}
