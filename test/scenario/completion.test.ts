/** Completion as a real bash does it, alone and below git's own; every word it offers is one that the commands take. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { completionWords } from '../../src/cli/completion-words.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import { run, scratchRepository } from '../support/git-repository.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const repository = scratchRepository('completion');
const GIT_COMPLETION = '/usr/share/bash-completion/completions/git';
/** Twice: an option that takes a value takes the first. */
const NO_SUCH = ['--no-such-option', '--no-such-option'];
let script = '';

/** What bash offers for the last of the words, after `prepare` and the script. */
function offered(words: readonly string[], prepare = '', call = '_git_signet'): readonly string[] {
  const array = words.map((word) => `'${word}'`).join(' ');
  const text = `${prepare}
${script}
COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
${call}
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = run('/bin/bash', ['--norc', '-c', text], {
    cwd: repository.path,
    env: { ...repository.env },
  });
  expect(ran.err).toBe('');
  return ran.out.split('\n').filter((line) => line !== '');
}

beforeAll(async () => {
  script = (await signet(repository, ['completion', 'bash'])).out;
  repository.must('commit', '-q', '--allow-empty', '-m', 'first');
  repository.must('tag', 'v1.0');
  // names that git allows and a shell would run
  repository.must('branch', '$(>planted)');
  repository.must('branch', '`>planted`');
  repository.must('branch', 'feature/x');
});

describe.skipIf(!haveTools('bash'))('git signet completion bash', () => {
  it('is registered for git-signet', () => {
    const ran = run('/bin/bash', ['--norc', '-c', `${script}\ncomplete -p git-signet`], {
      cwd: repository.path,
      env: { ...repository.env },
    });
    expect(ran.out).toBe('complete -F _git_signet git-signet\n');
  });

  it('offers commands, options, their values, subcommands', () => {
    const ve = Object.keys(COMMANDS).filter((name) => name.startsWith('ve'));
    expect(offered(['git-signet', 've'])).toEqual(ve);
    expect(ve).toContain('verify-tag');
    expect(offered(['git', 'signet', 'in'])).toEqual(['init']);
    expect(offered(['git', 'signet', 'keyr'])).toEqual([]);
    expect(offered(['git-signet', 'init', '--'])).toEqual(['--global', '--undo', '--help']);
    expect(offered(['git-signet', 'verify', '--format', 'js'])).toEqual(['json', 'jsonl']);
    expect(offered(['git-signet', 'verify', '--format', '=', 'js'])).toEqual(['json', 'jsonl']);
    expect(offered(['git-signet', 'sandbox', 'st'])).toEqual(['start', 'stop']);
    expect(offered(['git-signet', 'verify', '--certificate-github-workflow-r'])).toEqual([
      '--certificate-github-workflow-repository',
      '--certificate-github-workflow-ref',
    ]);
  });

  it('offers revisions, ranges and tags by name, and never a name that a shell would run', () => {
    expect(offered(['git', 'signet', 'verify', ''])).toEqual(['feature/x', 'main', 'v1.0']);
    expect(offered(['git', 'signet', 'verify', 'main..f'])).toEqual(['main..feature/x']);
    expect(offered(['git', 'signet', 'verify-tag', ''])).toEqual(['v1.0']);
    expect(offered(['git', 'signet', 'verify', '$'])).toEqual([]);
    expect(existsSync(join(repository.path, 'planted'))).toBe(false);
  });

  it.skipIf(!existsSync(GIT_COMPLETION))('git’s own completion asks it for git signet', () => {
    const words = ['git', 'signet', 'verify', '--form'];
    expect(offered(words, `. ${GIT_COMPLETION}`, '__git_wrap__git_main')).toEqual(['--format']);
  });
});

describe('completion', () => {
  it('offers nothing that the command does not know', async () => {
    for (const { name, options, subcommands } of await completionWords(COMMANDS)) {
      // what stands after -- is another command's
      if ((await COMMANDS[name]?.load())?.help.includes('[-- OPTIONS]')) continue;
      const starts = subcommands.length === 0 ? [[name]] : subcommands.map((word) => [name, word]);
      for (const option of [...options.keys()].filter((each) => each !== '--help')) {
        const tries = await Promise.all(
          starts.map((start) => signet(repository, [...start, option, ...NO_SUCH])),
        );
        const known = tries.filter(({ talk }) => !talk.includes(`unknown option ${option}\n`));
        expect(known.length, `${name} ${option}: ${tries[0]?.talk}`).toBeGreaterThan(0);
      }
    }
  });

  it.each(['zsh', 'fish'])(
    '%s: every command and a value of an option is in the script',
    async (shell) => {
      const { out, exit } = await signet(repository, ['completion', shell]);
      expect(exit).toBe(0);
      for (const { name } of await completionWords(COMMANDS)) expect(out).toContain(name);
      expect(out).toMatch(/text json jsonl/);
    },
  );

  it('F2 another shell, or none, is an error that says which there are', async () => {
    expect(await signet(repository, ['completion', 'bsh'])).toMatchObject({
      exit: 2,
      talk: expect.stringContaining('run: git signet completion bash'),
    });
    expect((await signet(repository, ['completion'])).exit).toBe(2);
    expect((await signet(repository, ['completion', 'bash', 'zsh'])).exit).toBe(2);
  });
});
