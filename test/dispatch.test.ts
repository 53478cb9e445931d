import { describe, expect, it } from 'vitest';
import { BY_MEANING } from '../src/cli/call.ts';
import { listed } from '../src/cli/help-text.ts';
import { COMMANDS } from '../src/commands/table.ts';
import { dispatch } from '../src/dispatch.ts';
import { tellError } from '../src/error-exit.ts';
import { AnswerError, ConfigError, LoginError, ServiceError, UsageError } from '../src/errors.ts';
import { VERSION } from '../src/system/program/version.ts';
import { OutputClosed } from '../src/system/terminal.ts';
import { catchInvocation } from './support/invocation.ts';

/** Every command, and every subcommand behind its command's name. */
const everyName = (
  await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => {
      const { subcommands = {} } = (await load()).command;
      return [name, ...(await listed(subcommands)).map(([word]) => `${name} ${word}`)];
    }),
  )
).flat();

async function run(...args: string[]) {
  const caught = catchInvocation({ args, env: { SIGSTORE_ID_TOKEN: 'top-secret', PATH: '' } });
  let exit: number;
  try {
    exit = await dispatch(caught.invocation);
  } catch (error) {
    exit = tellError(error, caught.invocation.terminal, false);
  }
  return { exit, output: caught.output(), error: caught.descriptor(2), talk: caught.talk() };
}

describe('a mistyped word never exits 0 (F2)', () => {
  it.each(['verfy', 'verifytag', 'Verify', 'logon', 'constructor', '__proto__', ' '])(
    '%j',
    async (word) => {
      const { exit, output, talk } = await run(word, 'HEAD');
      expect([exit, output]).toEqual([2, '']);
      expect(talk).toContain(`unknown command '${word}'`);
    },
  );
  it('says what was meant', async () => {
    expect((await run('verfy')).talk).toBe(
      "git-signet: unknown command 'verfy'\n  did you mean: git signet verify\n",
    );
  });
  it.each(Object.entries(BY_MEANING))(
    '%s, a word of other programs, leads to the command that means it: %s',
    async (word, meant) => {
      const { exit, talk } = await run(word, 'HEAD');
      expect(exit).toBe(2);
      expect(talk).toContain(`did you mean: git signet ${meant}\n`);
      const name = meant.replace(/ --\w+$/, '');
      expect(everyName).toContain(name);
      expect(everyName).not.toContain(word);
    },
  );
  it('nothing at all is usage, not success', async () => {
    const { exit, output, error } = await run();
    expect([exit, output]).toEqual([2, '']);
    expect(error).toMatch(/^git signet <command>/);
  });
  it('a word with control characters is shown, not obeyed (S10)', async () => {
    expect((await run('\x1b[2Jx\n')).talk).toContain("'\\x1b[2Jx\\x0a'");
  });
});

describe('help and version', () => {
  it.each([['help'], ['--help'], ['-h']])(
    '%s lists every command that exists, and only those',
    async (...args) => {
      const { exit, output } = await run(...args);
      expect(exit).toBe(0);
      const names = [...output.matchAll(/^ {2}([a-z-]+) {2,}[a-zA-Z]/gm)].map(([, name]) => name);
      expect(names).toEqual((await listed(COMMANDS)).map(([name]) => name));
      expect(names).not.toContain('keyring');
    },
  );
  it.each(everyName)('the help of %s fits one screen and names its exit codes', async (name) => {
    const words = name.split(' ');
    const { exit, output } = await run(...words, '--help');
    expect(exit).toBe(0);
    expect(output).toMatch(new RegExp(`^git signet ${name}`));
    if (words.length === 1) expect(output).toMatch(/^Exit: 0 /m);
    const lines = output.split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect((await run('help', ...words)).output).toBe(output);
  });
  it('help of what does not exist is an error', async () => {
    expect((await run('help', 'nothing')).exit).toBe(2);
    expect((await run('help', 'policy', 'nothing')).exit).toBe(2);
  });
  it.each([
    [['policy'], 'policy: what?', 'run: git signet help policy'],
    [['policy', 'chek'], 'policy chek: no such command', 'did you mean: git signet policy check'],
    [['agent', '--all'], 'agent --all: no such command', 'run: git signet help agent'],
    [['keyring', 'get'], 'unexpected argument get', undefined],
  ])('%j is refused, says what there is, and does nothing (F2)', async (words, line, hint) => {
    const { exit, output, talk } = await run(...words);
    expect([exit, output]).toEqual([2, '']);
    expect(talk).toBe(`git-signet: ${line}\n${hint === undefined ? '' : `  ${hint}\n`}`);
  });
  it.each([['version'], ['--version'], ['--batch', '--version']])(
    '%s prints no value of the environment (F7)',
    async (...args) => {
      const { exit, output, talk } = await run(...args);
      expect([exit, talk]).toEqual([0, '']);
      expect(output).toMatch(/^git-signet \S+ \((node|bun) [\d.]+, \w+-\w+\)\n$/);
      expect(output).toContain(VERSION);
    },
  );
});

describe('git signet version', () => {
  it('version --json prints one JSON object, and the same facts as the line', async () => {
    const [line, json] = [await run('version'), await run('version', '--json')];
    const { name, version, runtime, runtimeVersion, platform, arch } = JSON.parse(json.output);
    expect(json.exit).toBe(0);
    expect(`${name} ${version} (${runtime} ${runtimeVersion}, ${platform}-${arch})\n`).toBe(
      line.output,
    );
  });
  it.each([
    [['--jsno'], 'did you mean --json?'],
    [['--json', '--licenses'], '--json and --licenses: only one of them'],
    [['--json', 'HEAD'], 'unexpected argument HEAD'],
  ])('version %j is refused and prints nothing', async (args, says) => {
    const { exit, output, talk } = await run('version', ...args);
    expect([exit, output]).toEqual([2, '']);
    expect(talk).toContain(says);
  });
  it('version --licenses says what to do where the notices were removed', async () => {
    const { exit, output, talk } = await run('version', '--licenses');
    expect([exit, output]).toEqual([2, '']);
    expect(talk).toContain('install git-signet again');
  });
});

describe('every error has its exit code, and none is 0 (S12)', () => {
  const terminal = () => catchInvocation({ args: [] });
  it.each<[unknown, number]>([
    [new UsageError('x'), 2],
    [new ConfigError('x'), 2],
    [new ServiceError('SERVICE_UNREACHABLE', 'x'), 3],
    [new LoginError('LOGIN_REFUSED', 'x'), 4],
    [new AnswerError('LOG_ANSWER', 'x'), 1],
    [Object.assign(new UsageError('x'), { exitCode: 0 }), 70],
    [new TypeError('x is not a function'), 70],
    [new OutputClosed(), 141],
    ['text', 70],
    [undefined, 70],
    [null, 70],
    [{ code: 0, exitCode: 0 }, 70],
  ])('%o → %d', (error, code) => {
    expect(tellError(error, terminal().invocation.terminal, false)).toBe(code);
  });

  it('an error prints a line and a hint, and its stack only on request', () => {
    const quiet = terminal();
    tellError(
      new UsageError('no such thing', { hint: 'try this' }),
      quiet.invocation.terminal,
      false,
    );
    expect(quiet.talk()).toBe('git-signet: no such thing\n  try this\n');
    const bug = terminal();
    tellError(new TypeError('first\nsecond'), bug.invocation.terminal, false);
    expect(bug.talk()).toMatch(/^git-signet: internal error: first\n {2}this is a bug.*\n$/);
    const loud = terminal();
    tellError(new TypeError('x'), loud.invocation.terminal, true);
    expect(loud.talk()).toContain('dispatch.test.ts');
  });

  it('a part of the program that an upgrade has taken away is told as that, and not as a bug (D24)', async () => {
    const missing: unknown = await import(`${import.meta.dirname}/gone.ts`).catch((error) => error);
    const gone = Object.assign(new Error("Cannot find module './signing.cjs'"), {
      code: 'MODULE_NOT_FOUND',
    });
    for (const error of [missing, gone]) {
      const caught = terminal();
      expect(tellError(error, caught.invocation.terminal, false)).toBe(2);
      expect(caught.talk()).toMatch(
        /was upgraded or removed while it ran\n {2}run the same command again\n$/,
      );
    }
  });

  it('hostile text and tokens in messages are neither obeyed nor shown (S10 S14)', () => {
    const caught = terminal();
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(30)}.${'b'.repeat(30)}`;
    tellError(
      new ServiceError('SERVICE_REFUSED', `said \x1b]0;x\x07 ${token}`),
      caught.invocation.terminal,
      false,
    );
    expect(caught.talk()).toBe('git-signet: said \\x1b]0;x\\x07 <token>\n');
  });
});

describe('what the operating system refuses', () => {
  const failed = (code: string, path?: string) =>
    Object.assign(new Error(`${code}: words of the runtime`), { code, syscall: 'open', path });

  it.each([
    ['ENOSPC', 'the disk is full, or has no room for more files', /df -h, df -i/],
    ['EDQUOT', 'your disk quota is used up', /df -h/],
    ['EROFS', 'the file system is read-only', undefined],
    ['EACCES', 'permission denied', undefined],
    ['EMFILE', 'too many files are open', /ulimit -n/],
  ])('%s is told with its place, and is no bug of this program', (code, words, hint) => {
    const caught = catchInvocation({ args: [] });
    const exit = tellError(failed(code, '/full/x'), caught.invocation.terminal, false);
    expect(exit).toBe(2);
    const [line, next] = caught.talk().split('\n');
    expect(line).toBe(`git-signet: /full/x: ${words} (${code})`);
    expect(next).toEqual(hint === undefined ? '' : expect.stringMatching(hint));
  });

  it.each(['ENOENT', 'EINVAL', 'ERR_INVALID_ARG_TYPE'])(
    '%s of an unexpected kind counts as a bug',
    (code) => {
      const caught = catchInvocation({ args: [] });
      expect(tellError(failed(code), caught.invocation.terminal, false)).toBe(70);
    },
  );
});
