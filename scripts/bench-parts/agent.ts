/**
 * Signing with a live agent: one warm signature near and far away, round trips to the log, a rebase of fifty commits;
 * beside gitsign with its credential cache. The log answers as late as a real one does; its own time is measured at
 * the server and taken off.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type FarAway, farAway } from './far-away.ts';
import { type LiveAgent, startLiveAgent } from './live-agent.ts';
import { median, openStopwatch, run } from './measure.ts';

type Environment = Readonly<Record<string, string>>;

/** What is signed. */
export const PAYLOAD = `tree ${'0'.repeat(40)}
author Alice <alice@example.test> 1700000000 +0000
committer Alice <alice@example.test> 1700000000 +0000

a change
`;
/** What Rekor v1 with Trillian takes on loopback, in milliseconds (median of 125 to 210). */
const REAL_LOG = 150;
export const ALICE = 'alice@example.test';

export interface AgentOptions {
  readonly program: string;
  readonly env: Environment;
  readonly directory: string;
  readonly rounds: number;
  /** Folder with gitsign and its cache; where they are absent, nothing of theirs is measured. */
  readonly peers: string;
}

/** Milliseconds: whole, and without what the servers took themselves. */
export interface Timed {
  readonly total: number;
  readonly own: number;
}

/** A sandbox whose log takes its time, with the sum of what its services took. */
interface Timekeeper {
  readonly sandbox: Sandbox;
  readonly served: () => number;
  readonly logDelay: (milliseconds: number) => void;
}

async function slowSandbox(dir: string): Promise<Timekeeper> {
  mkdirSync(dir, { recursive: true });
  let served = 0;
  let delay = 0;
  const sandbox = await startSandbox({
    dir,
    intercept: async (service, _request, proceed) => {
      if (service === 'issuer') return undefined;
      const start = performance.now();
      if (service === 'rekor' && delay > 0) await new Promise((r) => setTimeout(r, delay));
      const reply = await proceed();
      served += performance.now() - start;
      return reply;
    },
  });
  return {
    sandbox,
    served: () => served,
    logDelay: (milliseconds) => {
      delay = milliseconds;
    },
  };
}

interface Signer {
  readonly name: string;
  readonly program: string;
  readonly env: Environment;
  readonly cwd: string;
}

const WARM_UP = 3;

/** Each in turn, so that drift meets all alike; medians by name. `elsewhere`: the milliseconds that others took so far. */
async function signInTurn(
  signers: readonly Signer[],
  rounds: number,
  elsewhere: () => number,
): Promise<ReadonlyMap<string, Timed>> {
  const measured = new Map(signers.map(({ name }) => [name, [] as Timed[]]));
  const watch = openStopwatch();
  try {
    for (let round = -WARM_UP; round < rounds; round += 1) {
      for (const signer of signers) {
        const before = elsewhere();
        const args = ['--status-fd=2', '-bsau', ALICE];
        const total = await watch.time({ ...signer, args, input: PAYLOAD });
        const own = total - (elsewhere() - before);
        if (round >= 0) measured.get(signer.name)?.push({ total, own });
      }
    }
  } finally {
    watch.stop();
  }
  const middle = (all: readonly Timed[]): Timed => ({
    total: median(all.map(({ total }) => total)),
    own: median(all.map(({ own }) => own)),
  });
  return new Map([...measured].map(([name, all]) => [name, middle(all)]));
}

export interface AgentFigures {
  /** One warm signature, by program; `gitsign` where it is installed. */
  readonly near: ReadonlyMap<string, Timed>;
  /** The same with 60 ms to every server and a log that takes its time. */
  readonly far: ReadonlyMap<string, Timed>;
  /** For one warm signature of ours, at the log. */
  readonly roundTrips: number;
  readonly connections: number;
  readonly rebases: ReadonlyMap<string, Rebased>;
}

export interface Rebased {
  readonly seconds: number;
  /** The same rebase without signatures. */
  readonly unsigned: number;
  /** What fifty entries take at the log, with the way there and back. */
  readonly log: number;
}

const ROUND_TRIP = 60;
const COMMITS = 50;
/** The one in the middle counts. */
const REBASES = 3;

/** Fifty unsigned commits on `topic`, and an upstream that has moved. */
async function rebaseRepository(path: string, env: Environment, program: string): Promise<void> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const invocation = { name: `git ${args[0]}`, program: 'git', args: ['-C', path, ...args], env };
    return (await run(invocation)).stdout.toString().trim();
  };
  mkdirSync(path, { recursive: true });
  await git('init', '-q', '-b', 'main');
  const settings = {
    'user.name': 'Alice',
    'user.email': ALICE,
    'gpg.format': 'x509',
    'gpg.x509.program': program,
  };
  for (const [key, value] of Object.entries(settings)) await git('config', key, value);
  await git('commit', '-q', '--allow-empty', '-m', 'base');
  let tip = await git('rev-parse', 'HEAD');
  for (let i = 0; i < COMMITS; i += 1) {
    tip = await git('commit-tree', '-p', tip, '-m', `change ${i}`, 'HEAD^{tree}');
  }
  await git('branch', 'topic', tip);
  await git('commit', '-q', '--allow-empty', '-m', 'upstream');
}

async function rebase(
  path: string,
  env: Environment,
  program: string,
  elsewhere: () => number,
): Promise<Rebased> {
  await rebaseRepository(path, env, program);
  const timed = async (sign: boolean): Promise<number> => {
    const flag = sign ? '--gpg-sign' : '--no-gpg-sign';
    const at = ['-C', path];
    await run({
      name: 'git',
      program: 'git',
      args: [...at, 'checkout', '-q', '-B', 'work', 'topic'],
      env,
    });
    const args = [...at, 'rebase', '-q', '--keep-empty', '--no-ff', flag, 'main'];
    return (await run({ name: 'git rebase', program: 'git', args, env })).milliseconds / 1000;
  };
  const unsigned = await timed(false);
  const runs: Rebased[] = [];
  while (runs.length < REBASES) {
    const before = elsewhere();
    const seconds = await timed(true);
    runs.push({ seconds, unsigned, log: (elsewhere() - before) / 1000 });
  }
  const ratio = ({ seconds, log }: Rebased): number => seconds / log;
  const middle = runs.toSorted((a, b) => ratio(a) - ratio(b))[Math.floor(REBASES / 2)];
  if (middle === undefined) throw new Error('nothing was rebased');
  return middle;
}

/** The services through the distance, as settings that both programs read. */
async function distance(sandbox: Sandbox, milliseconds: number) {
  const [fulcio, rekor] = await Promise.all([
    farAway(sandbox.urls.fulcio, milliseconds),
    farAway(sandbox.urls.rekor, milliseconds),
  ]);
  const env = { GITSIGN_FULCIO_URL: fulcio.url, GITSIGN_REKOR_URL: rekor.url };
  return { env, rekor, close: () => [fulcio, rekor].forEach((each) => void each.close()) };
}

export const OURS = 'git-signet';
export const THEIRS = 'gitsign';

/** A program with a login: how it signs near and far away, and how it ends. */
interface Ready {
  readonly near: Signer;
  readonly far: Signer;
  readonly stop: () => Promise<void>;
}

type Distance = Awaited<ReturnType<typeof distance>>;

/** The same servers, near and far. */
interface Distances {
  readonly near: Distance;
  readonly far: Distance;
}

async function ours(
  options: AgentOptions,
  { sandbox }: Timekeeper,
  distances: Distances,
): Promise<Ready> {
  const { program, directory } = options;
  const start = async (name: string, env: Environment) => {
    const place = join(directory, name);
    mkdirSync(place, { recursive: true });
    const agent: LiveAgent = await startLiveAgent({
      ...{ program, directory: place, sandbox, people: [ALICE] },
      env: { ...options.env, ...env },
    });
    return { agent, signer: { name: OURS, program, env: agent.env, cwd: place } };
  };
  const [near, far] = [await start('n', distances.near.env), await start('f', distances.far.env)];
  const stop = async (): Promise<void> => {
    await near.agent.stop();
    await far.agent.stop();
  };
  return { near: near.signer, far: far.signer, stop };
}

/** gitsign with its cache: filled by a first signature with a token, by directory. */
async function theirs(
  { peers, env, directory }: AgentOptions,
  { sandbox, served }: Timekeeper,
  distances: Distances,
): Promise<Ready | undefined> {
  const program = join(peers, 'gitsign');
  const cache = join(peers, 'gitsign-credential-cache');
  if (!existsSync(program) || !existsSync(cache)) return undefined;
  const home = join(directory, 'peer');
  mkdirSync(home, { recursive: true });
  const socket = join(home, 'sigstore/gitsign/cache.sock');
  const daemon = spawn(cache, [], { env: { ...env, XDG_CACHE_HOME: home }, stdio: 'ignore' });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  const cached = { ...sandbox.env, ...env, GITSIGN_CREDENTIAL_CACHE: socket };
  const token = { SIGSTORE_ID_TOKEN: await sandbox.mintToken() };
  const signerAt = async (name: string, more: Environment): Promise<Signer> => {
    const cwd = join(directory, name);
    mkdirSync(cwd, { recursive: true });
    const signer = { name: THEIRS, program, cwd, env: { ...cached, ...more } };
    await signInTurn([{ ...signer, env: { ...signer.env, ...token } }], 1, served);
    return signer;
  };
  const near = await signerAt('theirs-near', distances.near.env);
  const far = await signerAt('theirs', distances.far.env);
  return { near, far, stop: async () => void daemon.kill() };
}

/** Everything about the agent. */
export async function agentFigures(options: AgentOptions): Promise<AgentFigures> {
  const keeper = await slowSandbox(join(options.directory, 'sandbox'));
  const { sandbox, served } = keeper;
  const distances = { near: await distance(sandbox, 0), far: await distance(sandbox, ROUND_TRIP) };
  const ready: Ready[] = [await ours(options, keeper, distances)];
  try {
    const peer = await theirs(options, keeper, distances);
    if (peer !== undefined) ready.push(peer);
    const takenBy = (log: FarAway) => (): number => log.counts().taken;
    const nearSigners = ready.map((one) => one.near);
    const near = await signInTurn(nearSigners, options.rounds, takenBy(distances.near.rekor));
    keeper.logDelay(REAL_LOG);
    const farSigners = ready.map((one) => one.far);
    const far = await signInTurn(farSigners, options.rounds, served);
    const { rekor } = distances.far;
    const before = rekor.counts();
    await signInTurn(farSigners.slice(0, 1), options.rounds, served);
    const after = rekor.counts();
    const rebases = new Map<string, Rebased>();
    for (const { name, cwd, env, program } of farSigners) {
      rebases.set(name, await rebase(cwd, env, program, takenBy(rekor)));
    }
    return {
      ...{ near, far, rebases },
      roundTrips: (after.roundTrips - before.roundTrips) / (options.rounds + WARM_UP),
      connections: after.connections - before.connections,
    };
  } finally {
    for (const one of ready) await one.stop();
    for (const each of Object.values(distances)) each.close();
    await sandbox.close();
  }
}
