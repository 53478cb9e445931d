import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseOpener, commandOpener, splitWords } from '../../../src/login/browser/opener.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-signet-opener-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const HOSTILE =
  'https://issuer.example/auth?a=$(touch%20x)&b=`id`;touch x|y\'"\\{{.URL}}{url}%s&calc';

/** A program that writes its arguments and environment down. */
function recorder(
  name = 'browser',
  as = '',
): {
  program: string;
  read: () => Promise<{ args: string[]; env: string }>;
} {
  const program = join(directory, name);
  const out = join(directory, as === '' ? 'seen' : `${as}.seen`);
  writeFileSync(
    program,
    `#!/bin/sh\nfor a in "$@"; do printf '%s\\n' "$a"; done > ${out}.part; env > ${out}.env; echo chatter; echo noise >&2; mv ${out}.part ${out}\n`,
  );
  chmodSync(program, 0o755);
  return {
    program,
    read: async () => {
      while (!existsSync(out)) await new Promise((resolve) => setTimeout(resolve, 10));
      return {
        args: readFileSync(out, 'utf8').split('\n').slice(0, -1),
        env: readFileSync(`${out}.env`, 'utf8'),
      };
    },
  };
}

const env = () => ({
  PATH: `${directory}${delimiter}${process.env['PATH']}`,
  SIGSTORE_ID_TOKEN: 'secret-token',
  MINE: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
  GIT_DIR: '/x',
  HOME: directory,
});

describe('splitWords', () => {
  it.each<[string, string[]]>([
    ['firefox {url}', ['firefox', '{url}']],
    [
      `'/opt/My Browser/run' -P "my profile" {{.URL}}`,
      ['/opt/My Browser/run', '-P', 'my profile', '{{.URL}}'],
    ],
    [`a'b c'd "e"f`, ['ab cd', 'ef']],
    ['C:\\Program\\x {url}', ['C:\\Program\\x', '{url}']],
    [`x '' ""`, ['x', '', '']],
  ])('splits %s', (command, words) => {
    expect(splitWords(command, 'signet.urlOpener')).toEqual(words);
  });

  it.each([`a 'b`, 'a "b', 'a\nb'])('refuses %j, and says where it stands', (command) => {
    for (const source of ['signet.urlOpener', 'BROWSER'] as const) {
      expect(() => splitWords(command, source)).toThrow(
        expect.objectContaining({
          code: 'CONFIG',
          message: expect.stringMatching(new RegExp(`^${source}: `)),
        }),
      );
    }
  });
});

describe('commandOpener', () => {
  it('O12 hands a hostile address over as one argument, through no shell', async () => {
    const { program, read } = recorder();
    await commandOpener(`${program} -P "my profile" --url={url} "{{ .URL }}"`, env())(HOSTILE);
    const { args } = await read();
    expect(args).toEqual(['-P', 'my profile', `--url=${HOSTILE}`, HOSTILE]);
    expect(existsSync(join(directory, 'x'))).toBe(false);
  });

  it('O10 gives the child no token and no git variables', async () => {
    const { program, read } = recorder();
    await commandOpener(`${program} {url}`, env())('http://127.0.0.1/');
    const seen = (await read()).env;
    expect(seen).not.toContain('secret-token');
    expect(seen).not.toContain('eyJ');
    expect(seen).not.toContain('GIT_DIR');
    expect(seen).toContain('HOME=');
  });

  it('I04 finds the program on PATH only, never beside the repository', () => {
    recorder('planted');
    for (const path of ['', '.', ':', 'relative']) {
      expect(() => commandOpener('planted {url}', { PATH: path })).toThrow(
        expect.objectContaining({ code: 'CONFIG' }),
      );
      expect(() => commandOpener('./planted {url}', { PATH: path })).toThrow(
        expect.objectContaining({ code: 'CONFIG' }),
      );
    }
  });

  it.each(['', 'sh', 'sh -c true', 'sh {{.Url}}', 'sh {url} {{.Other}}', 'no-such-program {url}'])(
    'refuses %j before a login starts',
    (command) => {
      expect(() => commandOpener(command, env())).toThrow(
        expect.objectContaining({ code: 'CONFIG', exitCode: 2 }),
      );
    },
  );
});

describe('chooseOpener', () => {
  it('takes the first of BROWSER that exists', async () => {
    const { read } = recorder();
    const opener = chooseOpener(
      undefined,
      { ...env(), BROWSER: 'no-such-program:browser --new %s' },
      'linux',
    );
    await opener!('http://127.0.0.1/x');
    expect((await read()).args).toEqual(['--new', 'http://127.0.0.1/x']);
  });

  it('a BROWSER that cannot be read is blamed on BROWSER', () => {
    expect(() => chooseOpener(undefined, { ...env(), BROWSER: "foo'bar" }, 'linux')).toThrow(
      expect.objectContaining({
        message: 'BROWSER: a quote is not closed',
        hint: expect.stringMatching(/^unset BROWSER, or: /),
      }),
    );
  });

  it('prefers what is configured', async () => {
    const { program, read } = recorder();
    const opener = chooseOpener(
      `${program} configured {url}`,
      { ...env(), BROWSER: 'true' },
      'linux',
    );
    await opener!('u');
    expect((await read()).args).toEqual(['configured', 'u']);
  });

  it.each<[string, Record<string, string>, NodeJS.Platform, string | undefined]>([
    ['nothing', {}, 'linux', undefined],
    ['a desktop', { DISPLAY: ':0' }, 'linux', 'xdg-open'],
    ['Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', 'xdg-open'],
    ['SSH', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: 'a 1 b 22' }, 'linux', undefined],
    ['SSH to a Mac', { SSH_CONNECTION: 'a 1 b 22' }, 'darwin', undefined],
    [
      'SSH with a BROWSER of the far machine',
      { BROWSER: 'helper', SSH_TTY: '/dev/pts/0' },
      'linux',
      undefined,
    ],
    [
      'SSH in an editor',
      { BROWSER: 'helper', SSH_CONNECTION: 'x', VSCODE_IPC_HOOK_CLI: '/s' },
      'linux',
      'helper',
    ],
    ['a dev container', { REMOTE_CONTAINERS: 'true' }, 'linux', undefined],
    ['… with its helper', { REMOTE_CONTAINERS: 'true', BROWSER: 'helper' }, 'linux', 'helper'],
    ['a codespace', { CODESPACES: 'true', BROWSER: 'helper' }, 'linux', undefined],
    ['WSL', { WSL_DISTRO_NAME: 'Debian' }, 'linux', 'wslview'],
    [
      'WSL with a desktop of its own',
      { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' },
      'linux',
      'wslview',
    ],
    ['Windows', {}, 'win32', 'rundll32.exe'],
  ])('%s', async (_name, variables, platform, expected) => {
    const names = [
      'xdg-open',
      'helper',
      ...(platform === 'win32' ? ['rundll32.exe'] : ['wslview']),
    ];
    for (const name of names) recorder(name, name);
    const opener = chooseOpener(undefined, { PATH: env().PATH, ...variables }, platform);
    if (expected === undefined) return expect(opener).toBeUndefined();
    await opener?.('http://127.0.0.1/x');
    const out = join(directory, expected.concat('.seen'));
    while (!existsSync(out)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readFileSync(out, 'utf8')).toContain('http://127.0.0.1/x');
  });

  it('O12 WSL: the address is one argument of a program of Windows’, whatever is in it', async () => {
    const { read } = recorder('rundll32.exe');
    await chooseOpener(undefined, { ...env(), WSL_DISTRO_NAME: 'Debian' }, 'linux')?.(HOSTILE);
    expect((await read()).args).toEqual(['url.dll,FileProtocolHandler', HOSTILE]);
    expect(existsSync(join(directory, 'x'))).toBe(false);
  });

  it.each([
    ['rundll32.exe', 3, false],
    ['xdg-open', 3, false],
    ['xdg-open', 0, true],
    // Windows' own, which ends with 1 whatever it did
    ['explorer.exe', 1, true],
  ])('%s that ends with %i', async (name, exit, opened) => {
    const program = join(directory, name);
    writeFileSync(program, `#!/bin/sh\nexit ${exit}\n`);
    chmodSync(program, 0o755);
    const variables = { PATH: directory, WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' };
    const opening = chooseOpener(undefined, variables, 'linux')?.('http://127.0.0.1/x');
    await (opened
      ? expect(opening).resolves.toBeUndefined()
      : expect(opening).rejects.toThrow('the opener failed'));
  });

  it('WSL with a desktop of its own and nothing of Windows’ on PATH takes the desktop’s', async () => {
    const { read } = recorder('xdg-open');
    const variables = { ...env(), WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' };
    await chooseOpener(undefined, variables, 'linux')?.('http://127.0.0.1/x');
    expect((await read()).args).toEqual(['http://127.0.0.1/x']);
    const dark = { PATH: directory, WSL_DISTRO_NAME: 'Debian' };
    expect(chooseOpener(undefined, dark, 'linux')).toBeUndefined();
  });

  it('WSL without any opener has none', () => {
    expect(
      chooseOpener(undefined, { PATH: directory, WSL_DISTRO_NAME: 'Debian' }, 'linux'),
    ).toBeUndefined();
  });

  it('uses the desktop’s opener from PATH', async () => {
    const { read } = recorder('xdg-open');
    await chooseOpener(undefined, { ...env(), DISPLAY: ':0' }, 'linux')!('http://127.0.0.1/y');
    expect((await read()).args).toEqual(['http://127.0.0.1/y']);
  });
});
