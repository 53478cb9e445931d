/** Payloads that are too long for one message: they are signed like others, and what they take is bounded. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentState, connectLocal, offerLogin } from '../../../src/agent/client/client.ts';
import { connectAgent } from '../../../src/agent/client/connection.ts';
import { reachAt } from '../../../src/agent/client/reach.ts';
import { signByAgent } from '../../../src/agent/client/sign-client.ts';
import { encodeFrame, FrameReader } from '../../../src/agent/wire/frames.ts';
import { MAX_PART } from '../../../src/agent/wire/protocol.ts';
import { MAX_SIGNABLE } from '../../../src/core/git/limits.ts';
import { Secret } from '../../../src/system/secret.ts';
import { DIRECT, PATIENCE, PAYLOAD, type RunningAgent, runningAgent } from '../../support/agent.ts';

const ALICE = 'alice@example.test';
let agent: RunningAgent;
let seen: Uint8Array[] = [];

beforeEach(async () => {
  seen = [];
  agent = await runningAgent();
  const { sign } = agent.backend;
  agent.backend.sign = (payload, credential, network) => {
    seen.push(payload);
    return sign(payload.subarray(0, 100), credential, network);
  };
  await offerLogin(agent.address, { network: DIRECT, identity: '', token: new Secret(ALICE) });
});
afterEach(() => agent.end());

const long = (size: number): Buffer =>
  Buffer.concat([PAYLOAD, randomBytes(size)]).subarray(0, size);

async function sign(payload: Uint8Array) {
  const reached = await reachAt(agent.address, agent.instance);
  try {
    return await signByAgent(reached, {
      payload,
      expected: '',
      patience: PATIENCE,
      network: DIRECT,
      login: () => Promise.reject(new Error('no question is allowed')),
      onWait: () => undefined,
    });
  } finally {
    reached.close();
  }
}

it.each([MAX_PART, MAX_PART + 1, 3 * MAX_PART, 30 * 1024 * 1024])(
  'a payload of %i bytes is signed, byte for byte, with the login that is there (D29)',
  async (size) => {
    const payload = long(size);
    expect((await sign(payload)).signature).toContain(`signed by ${ALICE}`);
    expect(seen.map((each) => payload.equals(each))).toEqual([true]);
    expect(agent.backend.obtained).toEqual([ALICE]);
  },
);

it('a payload that no verifier would take is not sent (D29)', async () => {
  await expect(sign(new Uint8Array(MAX_SIGNABLE + 1))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`${MAX_SIGNABLE}`),
  });
  expect(seen).toEqual([]);
});

/** Asks for a long signature and answers as told; the last reply. */
async function asking(size: number, ...parts: readonly Uint8Array[]) {
  const client = await connectLocal(agent.address);
  try {
    client.send({ op: 'sign-long', secret: client.secret, network: DIRECT, identity: '', size });
    for (const part of parts) {
      expect(await client.receive()).toEqual({ reply: 'part' });
      client.send({ op: 'part', bytes: Buffer.from(part).toString('base64') });
    }
    return await client.receive();
  } finally {
    client.close();
  }
}

it.each<readonly [string, number, readonly Uint8Array[]]>([
  ['more than may be signed', MAX_SIGNABLE + 1, []],
  ['a part that is too short', 2 * MAX_PART, [new Uint8Array(MAX_PART - 1)]],
  ['a last part that is too long', MAX_PART + 1, [new Uint8Array(MAX_PART), new Uint8Array(2)]],
  ['an empty part', 2 * MAX_PART, [new Uint8Array()]],
])('a client that announces or sends %s is refused (D29)', async (_name, size, parts) => {
  expect(await asking(size, ...parts)).toMatchObject({ reply: 'error', code: 'PROTOCOL' });
  expect(seen).toEqual([]);
  expect((await agentState(agent.address)).pid).toBe(process.pid);
});

it('a long payload that is neither commit nor tag is refused (D15)', async () => {
  await expect(sign(Buffer.alloc(2 * MAX_PART, 'x'))).rejects.toMatchObject({ exitCode: 2 });
  expect(seen).toEqual([]);
});

it('another request in place of a part is refused (D29)', async () => {
  const client = await connectLocal(agent.address);
  client.send({
    op: 'sign-long',
    secret: client.secret,
    network: DIRECT,
    identity: '',
    size: 2 * MAX_PART,
  });
  expect(await client.receive()).toEqual({ reply: 'part' });
  client.send({ op: 'status', secret: client.secret });
  expect(await client.receive()).toMatchObject({ reply: 'error', code: 'PROTOCOL' });
  client.close();
});

it('a long payload without the secret of this start is not asked for (D29)', async () => {
  const client = await connectAgent(agent.address.path);
  client.send({ op: 'sign-long', secret: '', network: DIRECT, identity: '', size: 2 * MAX_PART });
  expect(await client.receive()).toMatchObject({ reply: 'error', code: 'OTHER_SECRET' });
  client.close();
});

it('an agent that asks for more parts than there are is of no use (D29)', async () => {
  const { createServer } = await import('node:net');
  const path = `${agent.address.path}.other`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    for (let i = 0; i < 4; i += 1) socket.write(encodeFrame({ reply: 'part' }));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const reader = new FrameReader();
  const socket = connect(path);
  const replies: unknown[] = [];
  socket.on('data', (chunk: Uint8Array) => {
    for (const frame of reader.push(chunk)) replies.push(JSON.parse(Buffer.from(frame).toString()));
  });
  const receive = async () => {
    while (replies.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return replies.shift() as { reply: 'part' };
  };
  const sent: string[] = [];
  const asked = signByAgent(
    {
      ...{ address: undefined, secret: '', greeted: () => Promise.resolve(), receive },
      send: ({ op }) => void sent.push(op),
      close: () => socket.destroy(),
    },
    {
      ...{ payload: long(2 * MAX_PART), expected: '', patience: PATIENCE, network: DIRECT },
      login: () => Promise.reject(new Error('no question is allowed')),
      onWait: () => undefined,
    },
  );
  await expect(asked).rejects.toMatchObject({ kind: 'broken' });
  expect(sent).toEqual(['forwarded-sign-long', 'part', 'part']);
  socket.destroy();
  server.close();
});
