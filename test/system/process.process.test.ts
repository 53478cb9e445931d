import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBlob } from '../../src/git/blob.ts';
import { gitEnvironment } from '../../src/git/environment.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { findExecutable, runProcess } from '../../src/system/process.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const home = scratchDirectory('process');
const env = bareEnvironment(home);
const git = findExecutable('git', env) ?? '';

function plant(folder: string, name: string, text = '#!/bin/sh\necho planted\n'): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

describe('programs are found on PATH only (I04)', () => {
  const here = join(home, 'here');
  plant(here, 'git');
  plant(join(here, 'bin'), 'git');
  it.each(['.', '', 'bin', './bin'])(
    'a program is never found through the relative entry %j',
    (entry) => {
      const before = process.cwd();
      process.chdir(here);
      try {
        expect(
          findExecutable('git', { PATH: [entry, '/nowhere'].join(delimiter) }),
        ).toBeUndefined();
      } finally {
        process.chdir(before);
      }
    },
  );
  it('through an absolute entry', () => {
    expect(findExecutable('git', { PATH: join(here, 'bin') })).toBe(join(here, 'bin', 'git'));
  });
  it.each(['./git', 'bin/git', '..\\git'])('a name is not a path: %s', (name) => {
    expect(findExecutable(name, { PATH: here })).toBeUndefined();
  });
  it.skipIf(process.platform === 'win32')('a folder that cannot be entered is passed over', () => {
    const circle = join(home, 'circle');
    symlinkSync(circle, circle);
    const path = [circle, join(here, 'bin')].join(delimiter);
    expect(findExecutable('git', { PATH: path })).toBe(join(here, 'bin', 'git'));
  });
  it('a directory, or a file that cannot be run, is no program', () => {
    mkdirSync(join(home, 'odd', 'git'), { recursive: true });
    writeFileSync(join(home, 'odd', 'plain'), '');
    expect(findExecutable('git', { PATH: join(home, 'odd') })).toBeUndefined();
    expect(findExecutable('plain', { PATH: join(home, 'odd') })).toBeUndefined();
  });
});

describe('the environment of git children (I03 L13)', () => {
  const poison = {
    GIT_EXEC_PATH: '/evil',
    GIT_TRACE: '/evil',
    GIT_TRACE2_EVENT: '/evil',
    GIT_EXTERNAL_DIFF: '/evil',
    GIT_PAGER: '/evil',
    PAGER: '/evil',
    GIT_SSH: '/evil',
    GIT_SSH_COMMAND: '/evil',
    GIT_ASKPASS: '/evil',
    SSH_ASKPASS: '/evil',
    GIT_EDITOR: '/evil',
    GIT_PROXY_COMMAND: '/evil',
    GIT_TEMPLATE_DIR: '/evil',
    GIT_REPLACE_REF_BASE: 'refs/evil',
    GIT_SHALLOW_FILE: '/evil',
    GIT_CONFIG: '/evil',
    GIT_INDEX_FILE: '/evil',
    LD_PRELOAD: '/evil',
    NODE_OPTIONS: '--evil',
    GIT_ALTERNATE_EVIL: '/evil',
    SIGSTORE_ID_TOKEN: 'secret',
  };
  it('git’s environment keeps the place of repository and configuration, and nothing that steers', () => {
    const place = {
      GIT_DIR: '/r/.git',
      GIT_WORK_TREE: '/r',
      GIT_OBJECT_DIRECTORY: '/o',
      GIT_QUARANTINE_PATH: '/q',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'a.b',
      GIT_CONFIG_VALUE_0: 'c',
      GIT_CONFIG_PARAMETERS: "'x.y=z'",
    };
    const kept = gitEnvironment({ ...env, ...poison, ...place });
    expect(kept).toMatchObject({ ...place, GIT_NO_REPLACE_OBJECTS: '1', GIT_TERMINAL_PROMPT: '0' });
    expect(gitEnvironment({ GIT_GRAFT_FILE: '/evil' }).GIT_GRAFT_FILE).toBe(devNull);
    for (const name of Object.keys(poison)) expect(kept).not.toHaveProperty(name);
  });
  it.each(['x', '-1', '1e9', '99999999999'])('a count of %s is no loop without end', (count) => {
    expect(gitEnvironment({ GIT_CONFIG_COUNT: count }).LC_ALL).toBe('C');
  });
  it('a poisoned run ends as a clean one', async () => {
    const result = await runProcess(git, ['--version'], {
      cwd: home,
      env: gitEnvironment({ ...env, ...poison }),
    });
    expect(result.exitCode).toBe(0);
  });
});

describe('child processes', () => {
  it('output, talk, exit code and input', async () => {
    const program = plant(join(home, 'bin'), 'talk', '#!/bin/sh\ncat\necho talk >&2\nexit 7\n');
    const input = new Uint8Array(300_000).fill(0xff);
    const result = await runProcess(program, [], { cwd: home, env, input });
    expect([result.exitCode, Buffer.from(result.stderr).toString()]).toEqual([7, 'talk\n']);
    expect(Buffer.compare(result.stdout, input)).toBe(0);
  });
  it('one that does not read its input is no failure', async () => {
    const program = plant(join(home, 'bin'), 'deaf', '#!/bin/sh\nexit 0\n');
    const result = await runProcess(program, [], {
      cwd: home,
      env,
      input: new Uint8Array(1_000_000),
    });
    expect(result.exitCode).toBe(0);
  });
  it('one that cannot be started rejects', async () => {
    await expect(runProcess(join(home, 'nowhere'), [], { cwd: home, env })).rejects.toThrow();
  });
});

describe('blobs', () => {
  const repository = join(home, 'repository');
  const run = (...args: string[]) => runProcess(git, args, { cwd: repository, env });
  const bytes = Uint8Array.from([0xe9, 0x0a, 0x00, 0xff, 0x0a]);
  const read = (revision: string, path = 'deep/er/file') =>
    readBlob({ revision, path }, { cwd: repository, env }, nodeCrypto);
  const setUp = async () => {
    mkdirSync(join(repository, 'deep/er'), { recursive: true });
    await run('init', '-q', '-b', 'main');
    writeFileSync(join(repository, 'deep/er/file'), bytes);
    writeFileSync(join(repository, 'file'), bytes);
    await run('add', 'file', 'deep');
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@x.test'];
    await run(...who, 'commit', '-qm', 'x');
    await run(...who, 'tag', '-am', 'v1', 'v1');
  };

  it.each(['main', 'v1', 'HEAD', 'main~0'])(
    'come back byte for byte from %s (L11)',
    async (name) => {
      await setUp();
      expect(Buffer.from((await read(name)) ?? [])).toEqual(Buffer.from(bytes));
      expect(Buffer.from((await read(name, 'file')) ?? [])).toEqual(Buffer.from(bytes));
    },
  );
  it('a name that looks like an option is a name (I01 L12)', async () => {
    await setUp();
    for (const name of ['--output=owned', '-p', '--batch-all-objects', 'nowhere']) {
      expect(await read(name)).toBeUndefined();
    }
    for (const path of ['--x', 'nowhere', 'deep', 'deep/er', 'file/x', 'deep/nowhere/file', '']) {
      expect(await read('main', path)).toBeUndefined();
    }
    expect((await run('status', '--porcelain')).stdout).toHaveLength(0);
  });
  it('a name of two lines is none (I01)', async () => {
    expect(await read('main\nmain')).toBeUndefined();
    expect(await read('main', 'file\nfile')).toBeUndefined();
  });
});
