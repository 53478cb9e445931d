/** `git signet completion SHELL`: the script that teaches a shell this program's words. */

import type { Command, Run } from '../cli/command.ts';
import { SHELLS } from '../cli/completion-scripts.ts';
import { completionWords } from '../cli/completion-words.ts';
import { ExitCode } from '../errors.ts';

const NAMES = Object.keys(SHELLS);

const run: Run = async ({ positionals: [shell = ''] }, { streams }, commands) => {
  streams.write(SHELLS[shell]?.(await completionWords(commands)) ?? '');
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'words for the shell to complete',
  positionals: [{ name: NAMES.join(' | '), takes: NAMES }],
  about: [
    'Prints a script that completes commands, options, their values, and names of revisions.',
  ],
  examples: [
    ['eval "$(git signet completion bash)"', 'in ~/.bashrc'],
    [`git signet completion zsh > "\${fpath[1]}/_git-signet"`, 'once'],
    ['git signet completion fish > ~/.config/fish/completions/git-signet.fish'],
  ],
  exits: { 0: 'done', 2: 'another shell' },
  run,
};
