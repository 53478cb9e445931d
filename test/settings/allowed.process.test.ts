import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  allowEntries,
  askedHere,
  commonDirectory,
  forgetAllowed,
} from '../../src/settings/allowed.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

let home: string;
let path: string;
let env: Record<string, string>;
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: path, env });
const policy = async (cwd = path) => (await loadSettings({ env, cwd })).policy;
async function allowAll(cwd = path): Promise<void> {
  const found = await askedHere({ env, cwd });
  await allowEntries(
    (found?.asked ?? []).map(({ entry }) => entry),
    found?.repository ?? '',
    env,
    false,
  );
}

beforeEach(() => {
  home = scratchDirectory('allowed');
  path = join(home, 'repository');
  mkdirSync(path);
  env = bareEnvironment(home);
  git('init', '-q');
  git('config', 'signet.policy', '/theirs');
});

describe('a value that was allowed', () => {
  it('an allowed value counts in that repository, from any directory of it', async () => {
    expect(await policy()).toBeUndefined();
    await allowAll();
    expect(await policy()).toBe('/theirs');
    mkdirSync(join(path, 'deep/er'), { recursive: true });
    expect(await policy(join(path, 'deep/er'))).toBe('/theirs');
    symlinkSync(path, join(home, 'link'));
    expect(await policy(join(home, 'link'))).toBe('/theirs');
  });

  it('an allowed value no longer counts after it changed, and counts again if it is put back (P20)', async () => {
    await allowAll();
    git('config', 'signet.policy', '/others');
    expect(await policy()).toBeUndefined();
    git('config', 'signet.policy', '/theirs');
    expect(await policy()).toBe('/theirs');
  });

  it('an allowed value does not allow the same value under another key (P20)', async () => {
    await allowAll();
    git('config', '--unset', 'signet.policy');
    git('config', 'signet.since', '/theirs');
    const { since, ignored } = await loadSettings({ env, cwd: path });
    expect([since, ignored?.map(({ key }) => key)]).toEqual([undefined, ['signet.since']]);
  });

  it('an allowed value counts in all worktrees, whose own values have to be allowed too', async () => {
    git('-c', 'user.name=a', '-c', 'user.email=a@x', 'commit', '-q', '--allow-empty', '-m', 'one');
    const other = join(home, 'other');
    git('worktree', 'add', '-q', other);
    await allowAll();
    expect(await policy(other)).toBe('/theirs');
    git('config', 'extensions.worktreeConfig', 'true');
    git('-C', other, 'config', '--worktree', 'signet.policy', '/of-the-worktree');
    expect(await policy(other)).toBeUndefined();
    await allowAll(other);
    expect(await policy(other)).toBe('/of-the-worktree');
  });

  it('an allowed value counts nowhere else: not in a copy, not in a moved repository (P20)', async () => {
    await allowAll();
    const moved = join(home, 'moved');
    renameSync(path, moved);
    expect(await policy(moved)).toBeUndefined();
    renameSync(moved, path);
    expect(await policy()).toBe('/theirs');
  });

  it('an allowed value counts in no other repository that links to its configuration (P20)', async () => {
    await allowAll();
    const other = join(home, 'linking');
    git('init', '-q', other);
    rmSync(join(other, '.git/config'));
    symlinkSync(join(path, '.git/config'), join(other, '.git/config'));
    expect([await policy(), await policy(other)]).toEqual(['/theirs', undefined]);
  });

  it('an allowed value does not count in a directory with a .git but no repository (P20)', async () => {
    await allowAll();
    const inner = join(path, 'inner');
    mkdirSync(join(inner, '.git'), { recursive: true });
    writeFileSync(join(inner, '.git/config'), '[signet]\n\tpolicy = /theirs\n');
    // git passes it over; what is not sure is not allowed
    expect(await policy(inner)).toBeUndefined();
  });

  it('allow --remove takes an allowed value back', async () => {
    await allowAll();
    const repository = (await commonDirectory({ env, cwd: path })) ?? '';
    expect(await forgetAllowed(repository, env)).toBe(true);
    expect([await policy(), await forgetAllowed(repository, env)]).toEqual([undefined, false]);
  });

  it('what is allowed is readable for this user alone', async () => {
    await allowAll();
    const state = join(home, 'git-signet/allowed');
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, readdirSync(state)[0] ?? '')).mode & 0o777).toBe(0o600);
  });
});

describe('where nothing can be remembered', () => {
  it('allowing says so, and nothing counts', async () => {
    writeFileSync(join(home, 'git-signet'), '');
    await expect(allowAll()).rejects.toMatchObject({ code: 'CONFIG', exitCode: 2 });
    expect(await policy()).toBeUndefined();
    rmSync(join(home, 'git-signet'));
  });
});

describe('places of values', () => {
  it('a bare repository is its own common directory', async () => {
    const bare = join(home, 'bare.git');
    git('init', '-q', '--bare', bare);
    expect(await commonDirectory({ env, cwd: bare })).toBe(bare);
    expect(await commonDirectory({ env, cwd: home })).toBeUndefined();
    expect(await askedHere({ env, cwd: home })).toBeUndefined();
  });

  it('what the person includes for this repository only is the person’s', async () => {
    git('config', '--unset', 'signet.policy');
    writeFileSync(join(home, 'work'), '[signet]\n\tpolicy = /mine\n\turlOpener = firefox\n');
    const condition = `includeIf.gitdir:${path}/.path`;
    git('config', '--global', condition, join(home, 'work'));
    const { policy: mine, urlOpener, ignored } = await loadSettings({ env, cwd: path });
    expect([mine, urlOpener, ignored]).toEqual(['/mine', 'firefox', undefined]);
  });

  it('what the repository includes is the repository’s (P20)', async () => {
    git('config', '--unset', 'signet.policy');
    writeFileSync(join(home, 'theirs'), '[signet]\n\tpolicy = /theirs\n');
    git('config', 'include.path', join(home, 'theirs'));
    const { policy: none, ignored } = await loadSettings({ env, cwd: path });
    expect([none, ignored?.map(({ key }) => key)]).toEqual([undefined, ['signet.policy']]);
  });

  it('git before 2.26 names no scopes: only the user’s and the system’s files are protected (P20)', async () => {
    git('config', '--global', 'signet.identity', 'alice@example.test');
    git('config', 'signet.urlOpener', 'theirs');
    const old = join(home, 'old');
    mkdirSync(old);
    const real = execFileSync('sh', ['-c', 'command -v git'], { env }).toString().trim();
    writeFileSync(
      join(old, 'git'),
      `#!/bin/sh\ncase "$*" in *--show-scope*) echo "error: unknown option \\\`show-scope'" >&2; exit 129;; esac\nexec '${real}' "$@"\n`,
    );
    chmodSync(join(old, 'git'), 0o755);
    const more = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'signet.since',
      GIT_CONFIG_VALUE_0: 'abc',
    };
    const told = { ...env, ...more, PATH: `${old}:${env['PATH']}` };
    const {
      identity,
      since,
      policy: theirs,
      ignored,
    } = await loadSettings({ env: told, cwd: path });
    expect([identity, since, theirs]).toEqual(['alice@example.test', 'abc', undefined]);
    expect(ignored?.map(({ key }) => key)).toEqual(['signet.policy', 'signet.urlOpener']);
  });
});
