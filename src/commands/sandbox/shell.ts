/** Makes a shell in the sandbox ready: `git signet` works there, and the first lines say who you are and what to try. */

import { basename, delimiter, dirname } from 'node:path';
import type { Environment } from '../../system/environment.ts';
import type { Invocation } from '../../system/invocation.ts';
import { findExecutable } from '../../system/process.ts';

/**
 * Returns the environment in which git finds `git signet`. If PATH leads to no git-signet, the folder of `program` joins its
 * end: the executable's own, or the sandbox's, which holds the launcher of the Node form.
 */
export function withOwnProgram(env: Environment, program: string): Environment {
  if (env.PATH === undefined || !/^git-signet(?:\.exe)?$/.test(basename(program))) return env;
  if (findExecutable('git-signet', env) !== undefined) return env;
  return { ...env, PATH: `${env.PATH}${delimiter}${dirname(program)}` };
}

/** Says at a terminal who signs in a shell and what to try. A command with arguments gets no greeting. */
export function greet(
  { streams, terminal }: Pick<Invocation, 'streams' | 'terminal'>,
  command: readonly string[],
  who: { readonly email: string; readonly onPage: boolean },
): void {
  if (command.length > 1 || !streams.inputIsTerminal || !streams.outputIsTerminal) return;
  terminal.say(
    who.onPage
      ? 'in this shell you log in on the page of a Sigstore on this machine'
      : `in this shell you sign as ${who.email}, with a Sigstore on this machine`,
  );
  terminal.say('nothing becomes public, and exit ends it. In a git repository, try');
  terminal.hint('git commit --allow-empty -m "first signed commit"');
  terminal.hint('git log --show-signature -1');
  terminal.hint('git signet show HEAD');
}
