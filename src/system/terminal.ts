/**
 * Writes to the process's streams, and asks the user. No other file writes to a stream. stdout carries results (armor,
 * status lines, reports), and stderr carries messages. The user, if there is one, sits at the controlling terminal, which
 * may be none of the three streams. No message holds a raw control character (threat S10) or a token (S14).
 */

import { visible, withoutSecrets } from '../core/escape.ts';
import { columnsAt, columnsSaid, isTerminal, terminalDevices } from './devices.ts';
import type { Environment } from './environment.ts';
import { hasNoTerminal, readInputUpTo, writeShort } from './files.ts';
import { cutTo, wrapLine } from './layout.ts';
import { nodeFs } from './node-fs.ts';
import { inputLines, readInput } from './standard-input.ts';
import { writeAll, writeLater } from './write.ts';

export { OutputClosed } from './write.ts';

/** A descriptor of `--status-fd`. Writes are complete and in order, or they throw. */
export interface StatusChannel {
  readonly write: (text: string) => void;
}

/** The same for a call that publishes nothing. */
export interface AnswerChannel {
  readonly write: (text: string) => Promise<void>;
}

export interface Streams {
  /** Reads all of standard input. @throws UsageError if it is longer than `limit` bytes */
  readonly readInput: (limit: number) => Uint8Array;
  /** Reads up to `limit` bytes of standard input, without blocking this process. */
  readonly readUpTo: (limit: number) => Promise<Uint8Array>;
  /** Reads standard input line by line, without line ends, in constant memory. */
  readonly inputLines: () => AsyncIterable<string>;
  /** Reads standard input as it comes, without blocking this process. */
  readonly inputChunks: () => AsyncIterable<Uint8Array>;
  /** Writes to standard output, complete and in order. It blocks while the reader is slow. @throws OutputClosed if the reader has gone */
  readonly write: (chunk: string | Uint8Array) => void;
  /** Writes a short text, and loads no module of Node for it. @throws the same errors */
  readonly writeShort: (text: string) => Promise<void>;
  /** Does the same as `write` without blocking this process. Calls must not overlap. */
  readonly writeLater: (chunk: Uint8Array) => Promise<void>;
  /** Opens a status channel. 1 and 2 are stdout and stderr on every system. */
  readonly status: (descriptor: number) => StatusChannel;
  /** Opens a channel for the answer of a call that publishes nothing. Only a descriptor beyond 2 is tried at once. */
  readonly answer: (descriptor: number) => AnswerChannel;
  readonly outputIsTerminal: boolean;
  readonly inputIsTerminal: boolean;
  /** The width of the terminal on stdout (COLUMNS, or what the terminal says), or undefined if stdout is no terminal. */
  readonly columns?: number | undefined;
}

export interface Terminal {
  /** True if the user can be asked, because there is a controlling terminal. */
  readonly interactive: boolean;
  /** Returns the same, and opens nothing if this process has no controlling terminal. */
  readonly findsPerson: () => Promise<boolean>;
  /** Prints one line for the user, escaped, with the prefix `git-signet: `. */
  readonly say: (line: string) => void;
  /** Does the same, and loads no module of Node if this process has no controlling terminal. */
  readonly sayShort: (line: string) => Promise<void>;
  /** Prints the next step, or a detail of the line before: escaped, and indented by two spaces. */
  readonly hint: (line: string) => void;
  /** Draws the progress line, on a terminal only. undefined erases it. */
  readonly progress: (line: string | undefined) => void;
  /** Reads a line that is typed at the controlling terminal after the question, never from stdin, or undefined if there is none, at its end, or on abort. */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** Sends `say` and `hint` to the controlling terminal, if there is one, because git hides stderr while signing. */
  readonly addressPerson: () => void;
  /** Forbids questions (`--batch`, `--no-tty`). `interactive` is then false, and messages go to stderr. */
  readonly neverAsk: () => void;
  /** Appends all later messages to this file too (signet.logPath). @throws ConfigError for anything but a plain file */
  readonly copyTo: (path: string) => Promise<void>;
}

const statusName = (descriptor: number): string => `--status-fd ${descriptor}`;

function status(descriptor: number): StatusChannel {
  const write = (text: string): void => writeAll(descriptor, text, statusName(descriptor));
  // fails before anything is signed and published, if git could not read the result
  write('');
  return { write };
}

/** Returns the streams of this process. */
export function processStreams(env: Environment): Streams {
  return {
    readInput,
    readUpTo: readInputUpTo,
    inputLines,
    inputChunks: () => process.stdin,
    write: (chunk) => writeAll(1, chunk),
    writeShort: (text) => writeShort(1, text, 'the output'),
    writeLater: (chunk) => writeLater(1, chunk),
    status,
    answer: (descriptor) => {
      if (descriptor > 2) status(descriptor);
      return { write: (text) => writeShort(descriptor, text, statusName(descriptor)) };
    },
    get outputIsTerminal() {
      return isTerminal(1);
    },
    get inputIsTerminal() {
      return isTerminal(0);
    },
    get columns() {
      return isTerminal(1) ? (columnsSaid(env) ?? (process.stdout.columns || 80)) : undefined;
    },
  };
}

/** Returns a message as it is written: escaped, without secrets, with a line end. */
export function talkLine(prefix: string, line: string): string {
  return `${prefix}${visible(withoutSecrets(line))}\n`;
}

/** Further lines of a message stand below its first word. */
const SAY_INDENT = 12;
const COMMAND = /^ *(?:git|mkdir|rm|export|unset|cosign|curl) /;

interface Person {
  readonly descriptor: number;
}

const DEVICES = terminalDevices(process.platform);

class ProcessTerminal implements Terminal {
  readonly #env: Environment;
  readonly #mayAsk: boolean;
  #person: Person | undefined;
  #looked = false;
  #noTerminal: Promise<boolean> | undefined;
  #never = false;
  #toPerson = false;
  #log: number | undefined;
  #progressShown = false;

  constructor(env: Environment) {
    this.#env = env;
    this.#mayAsk = env.GIT_TERMINAL_PROMPT !== '0';
  }

  /** Opens the controlling terminal on first use. */
  #findPerson(): Person | undefined {
    if (this.#never || !this.#mayAsk) return undefined;
    if (!this.#looked) {
      this.#looked = true;
      const { closeSync, openSync } = nodeFs();
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

  readonly findsPerson = async (): Promise<boolean> =>
    this.#mayAsk && !this.#never && !(await this.#alone()) && this.interactive;

  /** Returns true if no person can be there. */
  #alone(): Promise<boolean> {
    this.#noTerminal ??= hasNoTerminal();
    return this.#noTerminal;
  }

  #put(text: string): void {
    const descriptor = (this.#toPerson ? this.#findPerson()?.descriptor : undefined) ?? 2;
    try {
      if (this.#progressShown) this.progress(undefined);
      writeAll(descriptor, text);
      if (this.#log !== undefined) writeAll(this.#log, text);
    } catch {
      // a message that cannot be written changes no result
    }
  }

  readonly say = (line: string): void => this.#put(this.#fitted(talkLine('git-signet: ', line)));

  readonly sayShort = async (line: string): Promise<void> => {
    const elsewhere = this.#toPerson || this.#log !== undefined || this.#progressShown;
    if (elsewhere || !(await this.#alone())) this.say(line);
    // a message that cannot be written changes no result
    else await writeShort(2, talkLine('git-signet: ', line), '').catch(() => undefined);
  };

  readonly hint = (line: string): void => {
    const text = talkLine('  ', line);
    // a command stays in one line, so that it can be copied
    this.#put(COMMAND.test(text) ? text : this.#fitted(text));
  };

  /** Wraps a message for a person who reads it on the terminal of stderr. A log gets it as it is shown. */
  #fitted(text: string): string {
    const columns = this.#columns();
    if (columns === undefined) return text;
    const hang = text.startsWith('git-signet: ') ? SAY_INDENT : undefined;
    return `${wrapLine(text.slice(0, -1), columns, hang)}\n`;
  }

  #columns(): number | undefined {
    const person = this.#toPerson ? this.#findPerson() : undefined;
    if (person === undefined && !isTerminal(2)) return undefined;
    const own = columnsSaid(this.#env);
    if (own !== undefined) return own;
    return (person === undefined ? process.stderr.columns : columnsAt(DEVICES.output)) || undefined;
  }

  readonly progress = (line: string | undefined): void => {
    if (line === undefined ? !this.#progressShown : !isTerminal(2)) return;
    this.#progressShown = line !== undefined;
    try {
      // a line that the terminal wraps could not be erased
      const shown = line === undefined ? '' : cutTo(visible(line), (this.#columns() ?? 80) - 1);
      writeAll(2, `\r\x1b[K${shown}`);
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

/** Returns the terminal of this process. `GIT_TERMINAL_PROMPT=0` forbids questions, as in git. */
export function processTerminal(env: Environment): Terminal {
  return new ProcessTerminal(env);
}
