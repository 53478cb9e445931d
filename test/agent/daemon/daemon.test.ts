import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  agentState,
  connectLocal,
  forgetCredentials,
  listAgents,
  offerLogin,
  reachThrough,
  stopAgent,
} from '../../../src/agent/client/client.ts';
import { connectAgent } from '../../../src/agent/client/connection.ts';
import { askAgain, reachAt } from '../../../src/agent/client/reach.ts';
import { type AgentSigning, signByAgent } from '../../../src/agent/client/sign-client.ts';
import { Unreached } from '../../../src/agent/wire/failure.ts';
import { encodeFrame, FrameReader } from '../../../src/agent/wire/frames.ts';
import { type AgentReply, MAX_PAYLOAD } from '../../../src/agent/wire/protocol.ts';
import { readReply, readRequest } from '../../../src/agent/wire/read-messages.ts';
import { Secret } from '../../../src/system/secret.ts';
import { DIRECT, PATIENCE, PAYLOAD, type RunningAgent, runningAgent } from '../../support/agent.ts';

let agent: RunningAgent;
beforeEach(async () => {
  agent = await runningAgent();
});
afterEach(() => agent.end());

const ALICE = 'alice@example.test';
const refused: AgentSigning['login'] = () => Promise.reject(new Error('no question is allowed'));

async function sign(login = refused, payload: Uint8Array = PAYLOAD, expected = '') {
  const reached = await reachAt(agent.address, agent.instance);
  try {
    return await signByAgent(reached, {
      payload,
      expected,
      login,
      patience: PATIENCE,
      network: DIRECT,
      onWait: () => undefined,
    });
  } finally {
    reached.close();
  }
}

const loggingIn =
  (name: string, refreshToken?: string): AgentSigning['login'] =>
  (use) =>
    use({
      token: new Secret(name),
      refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    });

const bytes = (length: number, body: string): Buffer => {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(length, 0);
  frame.write(body, 4);
  return frame;
};
const json = (value: unknown): Buffer => {
  const body = JSON.stringify(value);
  return bytes(Buffer.byteLength(body), body);
};

/** Sends bytes as they are, and everything that comes back after the greeting. */
function raw(...chunks: readonly Uint8Array[]): Promise<readonly AgentReply[]> {
  return new Promise((resolve) => {
    const reader = new FrameReader();
    const frames: Uint8Array[] = [];
    const socket = connect(agent.address.path);
    socket.on('data', (chunk: Uint8Array) => frames.push(...reader.push(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(frames.slice(1).map((frame) => readReply(frame))));
    for (const chunk of chunks) socket.write(chunk);
  });
}

const secret = (): string => readFileSync(agent.address.secretPath, 'utf8');
const alive = async (): Promise<void> => {
  const { pid, instance } = await agentState(agent.address);
  expect([pid, instance]).toEqual([process.pid, agent.instance.digest]);
};

describe('signing', () => {
  it('the client logs in once, and later signatures need no login', async () => {
    const first = await sign(loggingIn(ALICE));
    expect(first.signature).toContain(`signed by ${ALICE}`);
    expect((await sign()).signature).toBe(first.signature);
    expect(agent.backend.obtained).toEqual([ALICE]);
    expect((await agentState(agent.address)).credentials).toEqual([
      {
        expected: '',
        identity: ALICE,
        issuer: 'https://issuer.example',
        notAfter: agent.backend.clock + 600,
        renewals: 0,
        renewable: false,
        signatures: 2,
      },
    ]);
  });

  it('the agent shows the signature before it is logged', async () => {
    await sign(loggingIn(ALICE));
    const plain = agent.backend.sign;
    const shown = Promise.withResolvers<string>();
    agent.backend.sign = async (payload, credential, network, watch) => {
      watch?.onSigned?.('before the log');
      // it would wait without end if the client were shown it only with the answer
      await shown.promise;
      return plain(payload, credential, network);
    };
    const reached = await reachAt(agent.address, agent.instance);
    const reply = await signByAgent(reached, {
      ...{
        payload: PAYLOAD,
        expected: '',
        login: refused,
        patience: PATIENCE,
        network: DIRECT,
        onWait: () => undefined,
      },
      onUnlogged: shown.resolve,
    });
    reached.close();
    expect(await shown.promise).toBe('before the log');
    expect(reply.signature).toContain(ALICE);
  });

  it('a signer waits for another client’s login, and logs in itself when that client dies (D18)', async () => {
    const holder = await connectLocal(agent.address);
    const payload = PAYLOAD.toString('base64');
    holder.send({ op: 'sign', secret: holder.secret, network: DIRECT, identity: '', payload });
    expect(await holder.receive()).toMatchObject({ reply: 'login' });
    let waited = false;
    const reached = await reachAt(agent.address, agent.instance);
    const waiting = signByAgent(reached, {
      payload: PAYLOAD,
      expected: '',
      login: loggingIn(ALICE),
      patience: PATIENCE,
      network: DIRECT,
      onWait: () => {
        waited = true;
        holder.close();
      },
    });
    expect((await waiting).signature).toContain(ALICE);
    expect(waited).toBe(true);
    reached.close();
  });

  it('a failed login is told to the signers that wait for it (D18 O14)', async () => {
    const failing: AgentSigning['login'] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw Object.assign(new Error('odd'), { name: 'Odd' });
    };
    const all = await Promise.allSettled([sign(failing), sign(failing), sign(failing)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await sign(loggingIn(ALICE));
  });

  it('a signature that took longer than its certificate lived is made again with another certificate (D11)', async () => {
    const { backend } = agent;
    await sign(loggingIn(ALICE));
    const plain = backend.sign;
    let late = 1;
    backend.sign = (payload, credential, network) => {
      if (late > 0) backend.clock += 700;
      late -= 1;
      return plain(payload, credential, network);
    };
    expect((await sign(loggingIn(ALICE))).signature).toContain(ALICE);
    expect(backend.obtained).toEqual([ALICE, ALICE]);
    late = 5;
    await expect(sign(loggingIn(ALICE))).rejects.toMatchObject({ exitCode: 3 });
  });

  it('nothing is logged with a certificate that ran out while the timestamp authority was slow (R21)', async () => {
    const { backend } = agent;
    await sign(loggingIn(ALICE));
    const plain = backend.sign;
    let stamped = 0;
    backend.sign = async (payload, credential, network, watch) => {
      stamped += 1;
      if (stamped === 1) backend.clock += 700;
      watch?.beforeLog?.();
      return plain(payload, credential, network, watch);
    };
    const before = backend.signed.length;
    await sign(loggingIn(ALICE));
    expect([stamped, backend.signed.length - before]).toEqual([2, 1]);
  });

  it('nothing is logged for a client that goes while the timestamp authority is slow (R21)', async () => {
    const { backend } = agent;
    await sign(loggingIn(ALICE));
    const plain = backend.sign;
    const stamping = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const client = await connectLocal(agent.address);
    backend.sign = async (payload, credential, network, watch) => {
      stamping.resolve();
      client.close();
      // until the agent has seen that
      await new Promise((resolve) => setTimeout(resolve, 100));
      return plain(payload, credential, network, watch).finally(over.resolve);
    };
    const before = backend.signed.length;
    const payload = PAYLOAD.toString('base64');
    client.send({ op: 'sign', secret: client.secret, network: DIRECT, identity: '', payload });
    await stamping.promise;
    await over.promise;
    expect(backend.signed).toHaveLength(before);
  });

  it('a payload that is no commit or tag is refused before a login (D15)', async () => {
    await expect(sign(refused, Buffer.from('I owe mallory 100'))).rejects.toMatchObject({
      exitCode: 2,
    });
    // what is too large is refused as that: it is no reason to log in and sign without the agent (D23)
    await expect(sign(refused, Buffer.alloc(MAX_PAYLOAD + 1))).rejects.toMatchObject({
      exitCode: 2,
    });
    expect(agent.backend.signed).toEqual([]);
  });

  it('the agent keeps a login that was made beforehand, forgets it, and ends when told', async () => {
    const { address } = agent;
    const offered = {
      network: DIRECT,
      identity: ALICE,
      token: new Secret(ALICE),
      refreshToken: new Secret('r'),
    };
    expect(await offerLogin(address, offered)).toMatchObject({ identity: ALICE, renewable: true });
    expect((await sign(refused, PAYLOAD, ALICE)).signature).toContain(ALICE);
    await expect(
      offerLogin(address, {
        network: DIRECT,
        identity: ALICE,
        token: new Secret('bob@example.test'),
      }),
    ).rejects.toMatchObject({ code: 'IDENTITY_UNEXPECTED', exitCode: 4 });
    expect((await listAgents(address.directory)).map((each) => each.state?.pid)).toEqual([
      process.pid,
    ]);
    expect(await forgetCredentials(address, 'bob@example.test')).toBe(0);
    expect(await forgetCredentials(address, ALICE)).toBe(1);
    expect(await stopAgent(address)).toBe(true);
    await agent.ended;
    expect(await stopAgent(address)).toBe(false);
    expect(await listAgents(address.directory)).toEqual([]);
  });
});

describe('the secret of a start', () => {
  it('a request without the secret of this start is refused (D03)', async () => {
    const ops: readonly object[] = [
      { op: 'status', secret: 'a'.repeat(64) },
      { op: 'stop', secret: '' },
      {
        op: 'sign',
        secret: secret().slice(1),
        network: DIRECT,
        identity: '',
        payload: PAYLOAD.toString('base64'),
      },
      {
        op: 'offer',
        network: DIRECT,
        secret: `${secret()} `.slice(1),
        identity: '',
        token: 'a@b',
        refreshToken: '',
      },
      { op: 'forget', secret: secret().toUpperCase(), identity: '', all: true },
    ];
    for (const op of ops) {
      const [reply, ...rest] = await raw(json(op));
      expect([reply?.reply, rest]).toEqual(['error', []]);
      expect(JSON.stringify(reply)).toMatch(/secret/);
    }
    expect((await raw(json({ op: 'status', secret: secret() })))[0]?.reply).toBe('status');
  });

  it('a signer with the socket of one start and the secret of another asks again (D23)', async () => {
    await sign(loggingIn(ALICE));
    const right = secret();
    const { secretPath } = agent.address;
    writeFileSync(secretPath, 'b'.repeat(64), { mode: 0o600 });
    let asked = 0;
    const made = await askAgain(async () => {
      asked += 1;
      return sign().finally(() => writeFileSync(secretPath, right, { mode: 0o600 }));
    });
    expect([asked, made.signature]).toEqual([2, expect.stringContaining(ALICE)]);
  });

  it('the client uses no secret that others could have written (D03 D16)', async () => {
    const { secretPath } = agent.address;
    const right = secret();
    const spoiled: readonly (readonly [kind: string, spoil: () => void])[] = [
      ['broken', () => process.getBuiltinModule('node:fs').chmodSync(secretPath, 0o644)],
      ['broken', () => writeFileSync(secretPath, 'short')],
      // an agent that ends takes its own away
      ['ended', () => rmSync(secretPath)],
    ];
    for (const [kind, spoil] of spoiled) {
      spoil();
      await expect(connectLocal(agent.address)).rejects.toMatchObject({ kind });
    }
    writeFileSync(secretPath, right, { mode: 0o600 });
    await alive();
  });
});

describe('a request', () => {
  const fields = () => ({
    op: 'sign',
    secret: secret(),
    network: DIRECT,
    identity: '',
    payload: PAYLOAD.toString('base64'),
  });

  it.each([
    ['a setting', { rekorUrl: 'https://evil.example' }],
    ['settings', { settings: { urlOpener: 'rm -rf /' } }],
    ['an opener', { urlOpener: 'calc' }],
    ['__proto__', JSON.parse('{"__proto__": {"secret": "x"}}')],
    ['a key', { key: 'x' }],
  ])('a request that carries %s is refused (D08 D13)', async (_name, more) => {
    const text = JSON.stringify({ ...fields(), ...more });
    const odd = Object.hasOwn(more, '__proto__') ? text.replace('{', '{"__proto__":{},') : text;
    const [reply] = await raw(bytes(Buffer.byteLength(odd), odd));
    expect(reply).toMatchObject({ reply: 'error', code: 'PROTOCOL' });
    expect(agent.backend.obtained).toEqual([]);
  });

  it.each([
    ['store', { op: 'store', key: 'x' }],
    ['export', { op: 'export' }],
    ['get-key', { op: 'key' }],
    ['run', { op: 'run', command: 'id' }],
    ['constructor', { op: 'constructor' }],
    ['a token that was not asked for', { op: 'token', token: ALICE, refreshToken: '' }],
    ['a forwarded request', { op: 'forwarded-sign', payload: PAYLOAD.toString('base64') }],
  ])('a request for %s is refused (D07 D08 D09)', async (_name, request) => {
    const [reply] = await raw(json(request));
    expect(reply).toMatchObject({ reply: 'error', code: 'PROTOCOL' });
    await alive();
  });

  it('no answer holds a key or a token (D07)', async () => {
    const replies: string[] = [];
    const hear = async (request: object, ...more: object[]): Promise<void> => {
      const connection = await connectAgent(agent.address.path);
      for (const each of [request, ...more]) {
        connection.send(each as never);
        let reply: AgentReply;
        do {
          reply = await connection.receive();
          replies.push(JSON.stringify(reply));
        } while (reply.reply === 'unlogged');
      }
      connection.close();
    };
    const token = 'secret-token@example.test';
    await hear(fields(), { op: 'token', token, refreshToken: 'refresh-secret' });
    agent.backend.certified = ALICE;
    await hear({
      op: 'offer',
      network: DIRECT,
      secret: secret(),
      identity: '',
      token,
      refreshToken: 'refresh-secret',
    });
    await hear({ op: 'status', secret: secret() });
    await hear({ op: 'forget', secret: secret(), identity: '', all: true });
    expect(replies.map((text) => (JSON.parse(text) as AgentReply).reply)).toEqual([
      'login',
      'unlogged',
      'signed',
      'credential',
      'status',
      'done',
    ]);
    for (const text of replies.slice(3)) expect(text).not.toMatch(/secret-token|refresh-secret/);
    for (const text of replies) {
      expect(text).not.toMatch(/PRIVATE|"d":|pkcs8|refresh-secret/i);
      expect(text).not.toContain(secret());
    }
  });
});

describe('bad input', () => {
  it('frames that are too long, cut, doubled or no JSON end only their own connection (D13)', async () => {
    const good = encodeFrame({ op: 'status', secret: secret() });
    const cases: readonly (readonly Uint8Array[])[] = [
      [bytes(0xffffffff, 'x')],
      [bytes(2 ** 21 + 1, 'x')],
      [bytes(5, '{"op"')],
      [bytes(0, '')],
      [bytes(4, 'null')],
      [bytes(2, '[]')],
      [Buffer.from([0, 0, 0, 2, 0xff, 0xfe])],
      [good, good],
      [json({ op: 'status', secret: ['x'] })],
      [json({ op: 'sign', secret: secret(), identity: '', payload: '***' })],
      [json({ op: 'sign', secret: secret(), identity: 'x'.repeat(5000), payload: '' })],
      [json(JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`))],
    ];
    for (const chunks of cases) {
      const replies = await raw(...chunks);
      const told = replies.filter(({ reply }) => reply !== 'status');
      expect(told.every(({ reply }) => reply === 'error')).toBe(true);
    }
    await alive();
  });

  it('random bytes get an error at most, and the agent goes on (D13)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, framed) => {
        const chunk = framed ? bytes(noise.length, '').fill(0, 4) : Buffer.alloc(0);
        chunk.length > 0 && chunk.writeUInt32BE(noise.length, 0);
        const socket: Socket = connect(agent.address.path);
        socket.on('error', () => undefined);
        const over = new Promise((resolve) => socket.on('close', resolve));
        socket.resume();
        socket.end(Buffer.concat([chunk, noise]));
        await over;
      }),
      { numRuns: 60 },
    );
    await alive();
  });

  it('a message that cannot be read gives a ProtocolError and no other error (D13)', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (frame) => {
          for (const read of [readRequest, readReply]) {
            try {
              read(frame);
            } catch (error) {
              expect((error as Error).name).toBe('ProtocolError');
            }
          }
        },
      ),
    );
  });

  it('two hundred requests at once are all signed (D23)', {
    timeout: 60_000,
  }, async () => {
    await sign(loggingIn(ALICE));
    let [atOnce, most] = [0, 0];
    const plain = agent.backend.sign;
    const crowd = Promise.withResolvers<void>();
    agent.backend.sign = async (...given) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      if (atOnce === 32) crowd.resolve();
      await crowd.promise;
      atOnce -= 1;
      return plain(...given);
    };
    const idle = Array.from({ length: 200 }, () => connect(agent.address.path));
    for (const socket of idle) socket.on('error', () => undefined).resume();
    const all = await Promise.all(Array.from({ length: 200 }, () => sign()));
    expect(all.filter(({ signature }) => signature.includes(ALICE))).toHaveLength(200);
    // the rest had to wait, or this showed nothing
    expect(most).toBe(32);
    expect(idle.filter((socket) => socket.destroyed)).toEqual([]);
    for (const socket of idle) socket.destroy();
  });

  it('a signer that waits for its turn is told so, and nothing is signed for one that has gone (D23)', async () => {
    await sign(loggingIn(ALICE));
    const plain = agent.backend.sign;
    const free = Promise.withResolvers<void>();
    agent.backend.sign = async (...given) => {
      await free.promise;
      return plain(...given);
    };
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      const first = Array.from({ length: 32 }, () => sign());
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThanOrEqual(32);
      const said: string[] = [];
      const reached = await reachAt(agent.address, agent.instance);
      const asked = {
        payload: PAYLOAD,
        expected: '',
        login: refused,
        patience: PATIENCE,
        network: DIRECT,
      };
      const waiting = signByAgent(reached, { ...asked, onWait: (on) => said.push(on) });
      const gone = await connectLocal(agent.address);
      const payload = PAYLOAD.toString('base64');
      gone.send({ op: 'sign', secret: gone.secret, network: DIRECT, identity: '', payload });
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThanOrEqual(34);
      vi.advanceTimersByTime(5000);
      await expect.poll(() => said).toEqual(['turn']);
      gone.close();
      // the agent sees it go
      await new Promise((resolve) => setTimeout(resolve, 100));
      free.resolve();
      await Promise.all([...first, waiting]);
      reached.close();
      expect(agent.backend.signed).toHaveLength(34);
    } finally {
      vi.useRealTimers();
    }
  });

  it('an answer with missing or odd fields is refused (D13)', async () => {
    for (const reply of [
      { reply: 'signed' },
      { reply: 'key', key: 'x' },
      { reply: 'done', count: -1 },
    ]) {
      expect(() => readReply(Buffer.from(JSON.stringify(reply)))).toThrow(
        /ProtocolError|field|unknown/,
      );
    }
    const reader = new FrameReader();
    const frame = encodeFrame({ reply: 'done', count: 7 });
    const parts = [frame.subarray(0, 2), frame.subarray(2, 9), frame.subarray(9)];
    const out = parts.flatMap((part) => reader.push(part));
    expect(out.map((each) => readReply(each))).toEqual([{ reply: 'done', count: 7 }]);
    expect(() => reader.push(randomBytes(0)).length).not.toThrow();
  });
});

describe('waiting', () => {
  it('an agent that says nothing is given up, before its greeting and after it (D13)', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    const path = `${agent.address.path}.mute`;
    await new Promise<void>((resolve) => mute.listen(path, resolve));
    await expect(connectAgent(path, 0.1)).rejects.toMatchObject({
      kind: 'broken',
    });
    mute.close();
    const connection = await connectAgent(agent.address.path);
    await expect(connection.receive(0.1)).rejects.toMatchObject({ kind: 'broken' });
    connection.close();
  });
});

describe('leaving', () => {
  it('the agent ends when its socket has gone, and when it is idle, and its secret goes with it (D20)', async () => {
    rmSync(agent.address.path);
    await agent.ended;
    const idle = await runningAgent({ idle: 1 });
    await idle.ended;
    expect(statSync(idle.address.path, { throwIfNoEntry: false })).toBeUndefined();
    expect(statSync(idle.address.secretPath, { throwIfNoEntry: false })).toBeUndefined();
    await idle.end();
  });

  it('the agent does not end while a certificate lives, nor before its answer is out (D20)', async () => {
    const busy = await runningAgent({ idle: 1 });
    const offered = { network: DIRECT, identity: '', token: new Secret(ALICE) };
    await offerLogin(busy.address, offered);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    busy.backend.slow = 300;
    const reached = await reachAt(busy.address, busy.instance);
    const asked = {
      payload: PAYLOAD,
      expected: '',
      login: refused,
      patience: PATIENCE,
      network: DIRECT,
      onWait: () => undefined,
    };
    const signing = signByAgent(reached, asked);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stopAgent(busy.address);
    expect((await signing).signature).toContain(ALICE);
    reached.close();
    await busy.end();
  });
});

describe('an agent that reaches no server', () => {
  const unreachable = (): void => {
    const unreached = () => Promise.reject(new Unreached('network', 'the CA could not be reached'));
    Object.assign(agent.backend, { reaches: false, obtain: unreached, sign: unreached });
  };

  it('an agent that never reached a server gives a login back, and ends (D22)', async () => {
    unreachable();
    await expect(sign(loggingIn(ALICE))).rejects.toMatchObject({
      ...{ leaving: true, why: { exitCode: 3, code: 'SERVICE_UNREACHABLE' } },
    });
    // a client that hears that finds its socket gone
    await expect(connectLocal(agent.address)).rejects.toMatchObject({ kind: 'absent' });
    await agent.ended;
  });

  it('an agent that holds a login, or has reached a server before, goes on (D22)', async () => {
    await sign(loggingIn(ALICE, `refresh ${ALICE}`));
    unreachable();
    await expect(sign()).rejects.toMatchObject({ leaving: false });
    await forgetCredentials(agent.address);
    agent.backend.reaches = true;
    await expect(sign(loggingIn(ALICE))).rejects.toMatchObject({ leaving: false });
    await alive();
  });

  it('an agent that reaches no server says so when it is asked (D22)', async () => {
    await reachThrough(agent.address, DIRECT);
    agent.backend.reaches = false;
    await expect(reachThrough(agent.address, DIRECT)).rejects.toMatchObject({
      why: { code: 'SERVICE_UNREACHABLE' },
    });
  });

  it('an agent that only lacks a proxy’s password goes on (D22)', async () => {
    const lacks = () => Promise.reject(new Unreached('password', 'no password'));
    Object.assign(agent.backend, { reaches: false, obtain: lacks });
    await expect(sign(loggingIn(ALICE))).rejects.toMatchObject({ leaving: false });
    await alive();
  });
});
