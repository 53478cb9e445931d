/** A client of an agent that means it no good, or is not well: how long it is waited for, and what is taken from it. */

import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectAgent } from '../../../src/agent/client/connection.ts';
import { type AgentSigning, signByAgent } from '../../../src/agent/client/sign-client.ts';
import type { AgentAddress } from '../../../src/agent/socket-path.ts';
import { encodeFrame } from '../../../src/agent/wire/frames.ts';
import { type AgentReply, type Greeting, PROTOCOL } from '../../../src/agent/wire/protocol.ts';
import { DIRECT, PATIENCE, PAYLOAD } from '../../support/agent.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const servers: Server[] = [];
const timers: NodeJS.Timeout[] = [];
afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const server of servers.splice(0)) server.close();
});

const GREETING: Greeting = {
  ...{ agent: 'git-signet', protocol: PROTOCOL, forwarded: true },
  ...{ instance: '', pid: 0 },
};
const SIGNED: AgentReply = {
  ...{ reply: 'signed', signature: 'armor', signingTime: 1, certificateSha1: '' },
  ...{ certificateHashAlgorithm: 8, logEntry: '' },
};
const NOWHERE: AgentAddress = { directory: '', path: '', secretPath: '' };
const WAIT: AgentReply = { reply: 'wait', on: 'signature' };
const UNLOGGED: AgentReply = { reply: 'unlogged', armor: 'early' };

/** Where something listens that greets, and then does with a client what it likes. */
async function agentThat(serve: (socket: Socket) => void): Promise<string> {
  const directory = join(scratchDirectory('client'), 'run');
  mkdirSync(directory, { mode: 0o700 });
  const path = join(directory, 'agent.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(encodeFrame(GREETING));
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

const again = (milliseconds: number, each: () => void): void =>
  void timers.push(setInterval(each, milliseconds));

interface Given extends Partial<AgentSigning> {
  readonly forwarded?: boolean;
  readonly silence?: number;
}

async function ask(path: string, { forwarded = false, silence, ...given }: Given = {}) {
  const connection = await connectAgent(path, silence);
  try {
    const address = forwarded ? undefined : NOWHERE;
    const reached = { ...connection, secret: '', address, greeted: () => Promise.resolve() };
    return await signByAgent(reached, {
      payload: PAYLOAD,
      network: DIRECT,
      expected: '',
      patience: PATIENCE,
      login: () => Promise.reject(new Error('no question is allowed')),
      onWait: () => undefined,
      ...given,
    });
  } finally {
    connection.close();
  }
}

describe('how long a client waits', () => {
  it('an agent that only says that it works is given up (D13 O18)', async () => {
    const path = await agentThat((socket) => again(20, () => socket.write(encodeFrame(WAIT))));
    const patience = { signature: 0.3, login: 5, agreement: 5, turn: 5 };
    await expect(ask(path, { patience })).rejects.toMatchObject({
      kind: 'broken',
      message: expect.stringContaining(' 0.3 s'),
    });
  });

  it('an agent that says so without a pause, or names new reasons, is given up (D13 O18)', async () => {
    const on = ['login', 'agreement', 'signature', 'login', 'else'];
    const many = Buffer.concat(on.map((each) => encodeFrame({ reply: 'wait', on: each })));
    const path = await agentThat((socket) => again(1, () => socket.write(many)));
    const patience = { signature: 0.1, login: 0.2, agreement: 0.3, turn: 0 };
    const said: string[] = [];
    await expect(ask(path, { patience, onWait: (each) => said.push(each) })).rejects.toMatchObject({
      name: 'AgentTrouble',
    });
    expect(said).toEqual(['login', 'agreement', 'signature']);
  });

  it.each(['login', 'agreement', 'turn'] as const)(
    'a client waits longer for an agent that waits for a %s (O18)',
    async (on) => {
      const path = await agentThat((socket) => {
        again(20, () => socket.write(encodeFrame({ reply: 'wait', on })));
        setTimeout(() => socket.write(encodeFrame(SIGNED)), 600);
      });
      const patience = { signature: 0.3, login: 0, agreement: 0, turn: 0, [on]: 5 };
      expect(await ask(path, { patience })).toMatchObject({ reply: 'signed' });
    },
  );

  it('a frame that comes byte by byte does not make a client wait longer (D13 O18)', async () => {
    const path = await agentThat((socket) => {
      const bytes = [...encodeFrame({ ...SIGNED, signature: 'x'.repeat(1000) })];
      again(20, () => socket.write(Buffer.from(bytes.splice(0, 1))));
    });
    // a client that began to wait anew at each byte would get the whole frame
    await expect(ask(path, { silence: 0.4 })).rejects.toMatchObject({
      kind: 'broken',
      message: expect.stringContaining(' 0.4 s'),
    });
  });
});

describe('a signature that is shown before it is logged', () => {
  const shows = (...replies: readonly AgentReply[]) =>
    agentThat((socket) => socket.write(Buffer.concat(replies.map((each) => encodeFrame(each)))));

  it('a client verifies the first signature that is shown early, and no other (D08)', async () => {
    const shown: string[] = [];
    const path = await shows(UNLOGGED, { ...UNLOGGED, armor: 'another' }, SIGNED);
    expect(await ask(path, { onUnlogged: (armor) => shown.push(armor) })).toEqual(SIGNED);
    expect(shown).toEqual(['early']);
  });

  it('a forwarded agent that shows a signature early is refused (D08)', async () => {
    const shown: string[] = [];
    const onUnlogged = (armor: string): void => void shown.push(armor);
    await expect(
      ask(await shows(UNLOGGED, SIGNED), { forwarded: true, onUnlogged }),
    ).rejects.toMatchObject({ kind: 'broken' });
    expect(shown).toEqual([]);
    expect(await ask(await shows(WAIT, SIGNED), { forwarded: true, onUnlogged })).toEqual(SIGNED);
  });
});
