/**
 * The agent as git meets it: it starts with the first signature and holds nothing of git's open; whatever becomes of it,
 * the commit is made; and no key or token is seen outside its memory.
 */

import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentState } from '../../src/agent/wire/protocol.ts';
import { agentsOf, countLogins, type Machine, useMachine } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

/** The version of the protocol that both sides speak (docs/compatibility.md). */
const PROTOCOL = 4;

/** A message as it travels: four bytes of length, and JSON. */
function encodeFrame(message: object): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

const commit = (message: string, more: Record<string, string> = {}) =>
  machine.git(work, ['commit', '-q', '--allow-empty', '-m', message], more);

async function committed(message: string, more: Record<string, string> = {}): Promise<string> {
  const ran = await commit(message, more);
  expect(ran.exit, ran.err).toBe(0);
  const verified = await machine.git(work, ['verify-commit', 'HEAD'], more);
  expect(verified.exit, verified.err).toBe(0);
  expect(verified.err).toMatch(/good signature by alice@example\.test/);
  return ran.err;
}

async function onlyAgent(): Promise<AgentState & { socket: string }> {
  const [one, ...more] = await agentsOf(machine);
  expect(more).toEqual([]);
  if (one === undefined) throw new Error('no agent is running');
  return one;
}

/** Where the agent of these settings listens; it has gone again. */
async function placeOfAgent(): Promise<{ readonly path: string; readonly instance: string }> {
  const started = await machine.signet(work, ['agent', 'start']);
  expect(started.exit, started.err).toBe(0);
  const { socket, instance } = await onlyAgent();
  expect((await machine.signet(work, ['agent', 'stop'])).exit).toBe(0);
  return { path: socket, instance };
}

/** As git calls its signing program; git would swallow what it says. */
const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter Alice <alice@example.test> 1 +0000\n\nx\n`;
const direct = (more: Record<string, string> = {}) =>
  machine.signet(work, ['--status-fd=2', '-bsau', 'x'], { input: PAYLOAD, env: more });

describe('the agent', () => {
  it('the first signature starts the agent, the next one uses it, and agent stop ends it', async () => {
    const logins = countLogins(sandbox());
    await committed('one');
    await committed('two');
    const state = await onlyAgent();
    expect(state.credentials).toMatchObject([
      { expected: '', identity: 'alice@example.test', signatures: 2 },
    ]);
    expect(logins.count().logins).toBe(1);
    const stopped = await machine.signet(work, ['agent', 'stop']);
    expect([stopped.exit, stopped.err]).toEqual([0, 'git-signet: the agent has ended\n']);
    expect((await machine.signet(work, ['agent', 'stop'])).exit).toBe(1);
    expect(await agentsOf(machine)).toEqual([]);
  });

  it('the agent holds none of the streams and files that its starter had open', async () => {
    const lock = join(machine.home, 'lock');
    const script = `exec 9>'${lock}' 7<'${lock}'; git commit -q --allow-empty -m one | cat`;
    const ran = await new Promise<number | null>((resolve) => {
      const child = spawn('sh', ['-c', script], { cwd: work, env: machine.env, stdio: 'pipe' });
      child.on('close', resolve);
    });
    expect(ran).toBe(0);
    const { pid } = await onlyAgent();
    const target = (fd: string): string => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    };
    // `close` came although the agent lives, so the pipes were let go of; the runtime has some of its own
    expect(['0', '1', '2'].map(target)).toEqual(['/dev/null', '/dev/null', '/dev/null']);
    const open = readdirSync(`/proc/${pid}/fd`).map(target);
    expect(open.filter((path) => path.includes(machine.home))).toEqual([]);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(join(machine.home, 'run', 'git-signet'));
  });

  it('a forward socket that cannot be made is reported, and the agent runs without it', async () => {
    const shared = machine.directory('shared');
    chmodSync(shared, 0o777);
    await machine.must(work, 'config', '--global', 'signet.forwardSocket', join(shared, 'f.sock'));
    await committed('one');
    const { forwardSocket, forwardProblem } = await onlyAgent();
    expect([forwardSocket, forwardProblem]).toEqual(['', expect.stringMatching(/open to others/)]);
    const { out } = await machine.signet(work, ['agent', 'status']);
    expect(out).toMatch(/does not forward: .*open to others/);
  });

  it('no agent is started where no login is possible, and one that runs is used there', async () => {
    const unattended = { CI: 'true' };
    const alone = await direct(unattended);
    expect(alone.exit).toBe(4);
    expect(alone.err).toMatch(/you are not logged in/);
    expect(await agentsOf(machine)).toEqual([]);
    await committed('one');
    expect((await direct(unattended)).exit).toBe(0);
  });

  it('a setting that makes every login fail is reported once', async () => {
    const ran = await direct({ SIGNET_URL_OPENER: 'nosuch {url}' });
    expect([ran.exit, ran.err]).toEqual([
      2,
      expect.stringMatching(/^git-signet: signet\.urlOpener: there is no program nosuch/),
    ]);
    expect(ran.err).not.toContain('signing without it');
  });

  it('with signet.agent = no a signature starts no agent', async () => {
    await committed('one', { SIGNET_AGENT: 'no' });
    expect(await agentsOf(machine)).toEqual([]);
  });

  it('other servers have another agent, and a given token needs no agent (D10)', async () => {
    await committed('one');
    await committed('two', { SIGNET_CONNECTOR_ID: 'elsewhere' });
    expect(await agentsOf(machine)).toHaveLength(2);
    const token = await sandbox().mintToken();
    await committed('three', { SIGSTORE_ID_TOKEN: token, SIGNET_CONNECTOR_ID: 'third' });
    expect(await agentsOf(machine)).toHaveLength(2);
  });

  it('the agent signs the online form and tags', async () => {
    await committed('one', { SIGNET_REKOR_MODE: 'online' });
    expect((await onlyAgent()).credentials).toHaveLength(1);
    const tagged = await machine.git(work, ['tag', '-s', '-m', 'v1', 'v1']);
    expect(tagged.exit, tagged.err).toBe(0);
    expect((await machine.git(work, ['verify-tag', 'v1'])).exit).toBe(0);
  });

  it('with publishIdentity = no nothing is signed although there is a login (O13)', async () => {
    await committed('one');
    const asked = { ...sandbox().requests };
    const forbidden = { SIGNET_PUBLISH_IDENTITY: 'no' };
    const says = expect.stringContaining(
      'not signed: no identity may become public (signet.publishIdentity = no, SIGNET_PUBLISH_IDENTITY)',
    );
    const refused = await direct(forbidden);
    expect([refused.exit, refused.out, refused.err]).toEqual([4, '', says]);
    await machine.must(work, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'two');
    const again = await machine.signet(work, ['resign', 'HEAD~1..HEAD'], { env: forbidden });
    expect([again.exit, again.err]).toEqual([4, says]);
    expect(sandbox().requests).toEqual(asked);
    await committed('three');
  });

  it('twenty processes of two identities at once all sign with two logins (D18)', async () => {
    const logins = countLogins(sandbox());
    const bob = { SIGNET_IDENTITY: 'bob@example.test' };
    const before = sandbox().requests.rekor;
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => direct(index % 2 === 0 ? {} : bob)),
    );
    for (const { exit, err } of all) expect(exit, err).toBe(0);
    const verify = async (armor: string): Promise<string> => {
      const file = join(machine.home, 'signature');
      writeFileSync(file, armor);
      const args = ['--status-fd=1', '--verify', file, '-'];
      const { err } = await machine.signet(work, args, { input: PAYLOAD });
      return /good signature by (\S+)/.exec(err)?.[1] ?? err;
    };
    for (const [index, { out }] of all.entries()) {
      expect(await verify(out)).toBe(index % 2 === 0 ? 'alice@example.test' : 'bob@example.test');
    }
    expect(logins.count().logins).toBe(2);
    expect(sandbox().requests.rekor - before).toBe(20);
    expect((await onlyAgent()).credentials.map(({ signatures }) => signatures)).toEqual([10, 10]);
  });
});

describe('the way to the log', () => {
  it('a second signature is one request over a connection that is open already', async () => {
    let connections = 0;
    const target = new URL(sandbox().urls.rekor);
    const proxy = createServer((socket) => {
      connections += 1;
      const upstream = connect(Number(target.port), target.hostname);
      socket.pipe(upstream).pipe(socket);
      for (const each of [socket, upstream]) each.on('error', () => each.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const through = { SIGNET_REKOR_URL: `http://127.0.0.1:${port}` };
    await committed('first', through);
    const before = { ...sandbox().requests };
    for (let i = 0; i < 5; i += 1) expect((await commit(`warm ${i}`, through)).exit).toBe(0);
    const { rekor, fulcio, issuer, tsa } = sandbox().requests;
    expect([rekor - before.rekor, fulcio - before.fulcio, issuer - before.issuer, tsa]).toEqual([
      5,
      0,
      0,
      before.tsa,
    ]);
    expect(connections).toBe(1);
    proxy.close();
  });
});

describe('many at once', () => {
  it('resign signs a branch by way of the agent with one login and one certificate', async () => {
    await committed('base');
    for (const message of ['one', 'two', 'three']) {
      await machine.must(work, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', message);
    }
    const logins = countLogins(sandbox());
    const before = { ...sandbox().requests };
    const ran = await machine.signet(work, ['resign', 'HEAD~3..HEAD']);
    expect([ran.exit, ran.err]).toEqual([0, expect.stringContaining('signed 3 of 3 again')]);
    expect(logins.count().logins).toBe(0);
    const { fulcio, rekor } = sandbox().requests;
    expect([fulcio - before.fulcio, rekor - before.rekor]).toEqual([0, 3]);
    expect((await onlyAgent()).credentials).toMatchObject([{ signatures: 4 }]);
    for (const name of ['HEAD', 'HEAD~1', 'HEAD~2']) {
      expect((await machine.git(work, ['verify-commit', name])).exit).toBe(0);
    }
  });

  it('resign starts another agent for one that is killed, with one more login for the rest (D23)', async () => {
    await committed('base');
    for (const message of ['one', 'two', 'three', 'four']) {
      await machine.must(work, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', message);
    }
    const { pid } = await onlyAgent();
    let asked = 0;
    sandbox().intercept(async (service, _request, proceed) => {
      if (service !== 'rekor') return undefined;
      asked += 1;
      if (asked === 2) process.kill(pid, 'SIGKILL');
      return proceed();
    });
    const { fulcio } = sandbox().requests;
    const ran = await machine.signet(work, ['resign', 'HEAD~4..HEAD']);
    expect([ran.exit, ran.err]).toEqual([0, expect.stringContaining('signed 4 of 4 again')]);
    expect(ran.err).not.toContain('signing without it');
    // each login gets a certificate
    expect(sandbox().requests.fulcio - fulcio).toBe(1);
    for (const name of ['HEAD', 'HEAD~1', 'HEAD~2', 'HEAD~3']) {
      expect((await machine.git(work, ['verify-commit', name])).exit).toBe(0);
    }
  });
});

describe('an agent that is of no use', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Something else at the agent's place. */
  async function impostor(path: string, serve: (socket: Socket) => void): Promise<Server> {
    writeFileSync(path.replace(/sock$/, 'secret'), 'a'.repeat(64), { mode: 0o600 });
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      serve(socket);
      // a socket that is not read is never closed
      socket.resume();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    chmodSync(path, 0o600);
    return server;
  }

  const greeting = (instance: string, protocol: number = PROTOCOL) =>
    encodeFrame({ agent: 'git-signet', protocol, forwarded: false, instance, pid: 1 });

  const cases: Readonly<Record<string, (socket: Socket, instance: string) => void>> = {
    'hangs up': (socket) => socket.end(),
    'talks another language': (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
    'speaks another version': (socket, instance) => socket.write(greeting(instance, PROTOCOL - 1)),
    'serves other settings': (socket) => socket.write(greeting('0'.repeat(64))),
    'answers with garbage': (socket, instance) => {
      socket.write(greeting(instance));
      socket.once('data', () => socket.write(Buffer.from([0, 0, 0, 3, 1, 2, 3])));
    },
    'shows something else than it gives, and neither is a signature': (socket, instance) => {
      socket.write(greeting(instance));
      const facts = { signingTime: 1, certificateSha1: '', certificateHashAlgorithm: 8 };
      socket.once('data', () => {
        socket.write(encodeFrame({ reply: 'unlogged', armor: 'yours' }));
        socket.write(encodeFrame({ reply: 'signed', signature: 'mine', logEntry: '', ...facts }));
      });
    },
    'gives a signature that is none': (socket, instance) => {
      socket.write(greeting(instance));
      const facts = { signingTime: 1, certificateSha1: '', certificateHashAlgorithm: 8 };
      const reply = { reply: 'signed', signature: 'mine', logEntry: '', ...facts } as const;
      socket.once('data', () => socket.write(encodeFrame(reply)));
    },
    'dies before it answers': (socket, instance) => {
      socket.write(greeting(instance));
      socket.once('data', () => socket.destroy());
    },
  };

  it('if the agent misbehaves, one line says so, and the signature is made in place (D13 D16)', async () => {
    const { path, instance } = await placeOfAgent();
    for (const [name, serve] of Object.entries(cases)) {
      const server = await impostor(path, (socket) => serve(socket, instance));
      const ran = await direct();
      expect([name, ran.exit], ran.err).toEqual([name, 0]);
      expect(ran.out).toMatch(/^-----BEGIN SIGNED MESSAGE-----/);
      expect(ran.err.match(/, signing without it/g), name).toHaveLength(1);
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('an agent that has just started is asked again with its new secret (D03)', async () => {
    const { path, instance } = await placeOfAgent();
    const secretPath = path.replace(/sock$/, 'secret');
    const presented: string[] = [];
    const fresh = 'b'.repeat(64);
    const served: ((socket: Socket) => void)[] = [
      // what was read was the secret of the start before: this one's is there when it greets
      (socket) => {
        writeFileSync(secretPath, fresh, { mode: 0o600 });
        socket.write(greeting(instance));
      },
    ];
    const ends = (socket: Socket): void => void socket.end(greeting(instance));
    const server = await impostor(path, (socket) => {
      const serve = served.shift() ?? ends;
      socket.once('data', (chunk: Buffer) => {
        presented.push((JSON.parse(chunk.subarray(4).toString()) as { secret: string }).secret);
        serve(socket);
      });
    });
    const ran = await direct();
    expect([ran.exit, ran.err]).toEqual([
      0,
      expect.stringContaining('the agent ended before it answered, signing without it'),
    ]);
    expect(presented).toEqual(['a'.repeat(64), fresh, fresh, fresh, fresh]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('an agent that restarts at each request is given up (D03)', async () => {
    const { path, instance } = await placeOfAgent();
    const secretPath = path.replace(/sock$/, 'secret');
    let asked = 0;
    const server = await impostor(path, (socket) => {
      socket.once('data', () => {
        asked += 1;
        writeFileSync(secretPath, String(asked).repeat(64), { mode: 0o600 });
        socket.write(greeting(instance));
      });
    });
    const ran = await direct();
    expect([ran.exit, ran.err.match(/the agent has just started, signing without it/g)]).toEqual([
      0,
      [expect.anything()],
    ]);
    expect(asked).toBe(5);
    await new Promise((resolve) => server.close(resolve));
  });

  it('if the agent’s directory is open to others, one line says so, and the signature is made in place (D02)', async () => {
    const place = join(machine.home, 'place');
    mkdirSync(place, { mode: 0o755 });
    const ran = await direct({ SIGNET_AGENT_DIRECTORY: place });
    expect([ran.exit, ran.err]).toEqual([
      0,
      expect.stringMatching(/open to others, signing without/),
    ]);
  });

  it('if the agent’s directory cannot be made, the signature is made in place (D04)', async () => {
    const file = join(work, 'file');
    writeFileSync(file, '');
    const ran = await direct({ SIGNET_AGENT_DIRECTORY: join(file, 'run') });
    expect([ran.exit, ran.err]).toEqual([
      0,
      expect.stringContaining('cannot be read, signing without it'),
    ]);
  });

  it('if the socket’s path is too long, the signature is made in place (D04)', async () => {
    const deep = join(machine.home, 'd'.repeat(100));
    const ran = await direct({ SIGNET_AGENT_DIRECTORY: deep });
    expect([ran.exit, ran.err]).toEqual([
      0,
      expect.stringMatching(/longer than 100 bytes.*signing without/),
    ]);
  });

  it('if the agent is killed during a signature, the next agent signs after one login (D23)', async () => {
    await committed('one');
    const { pid } = await onlyAgent();
    const { fulcio } = sandbox().requests;
    let killed = false;
    sandbox().intercept(async (service, _request, proceed) => {
      if (service !== 'rekor' || killed) return undefined;
      killed = true;
      process.kill(pid, 'SIGKILL');
      return proceed();
    });
    const ran = await direct();
    expect([killed, ran.exit]).toEqual([true, 0]);
    expect(ran.err).not.toContain('signing without it');
    await committed('two');
    const next = await onlyAgent();
    expect(next.pid).not.toBe(pid);
    expect(sandbox().requests.fulcio - fulcio).toBe(1);
    expect((await machine.must(work, 'log', '--format=%s')).split('\n')).toEqual(['two', 'one']);
  });

  it('a second agent run leaves the first agent alone (D06)', async () => {
    await committed('one');
    const { pid } = await onlyAgent();
    const second = await machine.signet(work, ['agent', 'run']);
    expect([second.exit, second.err]).toEqual([0, 'git-signet: an agent is running already\n']);
    expect((await onlyAgent()).pid).toBe(pid);
  });
});

describe('secrets', () => {
  /** Text that must be seen nowhere: tokens as the issuer gave them. */
  const given: string[] = [];

  it('no secret is in an argument, environment, file, log or error of the agent and its children (D12 O10)', async () => {
    sandbox().intercept(async (service, { method, path, body }) => {
      const text = Buffer.from(body).toString('utf8');
      if (service === 'fulcio' && method === 'POST' && path.startsWith('/api/')) {
        const { credentials } = JSON.parse(text) as { credentials: { oidcIdentityToken: string } };
        given.push(credentials.oidcIdentityToken);
      }
      return undefined;
    });
    const log = join(machine.home, 'talk.log');
    const stray = await sandbox().mintToken({ email: 'bob@example.test' });
    const env = {
      SIGNET_LOG_PATH: log,
      SIGNET_DEBUG: '1',
      // what a shell may hold besides: the agent takes none of it along
      SIGNET_TOKEN_PROVIDER: 'interactive',
      SIGSTORE_ID_TOKEN: stray,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token-of-ci',
      GITHUB_TOKEN: 'token-of-the-forge',
    };
    await committed('one', env);
    const failed = await machine.signet(work, ['login', '--token-stdin'], { input: stray, env });
    const { pid, socket } = await onlyAgent();
    expect(given.length).toBeGreaterThan(0);
    const secret = readFileSync(socket.replace(/sock$/, 'secret'), 'utf8');
    const secrets = [...given, stray, secret, 'request-token-of-ci', 'token-of-the-forge'];
    const seen = [
      readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
      readFileSync(`/proc/${pid}/environ`, 'latin1'),
      readFileSync(log, 'latin1'),
      failed.err,
      failed.out,
      JSON.stringify(await onlyAgent()),
    ];
    const files = readdirSync(join(machine.home, 'run', 'git-signet'));
    expect(files.toSorted()).toEqual([
      expect.stringMatching(/secret$/),
      expect.stringMatching(/sock$/),
    ]);
    for (const text of seen) {
      for (const each of secrets) expect(text.includes(each)).toBe(false);
      expect(text).not.toMatch(/PRIVATE KEY|eyJ[\w-]{20}/);
    }
    // a core dump of it would hold no memory at all
    expect(Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'), 16)).toBe(0);
  });
});

it('no agent is asked at an abstract name (D05)', async () => {
  const ran = await direct({ SIGNET_AGENT_SOCKET: '@git-signet' });
  expect([ran.exit, ran.err]).toEqual([0, expect.stringMatching(/abstract name.*signing without/)]);
});
