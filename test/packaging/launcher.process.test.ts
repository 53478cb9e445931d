/** npm's command: it becomes the executable of this platform, or runs the Node form, or says what is missing. */

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../scripts/packaging/targets.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/git-signet.cjs', import.meta.url));
const { candidates } = createRequire(import.meta.url)(LAUNCHER) as {
  candidates: (system: string, processor: string) => readonly { name: string; loader?: string }[];
};
const HERE = `${process.platform}-${process.arch}`;

/** An installation below a scratch folder, as npm lays it out. */
function installation() {
  const modules = join(scratchDirectory('launcher'), 'node_modules');
  const write = (path: string, text: string, mode = 0o755): void => {
    mkdirSync(dirname(join(modules, path)), { recursive: true });
    writeFileSync(join(modules, path), text, { mode });
  };
  mkdirSync(join(modules, 'git-signet/bin'), { recursive: true });
  cpSync(LAUNCHER, join(modules, 'git-signet/bin/git-signet.cjs'));
  const say = 'JSON.stringify([process.argv[1], ...process.argv.slice(2)])';
  write('git-signet/dist/node/git-signet.cjs', `console.log('node form', ${say})`);
  const preload = join(modules, 'preload.cjs');
  write('preload.cjs', '');
  const words = (...args: string[]) => [
    ...['-r', preload, join(modules, 'git-signet/bin/git-signet.cjs')],
    ...args,
  ];
  return {
    modules,
    write,
    /** The package of a platform, with this script as its executable. */
    native: (name: string, script: string, mode?: number) =>
      write(`@git-signet/${name}/git-signet`, `#!/bin/sh\n${script}\n`, mode),
    prepare: (script: string) => writeFileSync(preload, script),
    words,
    run: (...args: string[]) => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, words(...args), {
        input: 'from stdin',
      });
      return { status, signal, out: String(stdout), err: String(stderr) };
    },
  };
}

const OLD_NODE = `Object.defineProperty(process, 'versions', { value: { node: '20.9.0' } });`;
const HOW = [
  ['by becoming it', ''],
  ['as a child, where a process cannot become another', 'process.execve = undefined;'],
] as const;

describe.each(HOW)("npm's command starts the executable %s", (_how, preload) => {
  it('with its arguments, input and exit code', () => {
    const { native, prepare, run } = installation();
    prepare(preload);
    native(HERE, 'printf "%s|" "$@"; cat; echo talk >&2; exit 6');
    expect(run('-bsau', "a 'b'", '')).toEqual({
      ...{ status: 6, signal: null, out: "-bsau|a 'b'||from stdin", err: 'talk\n' },
    });
  });

  it('and ends as it does, by a signal too', () => {
    const { native, prepare, run } = installation();
    prepare(preload);
    native(HERE, 'kill -TERM $$');
    expect(run()).toMatchObject({ status: null, signal: 'SIGTERM' });
  });

  it('and passes on a signal that it gets', async () => {
    const { native, prepare, words } = installation();
    prepare(preload);
    native(HERE, "trap 'echo ended; exit 5' TERM; echo ready; while :; do sleep 0.1; done");
    const child = spawn(process.execPath, words(), { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out === 'ready\n') child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, out]).toEqual([5, 'ready\nended\n']);
  });

  it('on an old Node too', () => {
    const { native, prepare, run } = installation();
    prepare(preload + OLD_NODE);
    native(HERE, 'echo native');
    expect(run()).toMatchObject({ status: 0, out: 'native\n', err: '' });
  });
});

describe("npm's command runs the Node form", () => {
  const bundle = (modules: string) => join(modules, 'git-signet/dist/node/git-signet.cjs');

  it('where no package for this platform is installed, as if it had been started itself', () => {
    const { run, modules } = installation();
    expect(run('version', '--json')).toEqual({
      ...{ status: 0, signal: null, err: '' },
      out: `node form ${JSON.stringify([bundle(modules), 'version', '--json'])}\n`,
    });
  });

  it('where the package is one for another platform', () => {
    const { run, native } = installation();
    native('darwin-arm64', 'echo wrong');
    native('linux-riscv64', 'echo wrong');
    expect(run().out).toMatch(/^node form /);
  });

  it('where the executable may not be started', () => {
    const { run, native } = installation();
    native(HERE, 'echo native', 0o644);
    expect(run()).toMatchObject({ status: 0, out: expect.stringMatching(/^node form /), err: '' });
  });

  it('on no old Node: it says which it needs, in one line', () => {
    const { run, prepare } = installation();
    prepare(OLD_NODE);
    expect(run('version')).toEqual({
      ...{ status: 2, signal: null, out: '' },
      err: `git-signet: no executable for ${HERE} is installed, and without it Node 22 or newer is needed (this is 20.9.0)\n`,
    });
  });
});

describe('the package that fits', () => {
  it.each(TARGETS)('$name is looked for by its name', ({ name, os, cpu, libc }) => {
    const names = candidates(os, cpu).map((candidate) => candidate.name);
    expect(names).toContain(name);
    expect(names).toHaveLength(libc === undefined ? 1 : 2);
  });

  it.runIf(HERE === 'linux-x64')('is not one whose loader this machine lacks', () => {
    const { run, native } = installation();
    native('linux-x64-musl', 'echo musl');
    const [glibc, musl] = candidates('linux', 'x64');
    const there = (loader = ''): boolean => spawnSync('test', ['-e', loader]).status === 0;
    expect(there(glibc?.loader)).toBe(true);
    const alone = there(musl?.loader) ? /^musl\n/ : /^node form /;
    expect(run().out).toMatch(alone);
    native('linux-x64', 'echo glibc');
    expect(run().out).toBe('glibc\n');
  });

  it('is the one of the libc that Node runs on, where both can be started', () => {
    const { run, native, prepare } = installation();
    native(HERE, 'echo glibc');
    native(`${HERE}-musl`, 'echo musl');
    const loaders = `require('node:fs').accessSync = () => undefined;`;
    const musl = `process.report.getReport = () => ({ header: {} });`;
    prepare(loaders);
    expect(run().out).toBe('glibc\n');
    prepare(loaders + musl);
    expect(run().out).toBe('musl\n');
  });

  it('needs the Node of package.json, and the message names the same', () => {
    const text = readFileSync(LAUNCHER, 'utf8');
    const { engines } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { engines: { node: string } };
    expect(engines.node).toBe('>=20');
    expect(text).toContain('const OLDEST_NODE = 22;');
  });
});

it('an installation that lost its bundle says so by a stack, never by success', () => {
  const { run, modules } = installation();
  rmSync(join(modules, 'git-signet/dist'), { recursive: true });
  expect(run().status).not.toBe(0);
});
