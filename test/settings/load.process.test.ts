import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gitBoolean, parseGitConfig } from '../../src/git/config.ts';
import { loadSettings, type SettingName } from '../../src/settings/load.ts';
import {
  flagOf,
  SETTING_NAMES,
  SETTINGS,
  variableOf,
  variablesOf,
} from '../../src/settings/table.ts';
import type { Environment } from '../../src/system/environment.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const from = (
  gitConfig: string,
  env: Environment = {},
  flags: Partial<Record<SettingName, string>> = {},
) => loadSettings({ env, cwd: '/', gitConfig, flags });
const entry = (key: string, value?: string, scope = 'global'): string =>
  `${scope}\0file:/a/gitconfig\0${key}${value === undefined ? '' : `\n${value}`}\0`;

describe('the defaults', () => {
  it('embed the entry, ask for no policy and for a login of two minutes', async () => {
    expect(await from('')).toEqual({
      publishIdentity: 'ask',
      ctLog: 'required',
      lastFailure: true,
      rekorMode: 'offline',
      clientId: 'sigstore',
      timestamp: 'auto',
      matchCommitter: false,
      trustWithoutPolicy: 'undefined',
      autoclose: true,
      autocloseTimeout: 6,
      keyring: false,
      ledger: true,
      monitorAge: 86_400,
      quiet: true,
      loginTimeout: 120,
      offline: false,
      store: 'auto',
      agent: true,
      agentIdle: 28_800,
      forwardRate: 60,
      log: 'required',
      timeout: 30,
    });
  });
});

describe('precedence', () => {
  const url = (n: number) => `https://host${n}.test`;
  const set = (where: Record<string, string>, name: string, value: string): string => {
    where[name] = value;
    return '';
  };
  const sources: readonly [
    string,
    (env: Record<string, string>, flags: Record<string, string>) => string,
  ][] = [
    ['gitsign.*', () => entry('gitsign.rekor', url(1))],
    ['signet.*', () => entry('signet.rekorurl', url(2))],
    ['SIGSTORE_*', (env) => set(env, 'SIGSTORE_REKOR_URL', url(3))],
    ['GITSIGN_*', (env) => set(env, 'GITSIGN_REKOR_URL', url(4))],
    ['SIGNET_*', (env) => set(env, 'SIGNET_REKOR_URL', url(5))],
    ['a flag', (_env, flags) => set(flags, 'rekorUrl', url(6))],
  ];
  it.each(sources.map(([name], index) => [name, index] as const))(
    '%s wins over all before it',
    async (_name, index) => {
      const env: Record<string, string> = {};
      const flags: Record<string, string> = {};
      const config = sources.slice(0, index + 1).map(([, add]) => add(env, flags));
      // git lists weaker files first, but a stronger prefix wins wherever it stands
      const settings = await from(config.reverse().join(''), env, flags);
      expect(settings.rekorUrl).toBe(url(index + 1));
    },
  );

  it('the last value of a key wins, as for git', async () => {
    const twice = entry('signet.identity', 'a@x.test') + entry('signet.identity', 'b@x.test');
    expect((await from(twice)).identity).toBe('b@x.test');
  });

  it('SIGSTORE_ROOT_FILE is weaker than SIGSTORE_FULCIO_ROOT', async () => {
    const env = { SIGSTORE_ROOT_FILE: '/a', SIGSTORE_FULCIO_ROOT: '/b' };
    expect((await from('', env)).fulcioRoot).toBe('/b');
    expect((await from('', { SIGSTORE_ROOT_FILE: '/a' })).fulcioRoot).toBe('/a');
  });
});

const SAMPLES: Partial<Record<SettingName, readonly [string, unknown]>> = {
  rekorVersion: ['2', 2],
  rekorMode: ['online', 'online'],
  timestamp: ['always', 'always'],
  ctLog: ['none', 'none'],
  log: ['none', 'none'],
  trustWithoutPolicy: ['full', 'full'],
  publishIdentity: ['no', 'no'],
  store: ['off', 'off'],
};
function sample(name: SettingName): readonly [string, unknown] {
  const { kind } = SETTINGS[name];
  const special = SAMPLES[name];
  if (special !== undefined) return special;
  if (kind === 'boolean') return ['yes', true];
  if (kind === 'seconds' || kind === 'count') return ['17', 17];
  if (kind === 'url') return ['https://x.test/a/', 'https://x.test/a'];
  if (kind === 'issuer') return ['https://x.test/a/', 'https://x.test/a/'];
  return ['/some text', '/some text'];
}

describe('every setting in every spelling', () => {
  it.each(SETTING_NAMES)('%s', async (name) => {
    const [text, value] = sample(name);
    expect((await from(entry(`signet.${name.toLowerCase()}`, text)))[name]).toBe(value);
    const { gitsign } = SETTINGS[name];
    if (gitsign !== undefined)
      expect((await from(entry(`gitsign.${gitsign}`, text)))[name]).toBe(value);
    for (const variable of variablesOf(name)) {
      expect((await from('', { [variable]: text }))[name]).toBe(value);
    }
    expect((await from('', {}, { [name]: text }))[name]).toBe(value);
  });

  it('the same word in three places', () => {
    expect([variableOf('rekorUrl'), flagOf('rekorUrl')]).toEqual(['SIGNET_REKOR_URL', 'rekor-url']);
  });
});

describe('git booleans', () => {
  it.each([undefined, 'true', 'TRUE', 'yes', 'on', '1', '-1', '2k'])('%j is true', (text) =>
    expect(gitBoolean(text)).toBe(true),
  );
  it.each(['', 'false', 'No', 'OFF', '0'])('%j is false', (text) =>
    expect(gitBoolean(text)).toBe(false),
  );
  it.each(['ture', '2x', ' true', 'y'])('%j is neither', (text) =>
    expect(gitBoolean(text)).toBeUndefined(),
  );
});

describe('matchCommitter never fails open (F4)', () => {
  const both = ['gitsign.matchcommitter', 'signet.matchcommitter'];
  it.each(both)('a bare %s is true', async (key) => {
    expect((await from(entry(key))).matchCommitter).toBe(true);
  });
  it.each(both)('an unreadable %s is an error', async (key) => {
    await expect(from(entry(key, 'ture'))).rejects.toThrow(/atchcommitter.*'ture'/i);
  });
  it('a line longer than 64 KiB before it changes nothing', async () => {
    const long = entry('alias.x', 'y'.repeat(200_000));
    expect((await from(long + entry(both[0] ?? '', 'true'))).matchCommitter).toBe(true);
  });
  it('a value of several lines before it changes nothing', async () => {
    const lines = entry('alias.x', 'a\nsignet.matchcommitter\nfalse');
    const settings = await from(entry(both[0] ?? '', 'true') + lines);
    expect(settings.matchCommitter).toBe(true);
  });
});

describe('what cannot be read', () => {
  it.each<[string, string | undefined, RegExp]>([
    ['signet.quiet', 'maybe', /signet\.quiet is 'maybe': expected true or false/],
    ['signet.rekorversion', '3', /signet\.rekorVersion is '3': expected 1 or 2/],
    ['gitsign.rekormode', 'ofline', /gitsign\.rekormode is 'ofline': expected offline or online/],
    ['signet.logintimeout', '1m', /expected a number of seconds/],
    ['signet.fulciourl', 'fulcio.test', /expected an http or https address/],
    ['signet.fulciourl', 'file:///x', /expected an http or https address/],
    ['signet.issuer', 'https://u:p@x.test', /expected an http or https address/],
    ['signet.policy', undefined, /expected a value, found a bare key/],
    ['signet.rekorurlx', 'https://x.test', /no such setting, do you mean signet\.rekorUrl\?/],
    ['signet.wholly-other', '1', /no such setting/],
  ])('%s = %j is an error, exit 2', async (key, value, says) => {
    await expect(from(entry(key, value))).rejects.toMatchObject({
      message: expect.stringMatching(says),
      exitCode: 2,
    });
  });

  it('the error names variable and flag', async () => {
    await expect(from('', { SIGNET_QUIET: 'maybe' })).rejects.toThrow(/^SIGNET_QUIET\b.*'maybe'/);
    await expect(from('', { GITSIGN_REKOR_VERSION: 'x' })).rejects.toThrow(
      /^GITSIGN_REKOR_VERSION\b.*'x'/,
    );
    await expect(from('', {}, { rekorVersion: '9' })).rejects.toThrow(/^--rekor-version\b.*'9'/);
  });

  it('keys of other sections and of signet subsections are not ours to judge', async () => {
    await expect(
      from(entry('signetx.y', '1') + entry('signet.undo.gpg-format', '1')),
    ).resolves.toBeDefined();
  });
});

describe('a variable that is set but empty', () => {
  it('means the default, over weaker sources', async () => {
    const config = entry('signet.rekorurl', 'https://x.test');
    expect((await from(config, { GITSIGN_REKOR_URL: '' })).rekorUrl).toBeUndefined();
    expect((await from('', { SIGNET_CLIENT_ID: '' })).clientId).toBe('sigstore');
  });
  it('an empty boolean is false, as for git', async () => {
    expect((await from('', { GITSIGN_AUTOCLOSE: '' })).autoclose).toBe(false);
  });
});

it('a path may begin with the home directory', async () => {
  expect((await from(entry('signet.trust', '~/t.json'), { HOME: '/home/a' })).trust).toBe(
    '/home/a/t.json',
  );
});

it('any list that git can print is read back', () => {
  const key = fc.stringMatching(/^[a-z]{1,8}\.[a-z]{1,8}$/);
  const value = fc.option(
    fc.string().map((text) => text.replaceAll('\0', '')),
    { nil: undefined },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value)), (pairs) => {
      const parsed = parseGitConfig(pairs.map(([name, text]) => entry(name, text)).join(''));
      expect(parsed.map(({ key: name, value: text }) => [name, text])).toEqual(pairs);
      expect(
        parsed.every(({ scope, origin }) => scope === 'global' && origin === '/a/gitconfig'),
      ).toBe(true);
    }),
    { numRuns: 50 },
  );
});

describe('with git', () => {
  const home = scratchDirectory('config');
  const env = bareEnvironment(home);
  const repository = join(home, 'repository');
  mkdirSync(repository);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, env });
  git('init', '-q');

  it('includes, conditions and the command line of git are read', async () => {
    writeFileSync(join(home, 'more'), '[signet]\n\tidentity = alice@example.test\n');
    writeFileSync(
      join(home, 'gitconfig'),
      `[include]\n\tpath = ${join(home, 'more')}\n[gitsign]\n\tmatchCommitter\n`,
    );
    const parameters = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'signet.quiet',
      GIT_CONFIG_VALUE_0: 'no',
    };
    const settings = await loadSettings({ cwd: repository, env: { ...env, ...parameters } });
    expect(settings).toMatchObject({
      identity: 'alice@example.test',
      matchCommitter: true,
      quiet: false,
    });
  });

  it('the error names the file of an unreadable value', async () => {
    git('config', 'signet.quiet', 'sometimes');
    await expect(loadSettings({ cwd: repository, env })).rejects.toThrow(
      /^signet\.quiet\b.*'sometimes'.*\(\.git\/config\)$/,
    );
    git('config', '--unset', 'signet.quiet');
  });

  it('… or that no file holds it', async () => {
    const parameters = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'signet.timestamp',
      GIT_CONFIG_VALUE_0: 'sometimes',
    };
    await expect(loadSettings({ cwd: repository, env: { ...env, ...parameters } })).rejects.toThrow(
      /: expected auto or always \(command line\)$/,
    );
  });

  it('a broken configuration, and no git, are errors', async () => {
    const broken = { ...env, GIT_CONFIG_GLOBAL: join(home, 'broken') };
    writeFileSync(join(home, 'broken'), '[signet\n');
    await expect(loadSettings({ cwd: repository, env: broken })).rejects.toThrow(/line 1\b/);
    await expect(
      loadSettings({ cwd: repository, env: { ...env, PATH: '/nowhere' } }),
    ).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
