/** What `git signet status` and `doctor` say of the login that a signature here would use, and that it is true: signing does as they say. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { countLogins, type Machine, useMachines } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);

type More = Readonly<Record<string, string>>;

/** No person is there to log in. */
const ALONE = { SIGNET_URL_OPENER: '', DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' };
const payload = (parent: string): string =>
  `tree ${'0'.repeat(40)}\n${parent}author A <a@x.test> 1 +0000\ncommitter A <a@x.test> 1 +0000\n\nx\n`;

const sign = (one: Machine, at: string, more: More, parent = '') =>
  one.signet(at, ['--status-fd=2', '-bsau', 'x'], {
    input: payload(parent),
    env: { ...ALONE, ...more },
  });

const status = (one: Machine, at: string, more: More, ...args: string[]) =>
  one.signet(at, ['status', ...args], { env: { ...ALONE, ...more } });

interface Line {
  readonly name: string;
  readonly level: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** The lines about logins. */
async function doctor(one: Machine, at: string, more: More) {
  const ran = await one.signet(at, ['doctor', '--offline', '--json'], {
    env: { ...ALONE, ...more },
  });
  const { checks } = JSON.parse(ran.out) as { readonly checks: readonly Line[] };
  const line = (name: string) => checks.find((each) => each.name === name);
  return { exit: ran.exit, said: ran.out + ran.err, login: line('login'), agent: line('agent') };
}

describe('an agent that is forwarded here (D14)', () => {
  it('status and doctor say that a forwarded agent answers, and not whose login it has', async () => {
    const [home, away] = [await machine(), await machine()];
    const socket = join(home.home, 'run', 'f.sock');
    await home.must(home.home, 'config', '--global', 'signet.forwardSocket', socket);
    const clone = await home.repository('clone');
    await home.must(clone, 'commit', '-q', '--allow-empty', '--no-gpg-sign', '-m', 'one');
    await home.must(home.home, 'config', '--global', 'signet.forwardRepositories', clone);
    expect(await home.signet(home.home, ['login'])).toMatchObject({ exit: 0 });
    const there = await away.repository('there');
    const env = { SIGNET_AGENT_SOCKET: socket };
    const parent = `parent ${await home.must(clone, 'rev-parse', 'HEAD')}\n`;
    expect(await sign(away, there, env, parent)).toMatchObject({ exit: 0 });
    const said = await status(away, there, env);
    expect([said.exit, said.out, said.err]).toEqual([
      0,
      `here: forwarded agent at ${socket} answers, and the other machine knows who is logged in\n`,
      '',
    ]);
    const { here } = JSON.parse((await status(away, there, env, '--json')).out);
    expect(here.forwarded).toEqual({ socket, answers: true });
    const { login, agent, exit } = await doctor(away, there, env);
    expect([login?.level, agent?.level, exit]).toEqual(['ok', 'ok', 0]);
    expect(agent?.detail).toMatch(/^forwarded agent at .* answers/);
  });

  it('a forwarded agent that does not answer is mended on the other machine', async () => {
    const one = await machine();
    const at = await one.repository('there');
    expect(await one.signet(at, ['login'])).toMatchObject({ exit: 0 });
    const { agents } = JSON.parse((await one.signet(at, ['agent', 'status', '--json'])).out);
    const own: string = agents[0].socket;
    for (const [path, why] of [
      [join(one.home, 'run', 'none.sock'), /no agent is forwarded/],
      [own, /an agent's own socket/],
    ] as const) {
      const env = { SIGNET_AGENT_SOCKET: path };
      const said = await status(one, at, env);
      expect([said.exit, said.out]).toEqual([4, expect.stringMatching(why)]);
      expect(said.out).toMatch(/^here: forwarded agent at .* does not answer: /);
      expect(said.err).toMatch(/^ {2}on the machine where the login is: /);
      const { login, agent, exit } = await doctor(one, at, env);
      expect([login?.level, agent?.level, exit]).toEqual(['fail', 'warn', 4]);
      expect(login?.remedy).toBe(agent?.remedy);
      expect((await sign(one, at, env)).exit).toBe(4);
    }
  });
});

/** Both say `exit`, status in words like these, and signing ends so too. */
async function amiss(one: Machine, at: string, env: More, words: RegExp, exit = 4) {
  const said = await status(one, at, env);
  const found = await doctor(one, at, env);
  expect([found.login?.level, found.exit]).toEqual(['fail', exit]);
  expect(found.login?.detail).toMatch(words);
  expect((await sign(one, at, env)).exit).toBe(exit);
  return { said, found };
}

/** Both say that nothing is amiss, and a signature comes of it. */
async function fine(one: Machine, at: string, env: More, words: RegExp) {
  const said = await status(one, at, env);
  expect([said.exit, said.out]).toEqual([0, expect.stringMatching(words)]);
  const found = await doctor(one, at, env);
  expect([found.login?.level, found.exit]).toEqual(['ok', 0]);
  expect(await sign(one, at, env)).toMatchObject({ exit: 0 });
}

describe('a login that is not the one that is needed', () => {
  it('a login of bob is a failure if alice is expected, and good if bob is expected (D10)', async () => {
    const one = await machine();
    const [hers, his] = [
      await one.repository('hers', { 'signet.identity': 'alice@example.test' }),
      await one.repository('his', { 'signet.identity': 'bob@example.test' }),
    ];
    expect(await one.signet(his, ['login'])).toMatchObject({ exit: 0 });
    const { said, found } = await amiss(one, hers, {}, /alice@example\.test is expected/);
    expect([said.exit, said.out]).toEqual([4, expect.stringMatching(/^here: no login/)]);
    expect(found.agent?.detail).toMatch(/bob@example\.test$/);
    await fine(one, his, {}, /^here: bob@example\.test/);
  });

  it('a token in a file: one that is not there, one that is garbage, one that is good (O09)', async () => {
    const one = await machine();
    const at = await one.repository('work');
    const file = join(one.home, 'token');
    const env = { SIGNET_TOKEN_FILE: file };
    const missing = await amiss(one, at, env, /no identity token: there is no such file/);
    expect([missing.said.exit, missing.said.err]).toEqual([
      4,
      '  write a fresh token there, or change signet.tokenFile\n',
    ]);
    writeFileSync(file, 'garbage-of-a-secret');
    const garbage = await amiss(one, at, env, /not a signed JSON web token/);
    expect(garbage.said.out).toMatch(/^here: .*not a signed JSON web token/);
    expect(garbage.found.said + garbage.said.out).not.toContain('garbage-of');
    writeFileSync(file, await sandbox().mintToken());
    await fine(one, at, env, /^here: no login needed, token of alice@example\.test from \//);
  });

  it('a token in a variable is judged by its account and its audience (O13)', async () => {
    const one = await machine();
    const at = await one.repository('work', { 'signet.identity': 'alice@example.test' });
    const token = await sandbox().mintToken({ email: 'bob@example.test' });
    const { said, found } = await amiss(one, at, { SIGSTORE_ID_TOKEN: token }, /of bob@example/);
    expect(said.exit).toBe(4);
    for (const part of token.split('.')) expect(found.said + said.out).not.toContain(part);
    const { here } = JSON.parse(
      (await status(one, at, { SIGSTORE_ID_TOKEN: token }, '--json')).out,
    );
    expect(here.trouble).toMatch(/alice@example\.test is expected/);
    const other = { SIGSTORE_ID_TOKEN: token, SIGNET_CLIENT_ID: 'another' };
    await amiss(one, at, other, /it is for sigstore, not for another/);
    const good = { SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
    await fine(one, at, good, /token of alice@example\.test from SIGSTORE_ID_TOKEN/);
  });

  it('a token provider that there is not: the names that there are, exit 2', async () => {
    const one = await machine();
    const at = await one.repository('work');
    await amiss(one, at, { SIGNET_TOKEN_PROVIDER: 'foo' }, /= foo is not one of .*device/, 2);
    const file = join(one.home, 'token');
    writeFileSync(file, await sandbox().mintToken());
    const known = { SIGNET_TOKEN_PROVIDER: 'filesystem', SIGNET_TOKEN_FILE: file };
    await fine(one, at, known, /token of alice/);
  });
});

describe('signet.agent = no', () => {
  it('signet.agent = no is told with its place, and the advice takes it away', async () => {
    const one = await machine();
    const at = await one.repository('work');
    const included = join(one.home, "more 'config");
    await one.must(one.home, 'config', '--global', 'include.path', included);
    const { SIGNET_AGENT: _yes, ...env } = one.env;
    const run = (args: readonly string[]) =>
      runMeanwhile(programUnderTest(), args, { cwd: at, env: { ...env, ...ALONE } });
    const set = async (...where: string[]) =>
      one.must(at, 'config', ...where, 'signet.agent', 'no');
    for (const where of [['--local'], ['--global'], ['--file', included]]) {
      await set(...where);
      const said = await run(['status']);
      expect([said.exit, said.out]).toEqual([
        4,
        expect.stringMatching(/^here: each signature logs in \(signet\.agent = no, .*config\)\n$/),
      ]);
      const undo = /^ {2}to keep a login: (git config .*)\n$/.exec(said.err)?.[1] ?? '';
      const refused = await run(['login']);
      expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining(`\n  ${undo}\n`)]);
      const found = JSON.parse((await run(['doctor', '--offline', '--json'])).out);
      const remedies = found.checks.slice(-3, -1).map(({ remedy }: Line) => remedy);
      expect(remedies).toEqual([undo, undo]);
      expect(await runMeanwhile('sh', ['-c', undo], { cwd: at, env })).toMatchObject({ exit: 0 });
      expect((await run(['status'])).out).toBe('here: no login\n');
    }
    const variable = await status(one, at, { SIGNET_AGENT: 'no' });
    expect([variable.out, variable.err]).toEqual([
      'here: each signature logs in (signet.agent = no, SIGNET_AGENT)\n',
      '  to keep a login: unset SIGNET_AGENT\n',
    ]);
  });
});

describe('a place that is not fit for an agent (D04)', () => {
  it('doctor says how to mend it, and no login begins before it is mended', async () => {
    const one = await machine();
    const at = await one.repository('work');
    const place = join(one.home, 'place');
    mkdirSync(place, { mode: 0o755 });
    const logins = countLogins(sandbox());
    const named = { SIGNET_AGENT_DIRECTORY: place };
    for (const [env, remedy] of [
      [named, `chmod 700 ${place}`],
      [
        { SIGNET_AGENT_DIRECTORY: '/dev/null/run' },
        'git config --global signet.agentDirectory DIR',
      ],
    ] as const) {
      const { agent } = await doctor(one, at, env);
      expect(agent).toMatchObject({ level: 'warn', remedy });
      const refused = await one.signet(at, ['login'], { env });
      expect([refused.exit, refused.err]).toEqual([2, expect.stringMatching(/no agent there/)]);
    }
    expect(logins.count().logins).toBe(0);
    chmodSync(place, 0o700);
    expect(await one.signet(at, ['login'], { env: named })).toMatchObject({ exit: 0 });
  });

  it('a place that was passed over is no secret: doctor says which, and why (D23)', async () => {
    const one = await machine();
    const at = await one.repository('work');
    mkdirSync(join(one.home, 'run', 'git-signet'), { mode: 0o755 });
    for (const who of ['none runs', 'alice@example.test']) {
      const { agent } = await doctor(one, at, {});
      expect(agent).toMatchObject({ level: 'ok' });
      expect(agent?.detail).toContain(who);
      expect(agent?.detail).toMatch(/run\/git-signet is open to others/);
      await one.signet(at, ['login']);
    }
  });
});

it('JSON of both kinds of status: its version, null for what is not there, no word of the protocol', async () => {
  const one = await machine();
  const at = await one.repository('work');
  const before = JSON.parse((await status(one, at, {}, '--json')).out);
  expect(before.here).toMatchObject({ credential: null, unattended: null, forwarded: null });
  expect(await one.signet(at, ['login'])).toMatchObject({ exit: 0 });
  for (const args of [
    ['status', '--json'],
    ['agent', 'status', '--json'],
  ]) {
    const { schemaVersion, agents } = JSON.parse((await one.signet(at, args)).out);
    expect(schemaVersion).toBe(1);
    expect(agents).toHaveLength(1);
    expect(agents[0].credentials).toHaveLength(1);
    expect(agents[0]).not.toHaveProperty('reply');
  }
});
