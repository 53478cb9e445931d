/** Completion as a real bash does it, alone and below git's own; every word it offers is one that the commands take. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, scratchRepository } from '../support/git-repository.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const repository = scratchRepository('completion');
const GIT_COMPLETION = '/usr/share/bash-completion/completions/git';
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
  writeFileSync(join(repository.path, 'app.tar'), '');
  // names that git allows and a shell would run
  repository.must('branch', '$(>planted)');
  repository.must('branch', '`>planted`');
  repository.must('branch', 'feature/x');
});

describe.skipIf(!haveTools('bash'))('git signet completion bash', () => {
  it('the completion of bash is registered for git-signet', () => {
    const ran = run('/bin/bash', ['--norc', '-c', `${script}\ncomplete -p git-signet`], {
      cwd: repository.path,
      env: { ...repository.env },
    });
    expect(ran.out).toBe('complete -F _git_signet git-signet\n');
  });

  it('bash offers commands, options, their values and subcommands', () => {
    expect(offered(['git-signet', 've'])).toEqual([
      ...['verify', 'verify-tag', 'verify-attestation', 'verify-archive', 'verify-vsa', 'version'],
    ]);
    expect(offered(['git', 'signet', 'in'])).toEqual(['init', 'incident']);
    expect(offered(['git', 'signet', 'keyr'])).toEqual([]);
    expect(offered(['git-signet', 'init', '--'])).toEqual([
      ...['--global', '--local', '--undo', '--help'],
    ]);
    expect(offered(['git-signet', 'verify', '--format', 'js'])).toEqual(['json', 'jsonl']);
    expect(offered(['git-signet', 'verify', '--format', '=', 'js'])).toEqual(['json', 'jsonl']);
    expect(offered(['git-signet', 'sandbox', 'st'])).toEqual(['start', 'stop']);
    expect(offered(['git-signet', 'sandbox', 'stop', '--'])).toEqual(['--dir', '--help']);
    expect(offered(['git-signet', 'hooks', 'ru'])).toEqual([]);
    expect(offered(['git-signet', 'agent', 'print', 'l'])).toEqual(['launchd']);
    expect(offered(['git-signet', 'help', 'polic'])).toEqual(['policy']);
    expect(offered(['git-signet', 'verify', '--certificate-github-workflow-r'])).toEqual([
      '--certificate-github-workflow-repository',
      '--certificate-github-workflow-ref',
    ]);
  });

  it('bash offers revisions, ranges and tags by name, and never a name that a shell would run', () => {
    expect(offered(['git', 'signet', 'verify', ''])).toEqual(['feature/x', 'main', 'v1.0']);
    expect(offered(['git', 'signet', 'verify', 'main..f'])).toEqual(['main..feature/x']);
    expect(offered(['git', 'signet', 'verify-tag', ''])).toEqual(['v1.0']);
    expect(offered(['git', 'signet', 'verify', '$'])).toEqual([]);
    expect(offered(['git', 'signet', 'verify-archive', ''])).toEqual(['v1.0']);
    expect(offered(['git', 'signet', 'verify', '--format', 'json', 'v'])).toEqual(['v1.0']);
    expect(existsSync(join(repository.path, 'planted'))).toBe(false);
  });

  it('bash offers files where a file is meant, and nowhere else', () => {
    expect(offered(['git-signet', 'verify-archive', 'v1.0', 'app'])).toEqual(['app.tar']);
    expect(offered(['git-signet', 'verify', '--policy', 'app'])).toEqual(['app.tar']);
    for (const words of [['use'], ['verify', '--jobs'], ['status'], ['policy', 'init']]) {
      expect(offered(['git-signet', ...words, 'app']), words.join(' ')).toEqual([]);
    }
  });

  it.skipIf(!existsSync(GIT_COMPLETION))('git’s own completion asks it for git signet', () => {
    const words = ['git', 'signet', 'verify', '--form'];
    expect(offered(words, `. ${GIT_COMPLETION}`, '__git_wrap__git_main')).toEqual(['--format']);
  });
});

describe.skipIf(!haveTools('fish'))('git signet completion fish', () => {
  const config = join(repository.path, '..', 'fish-config');
  /** What a fish that has just started offers, by the file that it loads itself. */
  const inFish = (line: string): readonly string[] => {
    const asked = `complete -C ${JSON.stringify(line)}`;
    const ran = run('fish', ['-c', asked], {
      cwd: repository.path,
      env: { ...repository.env, XDG_CONFIG_HOME: config, PATH: `${config}:${process.env.PATH}` },
    });
    expect(ran.err).toBe('');
    return ran.out.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0] ?? '']));
  };

  beforeAll(async () => {
    const folder = join(config, 'fish/completions');
    mkdirSync(folder, { recursive: true });
    const { out } = await signet(repository, ['completion', 'fish']);
    writeFileSync(join(folder, 'git-signet.fish'), out);
    // fish asks nothing about a program that is not there
    writeFileSync(join(config, 'git-signet'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  });

  it('zsh loads the completion by itself, and offers commands, subcommands, options and values', () => {
    expect(inFish('git-signet ver')).toEqual(
      expect.arrayContaining(['verify', 'verify-tag', 'verify-archive', 'version']),
    );
    expect(inFish('git-signet sandbox st').toSorted()).toEqual(['start', 'stop']);
    expect(inFish('git-signet sandbox stop --').toSorted()).toEqual(['--dir', '--help']);
    expect(inFish('git-signet verify --format js').toSorted()).toEqual(['json', 'jsonl']);
    expect(inFish('git-signet agent print l')).toEqual(['launchd']);
    expect(inFish('git-signet verify main v')).toEqual(['v1.0']);
    expect(inFish('git-signet verify-tag ')).toEqual(['v1.0']);
  });

  it('zsh offers files where a file is meant, and nowhere else', () => {
    expect(inFish('git-signet verify-archive v1.0 app')).toEqual(['app.tar']);
    expect(inFish('git-signet verify --policy app')).toEqual(['app.tar']);
    for (const words of ['use', 'verify --jobs', 'status', 'policy init', 'verify-archive']) {
      expect(inFish(`git-signet ${words} app`), words).toEqual([]);
    }
  });
});

describe.skipIf(!haveTools('zsh'))('git signet completion zsh', () => {
  let zsh = '';
  beforeAll(async () => {
    zsh = (await signet(repository, ['completion', 'zsh'])).out;
  });

  /** What zsh is told to offer: its own functions for that are replaced by ones that print. */
  const inZsh = (words: readonly string[]): readonly string[] => {
    const array = words.map((word) => `'${word}'`).join(' ');
    const text = `compdef() { :; }; compadd() { shift; print -rl -- "$@"; }
_files() { print -r -- "<files $*>"; }; _describe() { print -rl -- "\${(@)commands%%:*}"; }
${zsh}
words=(${array}); CURRENT=${words.length}; PREFIX='${words.at(-1) ?? ''}'
_git-signet`;
    const ran = run('zsh', ['-f', '-c', text], {
      cwd: repository.path,
      env: { ...repository.env, PATH: process.env.PATH ?? '' },
    });
    expect(ran.err).toBe('');
    return ran.out.split('\n').filter((line) => line !== '');
  };

  it('fish offers commands, subcommands, options, values, and files only where they are meant', () => {
    expect(inZsh(['git-signet', 've'])).toEqual(expect.arrayContaining(['verify', 'policy']));
    expect(inZsh(['git-signet', 'sandbox', ''])).toEqual(['start', 'stop', 'run']);
    expect(inZsh(['git-signet', 'sandbox', 'stop', '-'])).toEqual(['--dir', '--help']);
    expect(inZsh(['git-signet', 'agent', 'print', ''])).toEqual(['systemd', 'launchd']);
    expect(inZsh(['git-signet', 'verify', '--format', ''])).toContain('jsonl');
    expect(inZsh(['git-signet', 'verify', 'main', ''])).toContain('v1.0');
    expect(inZsh(['git-signet', 'verify-archive', ''])).toEqual(['v1.0']);
    expect(inZsh(['git-signet', 'verify-archive', 'v1.0', ''])).toEqual(['<files >']);
    expect(inZsh(['git-signet', 'verify', '--policy', ''])).toEqual(['<files >']);
    expect(inZsh(['git-signet', 'use', ''])).toEqual([]);
  });
});

/** The commands as bash offers them: those with subcommands by each of them. */
async function offeredCommands(): Promise<readonly (readonly string[])[]> {
  const names = offered(['git-signet', '']).filter((name) => name !== 'help');
  const found = names.map(async (name) => {
    const words = offered(['git-signet', name, '']);
    const below = await Promise.all(
      words.map(async (word) => (await signet(repository, [name, word, '--help'])).out),
    );
    const subcommands = words.filter((word, at) =>
      below[at]?.startsWith(`git signet ${name} ${word}`),
    );
    return subcommands.length === 0 ? [[name]] : subcommands.map((word) => [name, word]);
  });
  return (await Promise.all(found)).flat();
}

describe.skipIf(!haveTools('bash'))('completion', () => {
  it('fish offers nothing that the command does not know', async () => {
    const commands = await offeredCommands();
    expect(commands.length).toBeGreaterThan(20);
    for (const command of commands) {
      for (const option of offered(['git-signet', ...command, '--'])) {
        if (option === '--help') continue;
        const [value = 'x'] = offered(['git-signet', ...command, option, '']);
        const words = [...command, option, value, '--no-such-option'];
        const { talk } = await signet(repository, words);
        expect(talk, words.join(' ')).not.toContain(`unknown option ${option}\n`);
        expect(talk, words.join(' ')).not.toContain(`unrecognized argument: ${option}\n`);
        // log hands to git what it does not know, and git reads it after the values of ours
        if (command[0] === 'log') continue;
        expect(talk, words.join(' ')).toContain('unknown option --no-such-option\n');
      }
    }
  });

  it('another shell, or no shell, is an error that lists the shells (F2)', async () => {
    expect(await signet(repository, ['completion', 'bsh'])).toMatchObject({
      exit: 2,
      talk: "git-signet: 'bsh': expected bash, zsh or fish\n  did you mean: git signet completion bash\n",
    });
    expect((await signet(repository, ['completion'])).exit).toBe(2);
    expect((await signet(repository, ['completion', 'bash', 'zsh'])).exit).toBe(2);
  });
});
