/** An agent in this process with a backend of paper: logins are words, certificates have the dates that a test gives them. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Patience } from '../../src/agent/client/patience.ts';
import type { AgentBackend } from '../../src/agent/daemon/backend.ts';
import { type AgentOptions, runAgent } from '../../src/agent/daemon/daemon.ts';
import type { Instance } from '../../src/agent/instance.ts';
import { type AgentAddress, agentAddress } from '../../src/agent/socket-path.ts';
import { Unreached } from '../../src/agent/wire/failure.ts';
import type { NetworkOrOwn, RequestNetwork } from '../../src/agent/wire/request-network.ts';
import { checkPayload } from '../../src/core/git/signable.ts';
import type { Certificate } from '../../src/core/x509/certificate.ts';
import { LoginError } from '../../src/errors.ts';
import type { Credential, MadeSignature } from '../../src/signing/credential.ts';
import { Secret } from '../../src/system/secret.ts';
import { scratchDirectory } from './sandbox.ts';

/** What a test may put something else in the place of. */
type WritablePart = { -readonly [name in Exchanged]: AgentBackend[name] };
type Exchanged = 'refresh' | 'sign' | 'obtain' | 'remember';

export interface PaperBackend extends Omit<AgentBackend, Exchanged>, WritablePart {
  /** Unix seconds; tests set it. */
  clock: number;
  /** Seconds that a certificate lives. */
  lifetime: number;
  /** Who a token is for, if not who it says. */
  certified: string | undefined;
  /** Milliseconds that a signature takes. */
  slow: number;
  readonly obtained: string[];
  readonly signed: string[];
  readonly refreshed: string[];
  readonly kept: Map<string, string>;
  /** What was asked of servers, and through what. */
  readonly through: (readonly [what: string, network: NetworkOrOwn])[];
  /** Whether any server answers. */
  reaches: boolean;
}

const nothing = new Uint8Array();

function credentialFor(value: string, notBefore: number, lifetime: number): Credential {
  const certificate = { notBefore, notAfter: notBefore + lifetime } as Certificate;
  return {
    key: { spki: nothing, sign: () => Promise.resolve(nothing) },
    certificate,
    signer: { kind: 'email', value, issuer: 'https://issuer.example', extensions: {} },
  };
}

export const made = (identity: string, payload: Uint8Array): MadeSignature => ({
  signature: `signed by ${identity}: ${Buffer.from(payload).toString('utf8')}`,
  certificateSha1: 'ab'.repeat(20),
  signingTime: 7,
  identity,
  issuer: 'https://issuer.example',
  logIndex: '1',
  publicKeyAlgorithm: 19,
  certificateHashAlgorithm: 9,
  logEntry: undefined as never,
});

/** A token is `alice@example.test`; a refresh token `refresh alice@example.test`. */
export function paperBackend(): PaperBackend {
  const backend: PaperBackend = {
    clock: 1_000_000,
    lifetime: 600,
    certified: undefined,
    slow: 0,
    obtained: [],
    signed: [],
    refreshed: [],
    kept: new Map(),
    through: [],
    reaches: true,
    now: () => backend.clock,
    checkPayload,
    readToken: (token) => {
      const name = token.reveal();
      if (!name.includes('@')) throw new LoginError('TOKEN_REFUSED', 'not a token');
      return {
        issuer: 'https://issuer.example',
        certificateIssuers: ['https://issuer.example'],
        kind: 'email',
        challenge: name,
        names: [name],
        expires: backend.clock + 60,
      };
    },
    obtain: async ({ token }, _expected, network) => {
      backend.through.push(['obtain', network]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const name = backend.certified ?? token.reveal();
      backend.obtained.push(name);
      return credentialFor(name, backend.clock, backend.lifetime);
    },
    refresh: async (token, network) => {
      backend.through.push(['refresh', network]);
      const text = token.reveal();
      backend.refreshed.push(text);
      if (!text.startsWith('refresh ')) throw new LoginError('LOGIN_FAILED', 'withdrawn');
      const name = text.slice('refresh '.length);
      return { token: new Secret(name), refreshToken: new Secret(text) };
    },
    sign: async (payload, { signer }, network, watch) => {
      backend.through.push(['sign', network]);
      watch?.onSigned?.('unlogged');
      if (backend.slow > 0) await new Promise((resolve) => setTimeout(resolve, backend.slow));
      watch?.beforeLog?.();
      backend.signed.push(signer.value);
      return made(signer.value, payload);
    },
    reach: async (network) => {
      backend.through.push(['reach', network]);
      if (!backend.reaches) throw new Unreached('network', 'the log could not be reached');
    },
    everReached: () => backend.reaches,
    recall: async (expected) => {
      const text = backend.kept.get(expected);
      return text === undefined ? undefined : new Secret(text);
    },
    remember: async (expected, token) => {
      if (token === undefined) backend.kept.delete(expected);
      else backend.kept.set(expected, token.reveal());
    },
  };
  return backend;
}

/** The network of a client that has no proxy. */
export const DIRECT: RequestNetwork = { variables: {}, logins: [], ofRepository: false };

export const PATIENCE: Patience = { signature: 30, login: 30, agreement: 30, turn: 30 };

export const PAYLOAD = Buffer.from(
  `tree ${'0'.repeat(40)}\nauthor a <a@x.test> 1 +0000\ncommitter a <a@x.test> 1 +0000\n\nx\n`,
);

export interface RunningAgent {
  readonly address: AgentAddress;
  readonly backend: PaperBackend;
  readonly instance: Instance;
  /** Settles when the agent has ended. */
  readonly ended: Promise<void>;
  readonly end: () => Promise<void>;
}

export function someInstance(): Instance {
  return { digest: randomBytes(32).toString('hex'), values: { issuer: 'https://issuer.example' } };
}

/** Runs until `end`, which also removes its directory. */
export async function runningAgent(options: Partial<AgentOptions> = {}): Promise<RunningAgent> {
  const scratch = scratchDirectory('agent');
  const directory = join(scratch, 'run');
  mkdirSync(directory, { mode: 0o700 });
  const instance = options.instance ?? someInstance();
  const address = options.address ?? agentAddress(directory, instance.digest);
  const backend = (options.backend as PaperBackend | undefined) ?? paperBackend();
  const told = new AbortController();
  const ready = Promise.withResolvers<void>();
  const ended = runAgent({
    version: '0',
    idle: 3600,
    lease: 20,
    online: false,
    handedOver: false,
    ...options,
    instance,
    address,
    backend,
    onReady: () => ready.resolve(),
    signal: told.signal,
  });
  await Promise.race([ready.promise, ended]);
  return {
    address,
    backend,
    instance,
    ended,
    end: async () => {
      told.abort();
      await ended.catch(() => undefined);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
