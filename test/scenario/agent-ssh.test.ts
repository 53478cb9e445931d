/**
 * Signing on another machine by way of the agent at home: a real sshd carries the forwarded socket. The other machine
 * has no opener and no login; it gets a signature, and nothing else.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machine, machineAt } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { type Sshd, sshdCanRun, startSshd } from '../support/sshd.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const possible = haveTools('sshd', 'ssh', 'ssh-keygen') && sshdCanRun();

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

describe.skipIf(!possible)('an agent that SSH forwards', () => {
  let home: Machine;
  let sshd: Sshd;
  let away = '';
  let clone = '';
  let there = '';
  let tunnel = '';

  /** Runs a command at the other machine, in its clone, over a connection that forwards the socket. */
  const remotely = (command: string, more: Record<string, string> = {}, forwarding = true) => {
    const env = {
      HOME: away,
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      SIGNET_AGENT_SOCKET: tunnel,
      ...sandbox().env,
      ...more,
    };
    const words = Object.entries(env).map(([name, value]) => quote(`${name}=${value}`));
    const options = forwarding ? ['-R', `${tunnel}:${home.env['SOCKET']}`] : [];
    const line = `cd ${quote(there)} && env -i ${words.join(' ')} sh -c ${quote(command)}`;
    const child = sshd.ssh(options, line);
    return new Promise<{ exit: number | null; out: string; err: string }>((resolve) => {
      let [out, err] = ['', ''];
      child.stdout?.on('data', (chunk) => (out += chunk));
      child.stderr?.on('data', (chunk) => (err += chunk));
      child.on('close', (exit) => resolve({ exit, out, err }));
    });
  };
  const commit = (message: string): string => `git commit -q --allow-empty -S -m ${quote(message)}`;
  const sign = (): string =>
    `printf 'tree ${'0'.repeat(40)}\\nparent '$(git rev-parse HEAD)'\\nauthor A <a@x.test> 1 +0000\\ncommitter A <a@x.test> 1 +0000\\n\\nx\\n' | ${quote(programUnderTest())} --status-fd=2 -bsau x`;
  const audit = (): readonly {
    verdict: string;
    who: string;
    subject: string;
    repository: string;
  }[] =>
    readFileSync(join(home.home, 'forwarded.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  beforeAll(async () => {
    const plain = await machineAt(sandbox());
    const socket = join(plain.home, 'run', 'git-signet', 'forward.sock');
    home = { ...plain, env: { ...plain.env, SOCKET: socket } };
    clone = await home.repository('clone');
    await home.must(clone, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'base');
    const settings = {
      forwardSocket: socket,
      forwardRepositories: clone,
      forwardLog: join(home.home, 'forwarded.log'),
    };
    for (const [name, value] of Object.entries(settings)) {
      await home.must(clone, 'config', '--global', `signet.${name}`, value);
    }
    away = scratchDirectory('away');
    tunnel = join(away, 'agent.sock');
    there = join(away, 'work');
    await home.must(clone, 'clone', '-q', clone, there);
    for (const [name, value] of [
      ['user.name', 'Alice'],
      ['user.email', 'alice@example.test'],
      ['gpg.format', 'x509'],
      ['gpg.x509.program', programUnderTest()],
    ] as const) {
      await home.must(there, 'config', name, value);
    }
    // the morning's login, at home
    const login = await home.git(clone, ['commit', '-q', '--allow-empty', '-S', '-m', 'at home']);
    expect(login.exit, login.err).toBe(0);
    sshd = await startSshd(join(away, 'ssh'));
  });
  afterAll(async () => {
    await sshd?.close();
    await home?.close();
  });

  it('a forwarded agent signs commits on another machine, one on the other, without a login there (D14)', async () => {
    const { issuer, fulcio } = sandbox().requests;
    const ran = await remotely(
      `${commit('away 1')} && ${commit('away 2')} && git verify-commit HEAD`,
    );
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.err).toMatch(/good signature by alice@example\.test/);
    expect([sandbox().requests.issuer, sandbox().requests.fulcio]).toEqual([issuer, fulcio]);
    expect(audit()).toMatchObject([
      { verdict: 'signed', who: 'alice@example.test', subject: 'away 1', repository: clone },
      { verdict: 'signed', subject: 'away 2' },
    ]);
  });

  it('a forwarded agent refuses a commit of an unknown repository, and its client is told why (D14)', async () => {
    const { rekor } = sandbox().requests;
    const ran = await remotely(
      `git init -q ../stranger && cd ../stranger && git -c user.name=M -c user.email=m@x.test -c gpg.format=x509 -c gpg.x509.program=${quote(programUnderTest())} ${commit('owned').slice(4)}`,
    );
    expect(ran.exit).not.toBe(0);
    const asked = await remotely(sign().replace('$(git rev-parse HEAD)', '1'.repeat(40)));
    expect([asked.exit, asked.out]).toEqual([4, '']);
    expect(asked.err).toMatch(
      /the forwarded agent refuses: none of its repositories has the parents/,
    );
    expect(sandbox().requests.rekor).toBe(rekor);
    expect(audit().filter(({ verdict }) => verdict === 'refused')).toHaveLength(2);
  });

  it('git gets no signature of another identity than is expected there (D14)', async () => {
    const ran = await remotely(sign(), { SIGNET_IDENTITY: 'bob@example.test' });
    expect([ran.exit, ran.out]).toEqual([4, '']);
    expect(ran.err).toMatch(/signed as alice@example\.test, not as bob@example\.test/);
  });

  it('without the connection one line says so, and signing in place fails without a login (D14)', async () => {
    expect(existsSync(tunnel)).toBe(true);
    const ran = await remotely(sign(), {}, false);
    expect([ran.exit, ran.out]).toEqual([4, '']);
    expect(ran.err).toMatch(/, signing without it\n/);
    const token = await sandbox().mintToken();
    const given = await remotely(sign(), { SIGSTORE_ID_TOKEN: token }, false);
    expect(given.exit, given.err).toBe(0);
  });
});
