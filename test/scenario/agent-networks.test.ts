/**
 * One agent, and clients with networks of their own: each request is seen at its own proxy only, under its own authority,
 * and no password of a proxy travels. What passes each network is recorded as its servers see it.
 */

import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentsOf, countLogins, type Machine, machineAt } from '../support/machine.ts';
import { type PrivateNetwork, startPrivateNetwork } from '../support/private-network.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const servers: Server[] = [];
let machine: Machine;
beforeEach(async () => {
  machine = await machineAt(sandbox());
});
afterEach(async () => {
  sandbox().intercept(undefined);
  await machine.close();
  for (const each of [...servers.splice(0), ...networks.splice(0)]) each.close();
});

interface Company extends PrivateNetwork {
  /** What clients have sent by it, decrypted. */
  readonly seen: () => string;
}
const networks: Company[] = [];

/** A network with an authority of its own, which records. */
async function company(name: string): Promise<Company> {
  let seen = '';
  const recorded = async (url: string): Promise<number> => {
    const server = createServer((socket) => {
      const upstream = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString('latin1');
      });
      socket.pipe(upstream).pipe(socket);
      for (const each of [socket, upstream]) each.on('error', () => each.destroy());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const { fulcio, rekor } = sandbox().urls;
  const network = await startPrivateNetwork(machine.directory(name), {
    'fulcio.example.test': await recorded(fulcio),
    'rekor.example.test': await recorded(rekor),
  });
  const made = { ...network, seen: () => seen };
  networks.push(made);
  return made;
}

/** Names that only a company's proxy knows. */
const URLS = {
  SIGNET_FULCIO_URL: 'https://fulcio.example.test',
  SIGNET_REKOR_URL: 'https://rekor.example.test',
};

async function commits(at: string, more: Record<string, string> = {}): Promise<string> {
  const args = ['commit', '-q', '--allow-empty', '-m', 'change'];
  const ran = await machine.git(at, args, { ...URLS, ...more });
  expect(ran.exit, ran.err).toBe(0);
  return ran.err;
}

/** As git calls its signing program, whose words git keeps to itself. */
const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <alice@example.test> 1 +0000\ncommitter A <alice@example.test> 1 +0000\n\nx\n`;
async function signs(at: string, more: Record<string, string> = {}): Promise<string> {
  const options = { input: PAYLOAD, env: { ...URLS, ...more } };
  const ran = await machine.signet(at, ['--status-fd=2', '-bsau', 'x'], options);
  expect(ran.exit, ran.err).toBe(0);
  expect(ran.out).toMatch(/^-----BEGIN SIGNED MESSAGE-----/);
  return ran.err;
}

/** The accounts whose tokens went by. */
function accounts(seen: string): readonly string[] {
  const tokens = seen.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g) ?? [];
  const named = tokens.map((token) => {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return (JSON.parse(claims) as { readonly email: string }).email;
  });
  return [...new Set(named)];
}

describe('two repositories with proxies and authorities of their own, and one agent', () => {
  it('each request goes through its own proxy only, and each login through its own network only (D21)', async () => {
    const [one, two] = [await company('one'), await company('two')];
    const repository = (name: string, { proxy, caFile }: Company, person: string) =>
      machine.repository(name, {
        'signet.proxy': proxy,
        'signet.caFile': caFile,
        'signet.identity': person,
      });
    const first = await repository('first', one, 'alice@example.test');
    const second = await repository('second', two, 'bob@example.test');
    await commits(first);
    expect(two.seen()).toBe('');
    await commits(second);
    const [before, after] = [one.connects.length, two.connects.length];
    for (const at of [first, second, first, second]) await commits(at);
    expect(await agentsOf(machine)).toHaveLength(1);
    expect(accounts(one.seen())).toEqual(['alice@example.test']);
    expect(accounts(two.seen())).toEqual(['bob@example.test']);
    for (const { seen } of [one, two])
      expect(seen().match(/POST \/api\/v1\/log\/entries/g)).toHaveLength(3);
    // over the connections that were there, each in its own network
    expect([one.connects.length, two.connects.length]).toEqual([before, after]);
  });

  it('a login of one repository serves another, whose network sees nothing of it (D21)', async () => {
    const [one, two] = [await company('one'), await company('two')];
    const logins = countLogins(sandbox());
    const repository = (name: string, { proxy, caFile }: Company) =>
      machine.repository(name, { 'signet.proxy': proxy, 'signet.caFile': caFile });
    await commits(await repository('first', one));
    await commits(await repository('second', two));
    expect(logins.count().logins).toBe(1);
    expect(accounts(one.seen())).toEqual(['alice@example.test']);
    expect(accounts(two.seen())).toEqual([]);
    expect(two.seen()).not.toContain('signingCert');
    expect(two.seen()).toMatch(/POST \/api\/v1\/log\/entries/);
  });
});

describe('the shell that starts the agent', () => {
  it('the proxy of the shell that starts the agent is not used for another shell (D21)', async () => {
    const [one, two] = [await company('one'), await company('two')];
    const work = await machine.repository('work');
    const shell = ({ proxy, caFile }: Company): Record<string, string> => ({
      HTTPS_PROXY: proxy,
      SSL_CERT_FILE: caFile,
    });
    const odd = { ...shell(one), NODE_TLS_REJECT_UNAUTHORIZED: '1', SIGNET_AGENT_IDLE: '1' };
    await commits(work, odd);
    const [agent] = await agentsOf(machine);
    await commits(work, shell(two));
    expect(await agentsOf(machine)).toEqual(
      [agent].map((each) => expect.objectContaining({ pid: each?.pid })),
    );
    expect(one.seen().match(/POST \/api\/v1\/log\/entries/g)).toHaveLength(1);
    expect(two.seen().match(/POST \/api\/v1\/log\/entries/g)).toHaveLength(1);
    const environment = readFileSync(`/proc/${agent?.pid}/environ`, 'latin1');
    expect(environment).not.toMatch(/PROXY|SSL_CERT|NODE_|AGENT_IDLE|TIMEOUT/i);
  });
});

describe('a proxy with a password', () => {
  it('the agent reads a proxy’s password from the user’s own configuration, and it does not travel (D21)', async () => {
    const { proxyWithLogin, caFile, connects } = await company('one');
    const work = await machine.repository('work');
    const set = (key: string, value: string) =>
      machine.must(work, 'config', '--global', key, value);
    await set('signet.proxy', proxyWithLogin);
    await set('signet.caFile', caFile);
    const logins = countLogins(sandbox());
    for (let i = 0; i < 2; i += 1) expect(await signs(work)).not.toContain('signing without it');
    expect(logins.count().logins).toBe(1);
    expect(connects.length).toBeGreaterThan(0);
    const [agent] = await agentsOf(machine);
    const environment = readFileSync(`/proc/${agent?.pid}/environ`, 'latin1');
    expect(environment).not.toMatch(/p%40ss|p@ss/);
  });

  it.each(['shell', 'repository'])(
    'with a proxy’s password of a %s the signature is made in place, and one line says what to do (D21)',
    async (place) => {
      const { proxyWithLogin, caFile } = await company('one');
      const local = { 'signet.proxy': proxyWithLogin, 'signet.caFile': caFile };
      const shell = { HTTPS_PROXY: proxyWithLogin, SIGNET_CA_FILE: caFile };
      const work = await machine.repository('work', place === 'repository' ? local : {});
      const logins = countLogins(sandbox());
      const said = await signs(work, place === 'shell' ? shell : {});
      expect(said.match(/has no password for the proxy .*, signing without it/g)).toHaveLength(1);
      expect(said).not.toMatch(/p%40ss|p@ss/);
      expect(logins.count().logins).toBe(1);
      expect(readFileSync(join(machine.home, 'gitconfig'), 'utf8')).not.toContain('p%40ss');
    },
  );
});
