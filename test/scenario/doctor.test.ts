/** `git signet doctor` where all is well, and with each thing amiss: what it says, what it advises, how it ends. */

import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { type Answered, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const opener = 'git {url}';
let env: Record<string, string> = {};

beforeAll(() => {
  const PATH = `${dirname(programUnderTest())}:${process.env['PATH'] ?? ''}`;
  env = {
    ...sandbox().env,
    PATH,
    SIGNET_URL_OPENER: opener,
    GIT_TERMINAL_PROMPT: '0',
    SIGNET_AGENT: 'yes',
  };
});

const READY = {
  'commit.gpgSign': 'true',
  'tag.gpgSign': 'true',
  'transfer.fsckObjects': 'true',
};

interface Line {
  readonly name: string;
  readonly level: string;
  readonly detail: string;
  readonly remedy?: string;
}

async function examine(
  repository: ScratchRepository,
  more: { readonly env?: Record<string, string>; readonly now?: number } = {},
  ...args: string[]
): Promise<Answered & { readonly lines: readonly Line[]; readonly amiss: readonly string[] }> {
  const ran = await signet(repository, ['doctor', '--json', ...args], {
    ...more,
    env: { ...env, ...more.env },
  });
  const { checks } = JSON.parse(ran.out) as { readonly checks: readonly Line[] };
  const amiss = checks
    .filter(({ level }) => level !== 'ok')
    .map((one) => `${one.level} ${one.name}`);
  return { ...ran, lines: checks, amiss };
}

const find = (lines: readonly Line[], name: string): Line | undefined =>
  lines.find((line) => line.name === name);

describe('git signet doctor', () => {
  it('where all is well: nothing but ok, exit 0, and the hosts for the firewall', async () => {
    const repository = scratchRepository('doctor', READY);
    const { exit, amiss, lines } = await examine(repository);
    expect(amiss).toEqual([]);
    expect(exit).toBe(0);
    expect(lines.map(({ name }) => name)).toEqual(
      ['git', 'gpg.format', 'gpg.x509.program', 'commit.gpgSign', 'tag.gpgSign']
        .concat(
          ['fetch.fsckObjects', 'user', 'trust', 'policy', 'tls'],
          Array.from({ length: 4 }, () => 'reach'),
        )
        .concat(['clock', 'ledger', 'monitor', 'login', 'agent', 'keyring']),
    );
    const { out } = await signet(repository, ['doctor'], { env });
    const { host } = new URL(sandbox().urls.fulcio);
    expect(out).toMatch(/trust +.*, chosen by SIGNET_TRUST/);
    expect(out).toMatch(/policy +none, so every signer passes: git signet help policy\n/);
    expect(out).toMatch(/trust .*: 1 authority, \d+ logs?/);
    expect(out).toMatch(/tls +authorities: built in/);
    expect(out).toContain(`hosts to let through:\n`);
    expect(out).toContain(`  ${host}  certificate authority\n`);
    expect(out).toMatch(/\n20 ok, 0 to look at, 0 broken\n$/);
  });

  it('--offline asks no server and still names the hosts', async () => {
    const before = { ...sandbox().requests };
    const { out, lines } = await examine(
      scratchRepository('doctor-offline', READY),
      {},
      '--offline',
    );
    expect(lines.filter(({ name }) => name === 'reach' || name === 'clock')).toEqual([]);
    expect(JSON.parse(out).hosts.length).toBeGreaterThan(2);
    expect(sandbox().requests).toEqual(before);
  });

  it('git’s keys: each one that is not as it should be, with the command that mends it', async () => {
    const repository = scratchRepository('doctor-keys', {
      'gpg.x509.program': 'no-such-program',
      'push.gpgSign': 'if-asked',
      'gpg.minTrustLevel': 'fully',
    });
    const { exit, lines, amiss } = await examine(repository, {}, '--offline');
    expect(amiss).toEqual([
      'fail gpg.x509.program',
      'warn commit.gpgSign',
      'warn tag.gpgSign',
      'warn gpg.minTrustLevel',
      'warn fetch.fsckObjects',
    ]);
    expect(exit).toBe(2);
    expect(lines.filter(({ level }) => level !== 'ok').every(({ remedy }) => remedy)).toBe(true);
    repository.must('config', 'gpg.format', 'openpgp');
    expect((await examine(repository, {}, '--offline')).amiss[0]).toBe('warn gpg.format');
  });

  it.each<[string, Record<string, string>, string]>([
    ['nothing is set', {}, 'warn fetch.fsckObjects'],
    ['transfer.fsckObjects is on', { 'transfer.fsckObjects': 'on' }, 'ok fetch.fsckObjects'],
    [
      'the narrower key is off',
      { 'transfer.fsckObjects': 'true', 'fetch.fsckObjects': 'false' },
      'warn fetch.fsckObjects',
    ],
    ['only pushes are checked', { 'receive.fsckObjects': 'true' }, 'warn fetch.fsckObjects'],
    ['a server checks nothing', { 'core.bare': 'true' }, 'warn receive.fsckObjects'],
    [
      'a server checks pushes',
      { 'core.bare': 'true', 'receive.fsckObjects': '1' },
      'ok receive.fsckObjects',
    ],
  ])(
    'says whether git keeps malformed objects out, where %s (G18)',
    async (_name, config, said) => {
      const repository = scratchRepository('doctor-fsck', config);
      const { lines } = await examine(repository, {}, '--offline');
      const line = lines.find(({ name }) => name.endsWith('.fsckObjects'));
      expect(`${line?.level} ${line?.name}`).toBe(said);
      expect(line?.remedy === undefined).toBe(line?.level === 'ok');
    },
  );

  it('the person: committer.* before user.*, EMAIL where git has neither, else a warning', async () => {
    const person = async (config: Record<string, string>, more: Record<string, string> = {}) => {
      const repository = scratchRepository('doctor', { ...READY, ...config });
      if (config['user.email'] === '') repository.must('config', '--unset', 'user.email');
      return find((await examine(repository, { env: more }, '--offline')).lines, 'user');
    };
    const work = { 'committer.email': 'alice@work.test' };
    expect((await person(work))?.detail).toContain('<alice@work.test>');
    const EMAIL = 'eve@example.test';
    expect((await person({ 'user.email': '' }, { EMAIL }))?.detail).toContain(`<${EMAIL}>`);
    expect(await person({ 'user.email': '' })).toMatchObject({
      level: 'warn',
      remedy: 'git config --global user.email …',
    });
  });

  it('the program that git is told to start is looked at, never run (P14 I04)', async () => {
    const repository = scratchRepository('doctor-program', READY);
    const planted = join(repository.path, 'git-signet');
    const witness = join(repository.home, 'ran');
    writeFileSync(planted, `#!/bin/sh\ntouch ${witness}\necho git-signet 0.1.0\n`);
    chmodSync(planted, 0o755);
    repository.must('config', 'gpg.x509.program', planted);
    const another = await examine(repository, {}, '--offline');
    expect(another.amiss).toEqual(['warn gpg.x509.program']);
    writeFileSync(planted, '#!/usr/bin/env node\n');
    const asking = await examine(repository, {}, '--offline');
    expect(find(asking.lines, 'gpg.x509.program')?.detail).toMatch(/asks PATH for its interpreter/);
    repository.must('config', 'gpg.x509.program', './git-signet');
    const relative = await examine(repository, {}, '--offline');
    expect(find(relative.lines, 'gpg.x509.program')?.detail).toMatch(/depends on the directory/);
    repository.must('config', 'gpg.x509.program', 'git');
    const other = await examine(repository, {}, '--offline');
    expect(find(other.lines, 'gpg.x509.program')?.detail).toMatch(/is not git-signet/);
    expect(existsSync(witness)).toBe(false);
  });

  it('a clock that is off: 100 s is worth a look, 1,000 s breaks logins (exit 2)', async () => {
    const repository = scratchRepository('doctor-clock', READY);
    const now = Math.floor(Date.now() / 1000);
    const little = await examine(repository, { now: now + 100 });
    expect(find(little.lines, 'clock')).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(/^(?:9[5-9]|100) s ahead/),
    });
    const much = await examine(repository, { now: now - 1000 });
    expect(find(much.lines, 'clock')).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/s behind/),
    });
    expect(much.exit).toBe(2);
  });

  it('a server that does not answer makes exit 3, and an unused server makes a warning', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const { exit, lines } = await examine(scratchRepository('doctor-reach', READY), {
      env: { SIGNET_REKOR_URL: `http://127.0.0.1:${port}` },
    });
    expect(exit).toBe(3);
    const broken = lines.filter(({ level }) => level === 'fail');
    expect(broken.map(({ name }) => name)).toEqual(['reach']);
    expect(broken[0]?.remedy).toContain(`127.0.0.1:${port}`);
  });

  it('without a way to log in doctor ends with 4 and says what to do', async () => {
    const alone = { SIGNET_URL_OPENER: '', DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' };
    const remedy = async (more: Record<string, string> = {}) => {
      const repository = scratchRepository('doctor-login', READY);
      const found = await examine(repository, { env: { ...alone, ...more } }, '--offline');
      expect(found.exit).toBe(4);
      return find(found.lines, 'login')?.remedy;
    };
    expect(await remedy()).toBe(
      'git signet login: run it at a terminal without GIT_TERMINAL_PROMPT=0, or with --device, or give a token with --token-stdin',
    );
    expect(await remedy({ SIGNET_TOKEN_PROVIDER: 'device' })).toBe('git signet login');
    expect(await remedy({ GITHUB_ACTIONS: 'true' })).toMatch(/^allow it in the workflow/);
    const given = await examine(
      scratchRepository('doctor-login', READY),
      { env: { SIGNET_URL_OPENER: '', SIGSTORE_ID_TOKEN: 'x.y.z' } },
      '--offline',
    );
    expect(find(given.lines, 'login')?.detail).toMatch(/SIGSTORE_ID_TOKEN/);
  });

  it('settings, trust file and opener that cannot be used are lines, not ends', async () => {
    const bad = scratchRepository('doctor-settings', { ...READY, 'signet.quiet': 'perhaps' });
    const settings = await examine(bad);
    expect([settings.exit, settings.amiss]).toEqual([2, ['fail settings']]);
    const repository = scratchRepository('doctor-trust', READY);
    const trust = await examine(
      repository,
      { env: { SIGNET_TRUST: '/nowhere/root.json', SIGNET_URL_OPENER: 'no-such-browser {url}' } },
      '--offline',
    );
    expect(trust.amiss).toContain('fail trust');
    expect(trust.amiss).toContain('fail login');
    expect(trust.exit).toBe(2);
  });

  it('unchecked certificates are a failure (O17)', async () => {
    const { amiss } = await examine(
      scratchRepository('doctor-tls', READY),
      { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
      '--offline',
    );
    expect(amiss).toEqual(['fail tls']);
  });

  it('no secret and no control character of what it reads is printed (O10 S10)', async () => {
    const repository = scratchRepository('doctor-secret', {
      ...READY,
      'user.name': 'Alice \x1b[31m Red',
      'signet.proxy': 'http://someone:hunter2@proxy.example.test:3128',
    });
    const more = {
      SIGSTORE_ID_TOKEN: 'tok.hunter3.sig',
      HTTPS_PROXY: 'http://someone:hunter4@proxy.example.test:3128',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter5',
    };
    for (const flag of ['--json', '--offline']) {
      const { out, talk } = await signet(repository, ['doctor', flag], {
        env: { ...env, ...more },
      });
      expect(out + talk).not.toMatch(/hunter/);
      expect(out).not.toContain('\x1b');
    }
  });

  it.each([
    ['SIGNET_REKOR_URL', 'https://someone:hunter2@rekor.example.test', 'settings'],
    ['SIGNET_TRUST', 'https://someone:hunter2@hunter3@tuf.example.test', 'trust'],
  ])(
    'an address with a password is refused without printing it: %s (S14)',
    async (name, value, check) => {
      const repository = scratchRepository('doctor-address', READY);
      for (const flags of [['--offline'], ['--offline', '--json']]) {
        const more = { env: { ...env, [name]: value } };
        const { exit, out, talk } = await signet(repository, ['doctor', ...flags], more);
        expect([exit, out]).toEqual([2, expect.stringMatching(`${check}[^]*example.test`)]);
        expect(out + talk).not.toMatch(/hunter/);
      }
    },
  );

  it('the proxy that leads to the servers is named without its password, and an unusable proxy is a failure', async () => {
    const repository = scratchRepository('doctor-proxy', READY);
    const far = { SIGNET_REKOR_URL: 'https://rekor.example.test' };
    const named = { ...far, HTTPS_PROXY: 'http://someone:hunter2@proxy.example.test:3128' };
    const { lines } = await examine(repository, { env: named }, '--offline');
    expect(find(lines, 'proxy')?.detail).toBe('proxy.example.test:3128 (HTTPS_PROXY)');
    const odd = { ...far, HTTPS_PROXY: 'socks5://proxy.example.test' };
    const { exit, amiss } = await examine(repository, { env: odd }, '--offline');
    expect([exit, amiss]).toEqual([2, ['fail services']]);
  });

  it('an unknown option is an error (F3)', async () => {
    const repository = scratchRepository('doctor-odd');
    expect((await signet(repository, ['doctor', '--verbose'])).exit).toBe(2);
    expect((await signet(repository, ['doctor', 'now'])).exit).toBe(2);
  });
});
