/** A command run in this process, with everything it says caught. */

import type { Invocation } from '../../src/system/invocation.ts';
import type { Streams, Terminal } from '../../src/system/terminal.ts';
import { talkLine } from '../../src/system/terminal.ts';

export interface Caught {
  readonly invocation: Invocation;
  /** What reached stdout. */
  readonly output: () => string;
  readonly outputBytes: () => Uint8Array;
  /** What reached any other descriptor, by number. */
  readonly descriptor: (number: number) => string;
  /** What was said to a person. */
  readonly talk: () => string;
  readonly logs: readonly string[];
}

export interface Given {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: Uint8Array;
  /** Answers to questions. Without them no question can be asked. */
  readonly answers?: readonly string[];
  /** Unix seconds. */
  readonly now?: number;
  readonly entry?: string;
}

/** git as this test run finds it, and nothing else of the environment. */
export const bareEnvironment = (home: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  XDG_CONFIG_HOME: home,
  XDG_STATE_HOME: home,
  XDG_CACHE_HOME: home,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: `${home}/gitconfig`,
  // stories about the agent start their own
  SIGNET_AGENT: 'no',
});

/** For calls of git's that ask for neither help nor version. */
export const noAnswer = (word: string): Promise<never> =>
  Promise.reject(new Error(`${word} was asked for`));

export function catchInvocation(given: Given): Caught {
  const written = new Map<number, Buffer[]>();
  const said: string[] = [];
  const logs: string[] = [];
  const put = (descriptor: number, chunk: string | Uint8Array): void => {
    written.set(descriptor, [...(written.get(descriptor) ?? []), Buffer.from(chunk)]);
  };
  const bytes = (descriptor: number): Buffer => Buffer.concat(written.get(descriptor) ?? []);
  const answers = [...(given.answers ?? [])];
  const streams: Streams = {
    readInput: () => given.input ?? new Uint8Array(),
    readUpTo: async (limit) => (given.input ?? new Uint8Array()).subarray(0, limit),
    inputLines: async function* () {
      yield* Buffer.from(given.input ?? new Uint8Array())
        .toString('utf8')
        .split('\n');
    },
    inputChunks: async function* () {
      yield given.input ?? new Uint8Array();
    },
    write: (chunk) => put(1, chunk),
    writeShort: async (text) => put(1, text),
    writeLater: async (chunk) => put(1, chunk),
    status: (descriptor) => ({ write: (text) => put(descriptor, text) }),
    answer: (descriptor) => ({ write: async (text) => put(descriptor, text) }),
    outputIsTerminal: false,
    inputIsTerminal: false,
  };
  const terminal: Terminal = {
    interactive: given.answers !== undefined,
    findsPerson: async () => given.answers !== undefined,
    say: (line) => void said.push(talkLine('git-signet: ', line)),
    sayShort: async (line) => void said.push(talkLine('git-signet: ', line)),
    hint: (line) => void said.push(talkLine('  ', line)),
    progress: () => undefined,
    ask: (question) => {
      said.push(`${question}\n`);
      return Promise.resolve(answers.shift());
    },
    addressPerson: () => undefined,
    neverAsk: () => undefined,
    copyTo: (path) => {
      logs.push(path);
      return Promise.resolve();
    },
  };
  return {
    invocation: {
      args: given.args,
      env: given.env ?? {},
      cwd: given.cwd ?? '/',
      streams,
      terminal,
      now: () => given.now ?? Math.floor(Date.now() / 1000),
      entry: given.entry ?? '',
    },
    output: () => bytes(1).toString('utf8'),
    outputBytes: () => bytes(1),
    descriptor: (number) => bytes(number).toString('utf8'),
    talk: () => said.join(''),
    logs,
  };
}
