/** What `git signet status` and `doctor` say of the login that a signature here would use, and that it is true: signing does as they say. */

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const machines: Machine[] = [];

async function machine(settings: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const made = await machineAt(sandbox(), settings);
  machines.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(machines.splice(0).map((one) => one.close()));
});

type More = Readonly<Record<string, string>>;

/** Nobody is there who could log in. */
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

describe('D14 an agent that is forwarded here', () => {
  it('answers: status and doctor say so, and not whose login it is', async () => {
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
      `here: forwarded agent at ${socket} answers; who is logged in is known on the other machine\n`,
      '',
    ]);
    const { here } = JSON.parse((await status(away, there, env, '--json')).out);
    expect(here.forwarded).toEqual({ socket, answers: true });
    const { login, agent, exit } = await doctor(away, there, env);
    expect([login?.level, agent?.level, exit]).toEqual(['ok', 'ok', 0]);
    expect(agent?.detail).toMatch(/^forwarded agent at .* answers/);
  });

  it('does not answer, or is no forwarded one: what to do is done on the other machine', async () => {
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
