import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectLocal } from '../../src/agent/client/client.ts';
import {
  agentAddress,
  agentDirectory,
  checkDirectory,
  checkSocketPath,
  passedOver,
  prepareDirectory,
} from '../../src/agent/socket-path.ts';
import { runningAgent, someInstance } from '../support/agent.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const root = process.getuid?.() === 0;
const NOBODY = 65_534;
const refused = expect.objectContaining({ code: 'CONFIG', exitCode: 2 });
const digest = someInstance().digest;

describe('where agents live', () => {
  it('agents are in the named directory, else the runtime directory, else the cache', () => {
    const runtime = scratchDirectory('runtime');
    const env = { XDG_RUNTIME_DIR: runtime, HOME: '/home/a' };
    expect(agentDirectory({}, env)).toBe(join(runtime, 'git-signet'));
    // after `su`, or under cron: the variable is there and the directory is not
    const gone = { ...env, XDG_RUNTIME_DIR: join(runtime, 'gone') };
    expect(agentDirectory({}, gone)).toBe('/home/a/.cache/git-signet/run');
    expect(agentDirectory({}, { HOME: '/home/a' })).toBe('/home/a/.cache/git-signet/run');
    expect(agentDirectory({}, { XDG_CACHE_HOME: '/c', HOME: '/h' })).toBe('/c/git-signet/run');
    expect(agentDirectory({}, { XDG_RUNTIME_DIR: 'odd', HOME: '/h' })).toMatch(/^\/h/);
    expect(agentDirectory({ agentDirectory: '/x/y' }, env)).toBe('/x/y');
    expect(() => agentDirectory({ agentDirectory: 'x' }, env)).toThrow(refused);
    expect(() => agentDirectory({}, {})).toThrow(refused);
  });

  it('a runtime directory that is not fit is passed over, and the user can see why (D23)', () => {
    const home = scratchDirectory('home');
    const cache = join(home, '.cache', 'git-signet', 'run');
    const spoiled: Readonly<Record<string, (at: string) => unknown>> = {
      'is open to others': (at) => mkdirSync(join(at, 'git-signet'), { mode: 0o755 }),
      'is not a directory': (at) => writeFileSync(join(at, 'git-signet'), ''),
      'is a link': (at) => symlinkSync(home, join(at, 'git-signet')),
      'can be changed by others': (at) => chmodSync(at, 0o777),
      // what `su` leaves behind
      ...(root ? { 'belongs to user 65534': (at: string) => chownSync(at, NOBODY, NOBODY) } : {}),
    };
    for (const [why, spoil] of Object.entries(spoiled)) {
      const runtime = scratchDirectory('runtime');
      spoil(runtime);
      const env = { XDG_RUNTIME_DIR: runtime, HOME: home };
      expect([why, agentDirectory({}, env)]).toEqual([why, cache]);
      expect(passedOver(cache, env)).toEqual([expect.stringContaining(why)]);
    }
    const deep = join(scratchDirectory('runtime'), 'd'.repeat(80));
    mkdirSync(deep);
    expect(agentDirectory({}, { XDG_RUNTIME_DIR: deep, HOME: home })).toBe(cache);
    const fit = scratchDirectory('runtime');
    expect(agentDirectory({}, { XDG_RUNTIME_DIR: fit, HOME: home })).toBe(join(fit, 'git-signet'));
    expect(passedOver(join(fit, 'git-signet'), { XDG_RUNTIME_DIR: fit, HOME: home })).toEqual([]);
    // where no place is fit, the first one says why
    const nowhere = { XDG_RUNTIME_DIR: deep };
    expect(agentDirectory({}, nowhere)).toBe(join(deep, 'git-signet'));
  });
});

describe('a socket’s path', () => {
  it('a path that the system would cut is refused, and one that is a byte shorter is accepted (D04 L14)', () => {
    expect(() => checkSocketPath(`/${'a'.repeat(100)}`)).toThrow(refused);
    expect(() => checkSocketPath(`/${'é'.repeat(50)}`)).toThrow(refused);
    checkSocketPath(`/${'a'.repeat(99)}`);
    const deep = `/${'d'.repeat(66)}`;
    // room for the name that it is made under
    expect(() => agentAddress(`${deep}1`, digest)).toThrow(refused);
    expect(agentAddress(deep, digest).path.length).toBeLessThanOrEqual(93);
  });

  it('an abstract name is refused (D05 L14)', () => {
    expect(() => checkSocketPath('\0git-signet')).toThrow(refused);
    expect(() => checkSocketPath('@git-signet')).toThrow(refused);
    expect(() => checkSocketPath('/tmp/a\0b')).toThrow(refused);
    expect(() => checkSocketPath('run/agent.sock')).toThrow(refused);
  });
});

it('a place where no directory can be made gives a configuration error, not a bug', () => {
  const file = join(scratchDirectory('place'), 'file');
  writeFileSync(file, '');
  expect(() => prepareDirectory(join(file, 'git-signet'))).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: expect.stringMatching(/file\/git-signet\b.*ENOTDIR/),
    }),
  );
});

describe('the directory', () => {
  const make = (): string => {
    const scratch = scratchDirectory('place');
    const directory = join(scratch, 'run');
    mkdirSync(directory, { mode: 0o700 });
    return directory;
  };
  const cases: Readonly<Record<string, (at: string) => unknown>> = {
    'group can read': (at) => chmodSync(at, 0o750),
    'group can write': (at) => chmodSync(at, 0o770),
    'a link is in its place': (at) => becomes(at, () => symlinkSync('moved', at)),
    'a file is in its place': (at) => becomes(at, () => writeFileSync(at, '')),
    'its parent can be changed by others': (at) => chmodSync(join(at, '..'), 0o777),
  };
  const becomes = (at: string, make: () => unknown): void => {
    renameSync(at, join(at, '..', 'moved'));
    make();
  };

  it.each(Object.keys(cases))(
    'agent and client refuse a directory if %s (D02 D16)',
    async (name) => {
      const directory = make();
      checkDirectory(directory);
      cases[name]?.(directory);
      expect(() => checkDirectory(directory)).toThrow(refused);
      const address = agentAddress(directory, digest);
      await expect(runningAgent({ address })).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:EEXIST|CONFIG)$/),
      });
      await expect(connectLocal(address)).rejects.toThrow(refused);
    },
  );

  it.skipIf(!root)(
    'a directory is refused if it, its parent or a link to it belongs to another user (D02 D16)',
    () => {
      const directory = make();
      chownSync(directory, NOBODY, NOBODY);
      expect(() => checkDirectory(directory)).toThrow(refused);
      const other = make();
      chownSync(join(other, '..'), NOBODY, NOBODY);
      expect(() => checkDirectory(other)).toThrow(refused);
      const third = scratchDirectory('place');
      const link = join(third, 'link');
      mkdirSync(join(third, 'real', 'run'), { recursive: true, mode: 0o700 });
      symlinkSync(join(third, 'real'), link);
      checkDirectory(join(link, 'run'));
      process.getBuiltinModule('node:fs').lchownSync(link, NOBODY, NOBODY);
      expect(() => checkDirectory(join(link, 'run'))).toThrow(refused);
    },
  );

  it('a directory is refused behind a link that leads through a shared directory (D02)', () => {
    const scratch = scratchDirectory('place');
    mkdirSync(join(scratch, 'shared', 'real', 'run'), { recursive: true, mode: 0o700 });
    symlinkSync(join(scratch, 'shared', 'real'), join(scratch, 'link'));
    checkDirectory(join(scratch, 'link', 'run'));
    chmodSync(join(scratch, 'shared'), 0o777);
    expect(() => checkDirectory(join(scratch, 'link', 'run'))).toThrow(refused);
    symlinkSync('loop', join(scratch, 'loop'));
    expect(() => checkDirectory(join(scratch, 'loop', 'run'))).toThrow(refused);
  });

  it('the directory is made closed to others (D02)', () => {
    const umask = process.umask(0);
    const directory = join(scratchDirectory('place'), 'a', 'b');
    prepareDirectory(directory);
    process.umask(umask);
    checkDirectory(directory);
  });
});

describe('on Windows', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('a pipe’s name holds a word that only this user can read, not tried on Windows itself (D17)', () => {
    const directory = join(scratchDirectory('pipe'), 'run');
    vi.stubGlobal('process', { ...process, platform: 'win32' });
    const one = agentAddress(directory, digest).path;
    expect(one).toMatch(/^\\\\\.\\pipe\\git-signet-[0-9a-f-]{36}-[0-9a-f]{20}$/);
    expect(agentAddress(directory, digest).path).toBe(one);
    expect(agentAddress(`${directory}2`, digest).path).not.toBe(one);
    checkSocketPath(one);
  });
});
