/** `git signet completion SHELL`: the script that teaches a shell this program's words. */

import { parseArguments } from '../cli/arguments.ts';
import type { Command } from '../cli/command.ts';
import { bashScript, fishScript, zshScript } from '../cli/completion-scripts.ts';
import { type CommandWords, completionWords } from '../cli/completion-words.ts';
import { closest } from '../core/closest.ts';
import { ExitCode, UsageError } from '../errors.ts';

export const help = `git signet completion bash|zsh|fish

Prints a script that completes commands, options, their values, and names of revisions.

  eval "$(git signet completion bash)"                                  in ~/.bashrc
  git signet completion zsh > "\${fpath[1]}/_git-signet"                 once
  git signet completion fish > ~/.config/fish/completions/git-signet.fish

Exit: 0, 2 for another shell
`;

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const run: Command = async ({ args, streams }, commands) => {
  const { positionals, rest } = parseArguments(args, { options: {} });
  const [shell = '', extra = rest?.[0]] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined) {
    const near = closest(shell, Object.keys(SHELLS));
    throw new UsageError(
      shell === '' ? 'which shell? bash, zsh or fish' : `no completion for '${shell}'`,
      { hint: `run: git signet completion ${near ?? 'bash'}` },
    );
  }
  streams.write(script(await completionWords(commands)));
  return ExitCode.ok;
};
