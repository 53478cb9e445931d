/**
 * Reads git's arguments, which are those of gpgsm, in every spelling that callers use (git, jj, gitui, editors): long and
 * short, joined and split, combined, and in any order. An unknown option is an error (F3).
 */

import { closest } from '../core/closest.ts';
import { UsageError } from '../errors.ts';

export interface GpgsmCall {
  readonly action: 'sign' | 'verify' | 'help' | 'version';
  readonly armor: boolean;
  /** -1 for no status output. */
  readonly statusDescriptor: number;
  /** `--batch` or `--no-tty`: the user must not be asked. */
  readonly unattended: boolean;
  /** KEY of `-u KEY`, or ''. */
  readonly localUser: string;
  /** `--token-stdin`: the identity token comes on stdin, and the payload from a file. */
  readonly tokenOnStdin: boolean;
  readonly positionals: readonly string[];
}

type Name =
  | 'sign'
  | 'detach-sign'
  | 'armor'
  | 'local-user'
  | 'verify'
  | 'status-fd'
  | 'include-certs'
  | 'keyid-format'
  | 'batch'
  | 'no-tty'
  | 'quiet'
  | 'yes'
  | 'token-stdin'
  | 'help'
  | 'version';

const LONG: Readonly<Record<string, Name>> = {
  sign: 'sign',
  'detach-sign': 'detach-sign',
  'detached-sign': 'detach-sign',
  armor: 'armor',
  armour: 'armor',
  'local-user': 'local-user',
  'default-key': 'local-user',
  verify: 'verify',
  'status-fd': 'status-fd',
  'include-certs': 'include-certs',
  'keyid-format': 'keyid-format',
  batch: 'batch',
  'no-tty': 'no-tty',
  quiet: 'quiet',
  yes: 'yes',
  'token-stdin': 'token-stdin',
  help: 'help',
  version: 'version',
};
const SHORT: Readonly<Record<string, Name>> = {
  s: 'sign',
  b: 'detach-sign',
  a: 'armor',
  u: 'local-user',
  v: 'verify',
  q: 'quiet',
  h: 'help',
};
const VALUED: ReadonlySet<Name> = new Set([
  'local-user',
  'status-fd',
  'include-certs',
  'keyid-format',
]);

function unknown(spelling: string): UsageError {
  const near = closest(spelling.replace(/^-+/, ''), Object.keys(LONG));
  const hint = near === undefined ? 'git signet help' : `did you mean --${near}?`;
  return new UsageError(`unknown option ${spelling}`, { hint });
}

class Reader {
  readonly given = new Map<Name, string>();
  readonly positionals: string[] = [];
  readonly #args: readonly string[];
  #at = 0;

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  read(): void {
    let options = true;
    for (; this.#at < this.#args.length; this.#at += 1) {
      const argument = this.#args[this.#at] ?? '';
      if (!options || argument === '-' || !argument.startsWith('-')) {
        this.positionals.push(argument);
      } else if (argument === '--') {
        options = false;
      } else if (argument.startsWith('--')) {
        this.#long(argument);
      } else {
        this.#short(argument);
      }
    }
  }

  #next(spelling: string): string {
    this.#at += 1;
    const value = this.#args[this.#at];
    if (value === undefined) throw new UsageError(`${spelling} needs a value`);
    return value;
  }

  #long(argument: string): void {
    const equals = argument.indexOf('=');
    const spelling = equals < 0 ? argument : argument.slice(0, equals);
    const key = spelling.slice(2);
    const name = Object.hasOwn(LONG, key) ? LONG[key] : undefined;
    if (name === undefined) throw unknown(spelling);
    if (VALUED.has(name)) {
      this.given.set(name, equals < 0 ? this.#next(spelling) : argument.slice(equals + 1));
    } else if (equals >= 0) {
      throw new UsageError(`${spelling} takes no value`);
    } else {
      this.given.set(name, '');
    }
  }

  /** Reads `-bsau KEY` or `-uKEY`. The value of a letter is the rest of the argument, or the next argument. */
  #short(argument: string): void {
    for (let i = 1; i < argument.length; i += 1) {
      const letter = argument[i] ?? '';
      const name = Object.hasOwn(SHORT, letter) ? SHORT[letter] : undefined;
      if (name === undefined) throw unknown(argument.length === 2 ? argument : `-${letter}`);
      if (VALUED.has(name)) {
        const joined = argument.slice(i + 1);
        this.given.set(name, joined === '' ? this.#next(`-${letter}`) : joined);
        return;
      }
      this.given.set(name, '');
    }
  }
}

/** The largest number that is accepted. */
const MAX_NUMBER = 999_999;

function integer(given: ReadonlyMap<Name, string>, name: Name, least: number): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  const plain = Number.isInteger(value) && String(value) === text;
  if (!plain || value < least || value > MAX_NUMBER)
    throw new UsageError(`--${name} must be a number, not ${text}`);
  return value;
}

function actionOf(given: ReadonlyMap<Name, string>): GpgsmCall['action'] {
  if (given.has('help')) return 'help';
  if (given.has('version')) return 'version';
  const signs = given.has('sign') || given.has('detach-sign');
  const verifies = given.has('verify');
  if (signs && verifies) throw new UsageError('--sign and --verify cannot be used together');
  if (!signs && !verifies) {
    throw new UsageError('--sign or --verify is missing', {
      hint: 'git signet help',
    });
  }
  if (signs && !given.has('detach-sign')) {
    throw new UsageError('attached signatures are not supported', { hint: 'add --detach-sign' });
  }
  return signs ? 'sign' : 'verify';
}

/** Reads git's call. @throws UsageError */
export function readGpgsmCall(args: readonly string[]): GpgsmCall {
  const reader = new Reader(args);
  reader.read();
  const { given, positionals } = reader;
  const action = actionOf(given);
  const statusDescriptor = integer(given, 'status-fd', -1) ?? -1;
  if (statusDescriptor === 0) throw new UsageError('--status-fd 0 is not a descriptor to write to');
  integer(given, 'include-certs', -3);
  if (action === 'verify' && positionals.length < 2) {
    throw new UsageError('attached signatures are not supported', {
      hint: '--verify SIGNATURE FILE',
    });
  }
  if (positionals.length > (action === 'verify' ? 2 : 1)) {
    throw new UsageError(`unexpected argument ${positionals.at(-1)}`);
  }
  const tokenOnStdin = given.has('token-stdin');
  if (tokenOnStdin && (action !== 'sign' || (positionals[0] ?? '-') === '-')) {
    throw new UsageError('--token-stdin works only for signing a file', {
      hint: '-bsa --token-stdin FILE',
    });
  }
  return {
    action,
    tokenOnStdin,
    localUser: given.get('local-user') ?? '',
    armor: given.has('armor'),
    statusDescriptor,
    unattended: given.has('batch') || given.has('no-tty'),
    positionals,
  };
}
