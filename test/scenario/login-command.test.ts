/** `git signet login`, `status`, `logout`: a login beforehand, what is said of it, and its end. */

import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { countLogins, type Machine, useMachines } from '../support/machine.ts';
import { answerDevice } from '../support/person.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram, haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);

/** No person is there to log in. */
const ALONE = { SIGNET_URL_OPENER: '', DISPLAY: '' };
const commit = (one: Machine, at: string, more: Readonly<Record<string, string>> = {}) =>
  one.git(at, ['commit', '-q', '--allow-empty', '-m', 'a change'], more);

describe('git signet login', () => {
  it('after git signet login, every repository signs without a question until logout', async () => {
    const logins = countLogins(sandbox());
    const one = await machine();
    const [first, second] = [await one.repository('first'), await one.repository('second')];
    const before = await one.signet(first, ['status']);
    expect([before.exit, before.out, before.err]).toEqual([
      4,
      'here: no login\n',
      '  run: git signet login\n',
    ]);
    const ran = await one.signet(first, ['login']);
    expect(ran.exit, ran.err).toBe(0);
    // nothing is signed by a login
    expect(ran.err).toMatch(
      /^git-signet: logging in \(127\.0\.0\.1:\d+, waiting up to 2 min\)\. A browser opens$/m,
    );
    expect(ran.err).not.toContain('signing');
    expect(ran.err).toMatch(
      /git-signet: logged in as alice@example\.test \(http:\/\/127\.0\.0\.1:\d+\), until [-0-9: ]+Z/,
    );
    for (const path of [first, second])
      expect(await commit(one, path, ALONE)).toMatchObject({ exit: 0 });
    expect(logins.count().logins).toBe(1);
    const after = await one.signet(second, ['status']);
    expect(after.exit).toBe(0);
    expect(after.out).toMatch(
      /^here: alice@example\.test \(.*; 2 signed, 0 renewals\nagent: process \d+, \//,
    );
    const { here, agents } = JSON.parse((await one.signet(second, ['status', '--json'])).out);
    expect(here.credential).toMatchObject({ identity: 'alice@example.test', signatures: 2 });
    expect(agents).toHaveLength(1);
    expect((await one.signet(second, ['logout'])).err).toBe('git-signet: logged out\n');
    expect((await one.signet(first, ['status'])).exit).toBe(4);
    expect((await commit(one, first, ALONE)).exit).not.toBe(0);
    expect((await one.signet(second, ['logout'])).exit).toBe(1);
  });

  it('--identity: bob’s repository is served with bob, and never with alice (D10)', async () => {
    const one = await machine();
    const [hers, his] = [
      await one.repository('hers', { 'signet.identity': 'alice@example.test' }),
      await one.repository('his', { 'signet.identity': 'bob@example.test' }),
    ];
    expect((await one.signet(hers, ['login'])).err).toMatch(/logged in as alice/);
    expect((await commit(one, his, ALONE)).exit).not.toBe(0);
    expect((await one.signet(one.home, ['login', '--identity', 'bob@example.test'])).err).toMatch(
      /logged in as bob.*\n {2}kept for repositories that ask for it: git signet use bob/,
    );
    expect((await commit(one, his, ALONE)).exit).toBe(0);
    expect(await one.must(his, 'log', '-1', '--format=%GS')).toMatch(/^bob@example\.test/);
    const status = await one.signet(his, ['status']);
    expect(status.out).toMatch(
      /^here: bob@.*\nset by: signet\.identity in \.git\/config \(local\)\nalso: alice@/,
    );
    expect((await one.signet(his, ['logout', '--all'])).err).toBe(
      'git-signet: logged out: 2 logins\n',
    );
  });

  it('two logins without signet.identity: status and git commit say that no setting chooses, and what to type', async () => {
    const one = await machine();
    const at = await one.repository('undecided');
    for (const who of ['alice@example.test', 'bob@example.test']) {
      expect((await one.signet(one.home, ['login', '--identity', who])).exit).toBe(0);
    }
    const status = await one.signet(at, ['status']);
    expect([status.exit, status.out.split('\n').slice(0, 2), status.err]).toEqual([
      4,
      [
        'here: no login',
        'set by: no setting (signet.identity), so these logins do not sign here: alice@example.test, bob@example.test',
      ],
      '  git signet use alice@example.test\n',
    ]);
    // git hides what its program says
    const told = async (more = {}): Promise<string> => {
      expect((await commit(one, at, { ...ALONE, ...more })).exit).not.toBe(0);
      return (await one.signet(at, ['status'])).out;
    };
    expect(await told()).toMatch(
      /: no setting \(signet\.identity\) says which of your logins signs here: alice@example\.test, bob@example\.test\n {2}git signet use alice@example\.test\n/,
    );
    // a setting that names a third account is the better reason
    expect(await told({ SIGNET_IDENTITY: 'carol@example.test' })).toMatch(
      /: you are not logged in as carol@example\.test \(signet\.identity\), and there is no terminal/,
    );
    expect((await one.signet(at, ['use', 'bob@example.test'])).exit).toBe(0);
    const chosen = await one.signet(at, ['status']);
    expect([chosen.exit, chosen.out]).toEqual([
      0,
      expect.stringMatching(/^here: bob@.*\nset by: signet\.identity in \.git\/config \(local\)\n/),
    ]);
    expect(await commit(one, at, ALONE)).toMatchObject({ exit: 0 });
  });

  it('matchCommitter: status, login and signing mean the committer that git would write (G14)', async () => {
    const one = await machine();
    const at = await one.repository('work', {
      'signet.matchCommitter': 'true',
      'user.email': 'alice@home.test',
      'committer.email': 'alice@example.test',
    });
    expect((await one.signet(at, ['status'])).out).toBe(
      'here: no login as Alice <alice@example.test>\nset by: signet.matchCommitter in .git/config (local)\n',
    );
    expect((await one.signet(at, ['login'])).err).toMatch(/logged in as alice@example\.test/);
    expect((await one.signet(at, ['status'])).exit).toBe(0);
    expect(await commit(one, at, ALONE)).toMatchObject({ exit: 0 });
    const other = { ...ALONE, GIT_COMMITTER_EMAIL: 'alice@home.test' };
    expect((await one.signet(at, ['status'], { env: other })).exit).toBe(4);
    expect((await commit(one, at, other)).exit).not.toBe(0);
  });

  it('login names the server if the certificate takes long (O18)', async () => {
    const one = await machine();
    sandbox().intercept(async (service) => {
      if (service === 'fulcio') await new Promise((resolve) => setTimeout(resolve, 2500));
      return undefined;
    });
    const { exit, err } = await one.signet(one.home, ['login']);
    sandbox().intercept(() => undefined);
    expect(exit, err).toBe(0);
    expect(err.split('\n').slice(-3, -1)).toEqual([
      'git-signet: waiting for the agent, which asks for a certificate',
      expect.stringMatching(/^git-signet: logged in as alice/),
    ]);
  });

  it('another account than the one asked for is refused before Fulcio hears of it (O13)', async () => {
    const one = await machine();
    const token = await sandbox().mintToken({ email: 'bob@example.test' });
    const before = sandbox().requests.fulcio;
    const ran = await one.signet(
      one.home,
      ['login', '--token-stdin', '--identity', 'alice@example.test'],
      { input: token },
    );
    expect(ran.exit).toBe(4);
    expect(ran.err).toMatch(/logged in as bob@example\.test, but alice@example\.test is expected/);
    expect(sandbox().requests.fulcio).toBe(before);
  });

  it('--token-stdin --show-claims prints the claims, never the token, and the agent prints neither (O10)', async () => {
    const one = await machine();
    const token = await sandbox().mintToken();
    const ran = await one.signet(one.home, ['login', '--token-stdin', '--show-claims'], {
      input: `${token}\n`,
    });
    expect(ran.exit, ran.err).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ email: 'alice@example.test', aud: 'sigstore' });
    const status = await one.signet(one.home, ['status', '--json']);
    const agent = await one.signet(one.home, ['agent', 'status', '--json']);
    const said = [ran, status, agent].map(({ out, err }) => out + err).join('');
    for (const part of token.split('.')) expect(said).not.toContain(part);
  });

  it('--show-claims: also of a token that is refused, which is when one needs them (O10)', async () => {
    const one = await machine();
    const token = await sandbox().mintToken({ audience: 'vault' });
    const ran = await one.signet(one.home, ['login', '--token-stdin', '--show-claims'], {
      input: `${token}\n`,
    });
    expect([ran.exit, JSON.parse(ran.out)]).toEqual([4, expect.objectContaining({ aud: 'vault' })]);
    for (const part of token.split('.')) expect(ran.out + ran.err).not.toContain(part);
  });

  it.skipIf(!haveTools('script'))(
    '--token-stdin says that it waits, where a person types',
    async () => {
      const one = await machine();
      const command = `'${programUnderTest()}' login --token-stdin`;
      const [script, at] = [findProgram('script') ?? 'script', { cwd: one.home }];
      const typed = await runMeanwhile(script, ['-qec', command, '/dev/null'], {
        ...{ ...at, env: one.env },
        input: Buffer.from('no token\n'),
      });
      expect(typed.out).toContain('waiting for the token on standard input');
      const piped = await one.signet(one.home, ['login', '--token-stdin'], { input: 'no token\n' });
      expect([piped.exit, piped.err]).toEqual([4, expect.not.stringContaining('waiting')]);
    },
  );

  it('publishIdentity = no refuses before a login, and says how to undo it (O13)', async () => {
    const logins = countLogins(sandbox());
    const asked = { ...sandbox().requests };
    const one = await machine();
    const path = await one.repository('private', { 'signet.publishIdentity': 'no' });
    const says = (place: string, undo: string) =>
      `git-signet: no login: no identity may become public (signet.publishIdentity = no, ${place})\n  every signature is public. To be asked instead: ${undo}\n`;
    const { SIGNET_PUBLISH_IDENTITY: _sandbox, ...env } = one.env;
    for (const args of [['login'], ['login', '--token-stdin']]) {
      const { exit, err } = await runMeanwhile(programUnderTest(), args, { cwd: path, env });
      expect([exit, err]).toEqual([
        4,
        says('.git/config', 'git config --local --unset-all signet.publishIdentity'),
      ]);
    }
    const said = await one.signet(one.home, ['login'], { env: { SIGNET_PUBLISH_IDENTITY: 'no' } });
    expect(said.err).toBe(says('SIGNET_PUBLISH_IDENTITY', 'unset SIGNET_PUBLISH_IDENTITY'));
    expect([logins.count().logins, sandbox().requests]).toEqual([0, asked]);
  });

  it.each<[string, string, boolean]>([
    ['what becomes public is said above it', 'ask', true],
    ['agreed to beforehand: nothing more is said', 'yes', false],
  ])(
    '--device prints address and code on stderr and needs no terminal, %s (O11)',
    async (_name, publishIdentity, told) => {
      const one = await machine({ urlOpener: '' });
      const child = spawn(programUnderTest(), ['login', '--device'], {
        cwd: one.home,
        env: { ...one.env, SIGNET_PUBLISH_IDENTITY: publishIdentity },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      let said = '';
      const invitation = new Promise<RegExpExecArray>((resolve) => {
        child.stderr.on('data', (chunk: Buffer) => {
          said += chunk;
          const found = /open (\S+) and enter (\S+) /.exec(said);
          if (found !== null) resolve(found);
        });
      });
      const [, address = '', code = ''] = await invitation;
      expect(
        /this will be public forever: your e-mail address.*By entering the code, you agree/.test(
          said,
        ),
      ).toBe(told);
      await answerDevice(address, code);
      expect(await ended, said).toBe(0);
      expect(said).toMatch(/logged in as alice@example\.test \(/);
      expect((await one.signet(one.home, ['status'])).exit).toBe(0);
    },
  );

  it('where a token is at hand, status says so and asks no agent (O15)', async () => {
    const one = await machine();
    const env = { SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
    const ran = await one.signet(one.home, ['status'], { env });
    expect([ran.exit, ran.out]).toEqual([
      0,
      'here: no login needed, token of alice@example.test from SIGSTORE_ID_TOKEN\n',
    ]);
  });

  it('no agent, an empty token and two ways at once are refused with a reason', async () => {
    const one = await machine();
    const tell = async (args: readonly string[], env = {}) =>
      one.signet(one.home, ['login', ...args], { env, input: '' });
    expect(await tell([], { SIGNET_AGENT: 'no' })).toMatchObject({
      exit: 2,
      err: expect.stringContaining('signet.agent'),
    });
    expect(await tell(['--token-stdin'])).toMatchObject({ exit: 2 });
    expect(await tell(['now'])).toMatchObject({ exit: 2 });
  });
});
