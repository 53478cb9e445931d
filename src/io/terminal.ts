/**
 * The process's three streams and the person in front of them. The only file that writes to a stream.
 * stdout is a protocol (armor, status lines, results); stderr is talk; the person, if there is one, sits at
 * the controlling terminal, which need not be any of the three. What is said never carries a raw control
 * character (threat S10).
 */

/** A descriptor that git named with `--status-fd`. Writes are whole and in order, or they throw. */
export interface StatusChannel {
  readonly write: (text: string) => void;
}

export interface Streams {
  /** All of standard input, as bytes; throws a UsageError beyond `limit` (default 256 MiB). */
  readonly readInput: (limit?: number) => Uint8Array;
  /** Standard input line by line, without line ends; memory stays flat. */
  readonly inputLines: () => AsyncIterable<string>;
  /** Standard output, whole and in order; blocks while the reader is slow; throws OutputClosed once it has gone. */
  readonly write: (chunk: string | Uint8Array) => void;
  /** 1 and 2 are stdout and stderr on every system, other numbers open descriptors; throws when not writable. */
  readonly status: (descriptor: number) => StatusChannel;
  readonly outputIsTerminal: boolean;
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
  /** One line typed at the controlling terminal (never stdin); undefined without one, at its end, or on abort. */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** From here on `say` and `hint` go to the controlling terminal where there is one: git swallows stderr while signing. */
  readonly addressPerson: () => void;
  /** Lines said are also appended to this file (signet.logPath). Links are refused. */
  readonly copyTo: (path: string) => void;
}

/** The reader of stdout has gone: stop, quietly, and not with success. */
export class OutputClosed extends Error {
  constructor() {
    super('the reader of the output has gone');
    this.name = 'OutputClosed';
  }
}
