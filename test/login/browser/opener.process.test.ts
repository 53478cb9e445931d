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
  ])('a command is split into words: %s', (command, words) => {
    expect(splitWords(command, 'signet.urlOpener')).toEqual(words);
  });

  it.each([`a 'b`, 'a "b', 'a\nb'])(
    'the command %j is refused, and the error names its setting',
    (command) => {
      for (const source of ['signet.urlOpener', 'BROWSER'] as const) {
        expect(() => splitWords(command, source)).toThrow(
          expect.objectContaining({
            code: 'CONFIG',
            message: expect.stringMatching(new RegExp(`^${source}: `)),
          }),
        );
      }
    },
  );
});

describe('commandOpener', () => {
  it('a hostile address is one argument, and no shell reads it (O12)', async () => {
    const { program, read } = recorder();
    await commandOpener(`${program} -P "my profile" --url={url} "{{ .URL }}"`, env())(HOSTILE);
    const { args } = await read();
    expect(args).toEqual(['-P', 'my profile', `--url=${HOSTILE}`, HOSTILE]);
    expect(existsSync(join(directory, 'x'))).toBe(false);
  });

  it('the child gets no token and no git variables (O10)', async () => {
    const { program, read } = recorder();
    await commandOpener(`${program} {url}`, env())('http://127.0.0.1/');
    const seen = (await read()).env;
    expect(seen).not.toContain('secret-token');
    expect(seen).not.toContain('eyJ');
    expect(seen).not.toContain('GIT_DIR');
    expect(seen).toContain('HOME=');
  });

  it('the program is found on PATH only, never beside the repository (I04)', () => {
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
    'the command %j is refused before a login starts',
    (command) => {
      expect(() => commandOpener(command, env())).toThrow(
        expect.objectContaining({ code: 'CONFIG', exitCode: 2 }),
      );
    },
  );
});

describe('chooseOpener', () => {
  it('the first program of BROWSER that exists is taken', async () => {
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
        code: 'CONFIG',
        message: expect.stringMatching(/^BROWSER: /),
        hint: expect.stringMatching(/^unset BROWSER, or: /),
      }),
    );
  });

  it('the configured opener comes first', async () => {
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
  ])('%s', async (_name, variables, platform, expected) => {
    for (const name of ['xdg-open', 'helper']) recorder(name, name);
    const opener = chooseOpener(undefined, { PATH: env().PATH, ...variables }, platform);
    if (expected === undefined) return expect(opener).toBeUndefined();
    await opener?.('http://127.0.0.1/x');
    const out = join(directory, expected.concat('.seen'));
    while (!existsSync(out)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readFileSync(out, 'utf8')).toContain('http://127.0.0.1/x');
  });

  it.each([
    ['xdg-open', 3, false],
    ['xdg-open', 0, true],
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

  it('the desktop’s opener from PATH is used', async () => {
    const { read } = recorder('xdg-open');
    await chooseOpener(undefined, { ...env(), DISPLAY: ':0' }, 'linux')!('http://127.0.0.1/y');
    expect((await read()).args).toEqual(['http://127.0.0.1/y']);
  });
});

describe('the opener of macOS, Windows and WSL', () => {
  const WSL = { WSL_DISTRO_NAME: 'Debian' };
  const [, entry = ''] = process.argv;
  afterEach(() => {
    process.argv[1] = entry;
  });

  /** In place of this program, a script that writes down how it was started, and ends with `exit`. */
  function ownProgram(exit = 0): () => { args: string[]; env: Record<string, string>; in: string } {
    const seen = join(directory, 'helper.json');
    process.argv[1] = join(directory, 'own.cjs');
    writeFileSync(
      process.argv[1],
      `const fs = require('node:fs');
      const said = { args: process.argv.slice(2), env: process.env, in: fs.readFileSync(0, 'utf8') };
      fs.writeFileSync(${JSON.stringify(seen)}, JSON.stringify(said));
      process.exit(${exit});`,
    );
    return () => JSON.parse(readFileSync(seen, 'utf8'));
  }

  it.each<[string, Record<string, string>, NodeJS.Platform]>([
    ['macOS', {}, 'darwin'],
    ['Windows', {}, 'win32'],
    ['WSL', WSL, 'linux'],
    ['WSL with a desktop of its own', { ...WSL, DISPLAY: ':0' }, 'linux'],
  ])(
    '%s: a process of this program reads the address, which is in no argument (O10)',
    async (_name, more, platform) => {
      recorder('powershell.exe');
      const seen = ownProgram();
      await chooseOpener(undefined, { ...env(), ...more }, platform)?.(HOSTILE);
      expect(seen()).toMatchObject({ args: ['open-browser'], in: HOSTILE });
    },
  );

  it('the process has the environment without secrets, and only absolute folders on PATH (I04, O10)', async () => {
    const seen = ownProgram();
    const PATH = [directory, '', '.', 'bin', '/usr/bin'].join(delimiter);
    await chooseOpener(undefined, { ...env(), PATH, LANG: 'C' }, 'darwin')?.('http://127.0.0.1/');
    const { __CF_USER_TEXT_ENCODING: _, ...got } = seen().env;
    expect(got).toEqual({ PATH: `${directory}${delimiter}/usr/bin`, HOME: directory, LANG: 'C' });
  });

  it('a failure there is a failure here', async () => {
    ownProgram(4);
    const opening = chooseOpener(undefined, env(), 'win32')?.('http://127.0.0.1/');
    await expect(opening).rejects.toThrow('the opener failed');
  });

  it('WSL without a way to Windows’ programs takes its own desktop’s opener, if it has one', async () => {
    const { read } = recorder('xdg-open');
    const alone = { ...env(), ...WSL };
    expect(chooseOpener(undefined, alone, 'linux')).toBeUndefined();
    await chooseOpener(undefined, { ...alone, DISPLAY: ':0' }, 'linux')?.('http://127.0.0.1/x');
    expect((await read()).args).toEqual(['http://127.0.0.1/x']);
  });
});
