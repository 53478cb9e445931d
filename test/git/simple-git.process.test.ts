import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import debug from 'debug';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { allValues, replaceValues } from '../../src/git/config-edit.ts';
import { gitEnvironment } from '../../src/git/environment.ts';
import { findGit } from '../../src/git/process.ts';
import { askGit, askGitLine, openGit, UNSAFE } from '../../src/git/simple-git.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const repository = scratchRepository('simple-git');
const git = findGit(repository.env) ?? '';
const place = { git, cwd: repository.path, env: gitEnvironment(repository.env) };
const here = { cwd: repository.path, env: repository.env };

/** A git that runs these lines of shell, in a folder with a blank in its name. */
function fakeGit(lines: string): string {
  const folder = join(scratchDirectory('fake-git'), 'Program Files');
  mkdirSync(folder);
  const path = join(folder, 'git');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

afterEach(() => vi.restoreAllMocks());

describe('a value that looks like an option', () => {
  it.each([
    ...['--upload-pack=touch x', '--template=/evil', '-u', '-c', '--', '-', '--global'],
    ...['--file=/evil', '--exec=/evil', '', ' ', 'two\nlines\n', '$(touch x)', 'ä€𝄞', '\\', '"'],
  ])('the value %j is stored byte for byte, and is no option (I02)', async (value) => {
    await replaceValues(here, '--local', 'gpg.x509.program', [value, value]);
    expect(await allValues(here, '--local', 'gpg.x509.program')).toEqual([value, value]);
    const read = repository.must('config', '--local', '-z', '--get-all', 'gpg.x509.program');
    expect(read).toBe(`${value}\0${value}\0`);
  });

  it('a key that looks like an option is refused by git and writes nothing (I02)', async () => {
    const before = readFileSync(join(repository.path, '.git/config'), 'utf8');
    await expect(replaceValues(here, '--local', '--edit', ['x'])).rejects.toMatchObject({
      code: 'CONFIG',
    });
    expect(readFileSync(join(repository.path, '.git/config'), 'utf8')).toBe(before);
  });

  it('a value that is not UTF-8 is refused', async () => {
    const config = join(repository.path, '.git/config');
    const before = readFileSync(config);
    writeFileSync(
      config,
      Buffer.concat([before, Buffer.from('[odd]\n\tname = J\xfcrgen\n', 'latin1')]),
    );
    await expect(allValues(here, '--local', 'odd.name')).rejects.toMatchObject({
      code: 'CONFIG',
    });
    writeFileSync(config, before);
  });
});

describe('what git gets', () => {
  it('git gets only our environment, with the user’s own configuration (I02, I12)', async () => {
    const out = join(scratchDirectory('seen'), 'env');
    vi.stubEnv('GIT_SSH_COMMAND', '/evil');
    vi.stubEnv('SIGSTORE_ID_TOKEN', 'secret');
    const env = gitEnvironment({
      PATH: process.env['PATH'],
      HOME: '/home/alice',
      EDITOR: '/evil',
      GIT_DIR: '/r/.git',
      GIT_CONFIG_GLOBAL: '/c',
      GIT_CONFIG_PARAMETERS: "'alias.x=!evil'",
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.sshCommand',
      GIT_CONFIG_VALUE_0: 'ssh -i key',
      GIT_CONFIG_KEY_1: 'core.pager',
      GIT_CONFIG_VALUE_1: 'less',
    });
    const fake = fakeGit(`env -0 > ${out}; printf '%s\\n' "$PWD" "$@"`);
    const args = ['config', '--local', '--get-all', 'a b'];
    const answer = await askGit({ git: fake, cwd: repository.path, env }, args);
    vi.unstubAllEnvs();
    expect(answer.text).toBe(`${[repository.path, ...args].join('\n')}\n`);
    const seen = readFileSync(out, 'utf8').split('\0').slice(0, -1);
    const own = /^(?:PWD|OLDPWD|SHLVL|_|GIT_TEST_DISALLOW_ABBREVIATED_OPTIONS)=/;
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    expect(seen.filter((line) => !own.test(line)).sort()).toEqual(given.sort());
  });

  it('every check of the library that would refuse our own commands is switched off', () => {
    const parser = import.meta.resolve('@simple-git/argv-parser');
    const text = readFileSync(new URL(parser), 'utf8');
    const categories = new Set(text.match(/allowUnsafe\w+/g));
    expect(categories.size).toBeGreaterThan(20);
    expect(new Set(UNSAFE)).toEqual(new Set([...categories, 'allowUnsafeCustomBinary']));
  });

  it('the library writes no log, which would show the environment', async () => {
    debug.enable('*');
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await askGit(place, ['version']);
    expect(written).not.toHaveBeenCalled();
  });
});

describe('what git answers', () => {
  const answerOf = (lines: string) => askGit({ ...place, git: fakeGit(lines) }, ['x']);

  it('a git that fails without a message has failed', async () => {
    expect(await answerOf('exit 3')).toEqual({ exitCode: 3, text: '', said: '' });
  });

  it('a failure returns the exit code, the last line of stderr and the answer so far', async () => {
    const answer = await answerOf('echo some; echo warning >&2; echo "fatal: no" >&2; exit 128');
    expect(answer).toEqual({ exitCode: 128, text: 'some\n', said: 'fatal: no' });
  });

  it('a git that was killed has failed', async () => {
    const { exitCode } = await answerOf('echo half; kill -9 $$');
    expect(exitCode).toBe(255);
  });

  it('a git that cannot be started has failed', async () => {
    const gone = await askGit({ ...place, git: '/nowhere/git' }, ['x']);
    expect(gone.exitCode).not.toBe(0);
  });

  it('an answer is read to its end, even after git has exited', async () => {
    const { text } = await answerOf('echo early; { sleep 0.3; echo late; } &');
    expect(text).toBe('early\nlate\n');
  });

  it('an empty answer returns without a pause', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await askGit(place, ['config', '--local', 'a.b', 'c']);
    expect(timers).not.toHaveBeenCalled();
  });

  it("a failed question throws git's message, and an answer loses only its last line end", async () => {
    await expect(askGitLine(place, ['rev-parse', '--verify', 'nothing'])).rejects.toMatchObject({
      code: 'GIT_FAILED',
      exitCode: 2,
      message: expect.stringMatching(/^git: Needed/),
    });
    expect(await askGitLine(place, ['rev-parse', '--git-path', ' odd \n'])).toBe('.git/ odd \n');
  });

  it('a failed command does not stop the next ones', async () => {
    const opened = await openGit(place);
    await expect(opened.raw('config', '--get', 'no.such')).rejects.toThrow();
    expect(await opened.version()).toMatchObject({ installed: true });
  });
});
