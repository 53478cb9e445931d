/**
 * The process's three streams and the person in front of them. The only file that writes to a stream.
 * stdout is a protocol (armor, status lines, results); stderr is talk; the person, if there is one, sits at
 * the controlling terminal, which need not be any of the three. What is said never carries a raw control
 * character (threat S10) or a token (S14).
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { visible, withoutSecrets } from '../core/escape.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { errorCode, inputLines, pause, readInput, readUpTo } from './standard-input.ts';
import { systemReason } from './system-error.ts';

/** A descriptor that git named with `--status-fd`. Writes are whole and in order, or they throw. */
export interface StatusChannel {
  readonly write: (text: string) => void;
}

export interface Streams {
  /** All of standard input; throws a UsageError beyond `limit` bytes. */
  readonly readInput: (limit: number) => Uint8Array;
  /** The first `limit` bytes of standard input. */
  readonly readUpTo: (limit: number) => Uint8Array;
  /** Standard input line by line, without line ends; memory stays flat. */
  readonly inputLines: () => AsyncIterable<string>;
  /** Standard output, whole and in order; blocks while the reader is slow; throws OutputClosed once it has gone. */
  readonly write: (chunk: string | Uint8Array) => void;
  /** 1 and 2 are stdout and stderr on every system, other numbers open descriptors. */
  readonly status: (descriptor: number) => StatusChannel;
  readonly outputIsTerminal: boolean;
  readonly inputIsTerminal: boolean;
  /** Colour on stdout: a terminal, and neither NO_COLOR nor TERM=dumb. */
  readonly colour: boolean;
}

export interface Terminal {
  /** True when a person can be asked: a controlling terminal opens for reading and writing. */
  readonly interactive: boolean;
  /** One line for the person, prefixed `git-signet: `, escaped. */
  readonly say: (line: string) => void;
  /** What to do next, or a detail of the line before: indented by two spaces, escaped. */
  readonly hint: (line: string) => void;
  /** One line that replaces itself, on a terminal only; undefined erases it. */
  readonly progress: (line: string | undefined) => void;
  /** One line typed at the controlling terminal after the question (never stdin); undefined without one, at its end, or on abort. */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** From here on `say` and `hint` go to the controlling terminal where there is one: git swallows stderr while signing. */
  readonly addressPerson: () => void;
  /** No question from here on (`--batch`, `--no-tty`): `interactive` is false, talk goes to stderr. */
  readonly neverAsk: () => void;
  /** Lines said are also appended to this file (signet.logPath); a link or anything but a plain file is refused. */
  readonly copyTo: (path: string) => Promise<void>;
}

/** The reader of stdout has gone: stop, quietly, and not with success. */
export class OutputClosed extends Error {
  constructor() {
    super('the reader of the output has gone');
    this.name = 'OutputClosed';
  }
}

/**
 * Where a person reads, and where a person types. Windows has a name for each, and one that is opened for both serves
 * neither; as devices, because other names are taken for files of the working directory. Untried on Windows.
 */
export function terminalDevices(platform: NodeJS.Platform): {
  readonly output: string;
  readonly input: string;
} {
  return platform === 'win32'
    ? { output: '\\\\.\\CONOUT$', input: '\\\\.\\CONIN$' }
    : { output: '/dev/tty', input: '/dev/tty' };
}

const DEVICES = terminalDevices(process.platform);

/** What else can go wrong (a full disk, a descriptor that nobody opened) is no bug of ours: `what` was given to us. */
function writeAll(descriptor: number, chunk: string | Uint8Array, what = 'the output'): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
  let done = 0;
  // nothing at all is written too: that says whether anything can be
  for (let left = true; left; left = done < bytes.length) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') pause();
      else if (code === 'EPIPE' || code === 'EOF') throw new OutputClosed();
      else if (code === 'EBADF' || code === 'EINVAL')
        throw new UsageError(`${what}: not open for writing`);
      else if (code !== undefined)
        throw new UsageError(`${what}: cannot be written: ${systemReason(error)}`);
      else throw error;
    }
  }
}

function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

/** The streams of this process. */
export function processStreams(env: Environment): Streams {
  return {
    readInput,
    readUpTo: (limit) => readUpTo(limit),
    inputLines,
    write: (chunk) => writeAll(1, chunk),
    status: (descriptor) => {
      const write = (text: string): void => writeAll(descriptor, text, `--status-fd ${descriptor}`);
      // before anything is signed and published for somebody who cannot be told of it
      write('');
      return { write };
    },
    get outputIsTerminal() {
      return isTerminal(1);
    },
    get inputIsTerminal() {
      return isTerminal(0);
    },
    get colour() {
      return !env.NO_COLOR && env.TERM !== 'dumb' && isTerminal(1);
    },
  };
}

/** One line of talk as it is written: escaped, without secrets, with its line end. */
export function talkLine(prefix: string, line: string): string {
  return `${prefix}${visible(withoutSecrets(line))}\n`;
}

interface Person {
  readonly descriptor: number;
}

class ProcessTerminal implements Terminal {
  readonly #mayAsk: boolean;
  #person: Person | undefined;
  #looked = false;
  #never = false;
  #toPerson = false;
  #log: number | undefined;
  #progressShown = false;

  constructor(env: Environment) {
    this.#mayAsk = env.GIT_TERMINAL_PROMPT !== '0';
  }

  /** The controlling terminal, opened when it is first needed. */
  #findPerson(): Person | undefined {
    if (this.#never || !this.#mayAsk) return undefined;
    if (!this.#looked) {
      this.#looked = true;
      try {
        const { output, input } = DEVICES;
        if (input !== output) closeSync(openSync(input, 'r+'));
        this.#person = { descriptor: openSync(output, 'r+') };
      } catch {
        this.#person = undefined;
      }
    }
    return this.#person;
  }

  get interactive(): boolean {
    return this.#findPerson() !== undefined;
  }

  #put(text: string): void {
    const descriptor = (this.#toPerson ? this.#findPerson()?.descriptor : undefined) ?? 2;
    try {
      if (this.#progressShown) this.progress(undefined);
      writeAll(descriptor, text);
      if (this.#log !== undefined) writeAll(this.#log, text);
    } catch {
      // Talk that nobody can hear changes no outcome.
    }
  }

  readonly say = (line: string): void => this.#put(talkLine('git-signet: ', line));

  readonly hint = (line: string): void => this.#put(talkLine('  ', line));

  readonly progress = (line: string | undefined): void => {
    if (line === undefined ? !this.#progressShown : !isTerminal(2)) return;
    this.#progressShown = line !== undefined;
    try {
      writeAll(2, `\r\x1b[K${line === undefined ? '' : visible(line)}`);
    } catch {
      // As above.
    }
  };

  readonly ask = async (question: string, signal?: AbortSignal): Promise<string | undefined> => {
    const person = this.#findPerson();
    if (person === undefined) return undefined;
    const text = talkLine('git-signet: ', question).replace(/\n$/, ' ');
    const { askOn } = await import('./ask.ts');
    return askOn(DEVICES.input, () => writeAll(person.descriptor, text), signal);
  };

  readonly addressPerson = (): void => {
    this.#toPerson = true;
  };

  readonly neverAsk = (): void => {
    this.#never = true;
  };

  readonly copyTo = async (path: string): Promise<void> => {
    const { openLog } = await import('./log-file.ts');
    this.#log = openLog(path);
  };
}

/** The terminal of this process. `GIT_TERMINAL_PROMPT=0` forbids questions, as it does for git. */
export function processTerminal(env: Environment): Terminal {
  return new ProcessTerminal(env);
}
