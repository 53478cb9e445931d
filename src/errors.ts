/**
 * The error classes of this program, and the exit code of each.
 * A signature that is refused is no error but a verdict (core/verdict.ts).
 */

export const ExitCode = {
  ok: 0,
  refused: 1,
  usage: 2,
  undecided: 3,
  login: 4,
  unsigned: 5,
  notAllowed: 6,
  bug: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export type ErrorCode =
  // usage and configuration
  | 'USAGE'
  | 'CONFIG'
  | 'CONFIG_READ_ONLY'
  | 'POLICY_FILE'
  | 'TRUST_FILE'
  | 'NO_SUCH_OBJECT'
  | 'EMPTY_RANGE'
  | 'SHALLOW_RANGE'
  | 'NOT_AN_ANCESTOR'
  | 'GIT_FAILED'
  | 'OBJECT_CORRUPT'
  | 'AMBIGUOUS_NAME'
  | 'KIND_NOT_FORWARDED'
  // login
  | 'LOGIN_REFUSED'
  | 'LOGIN_TIMEOUT'
  | 'LOGIN_NO_TERMINAL'
  | 'LOGIN_FAILED'
  | 'TOKEN_REFUSED'
  | 'IDENTITY_UNEXPECTED'
  | 'PUBLICATION_REFUSED'
  // services and their answers
  | 'SERVICE_UNREACHABLE'
  | 'SERVICE_REFUSED'
  | 'SERVICE_ANSWER'
  | 'LOG_DUPLICATE'
  // what came back, or what we made ourselves, does not verify
  | 'CERTIFICATE_ANSWER'
  | 'LOG_ANSWER'
  | 'TIMESTAMP_ANSWER'
  | 'TRUST_ANSWER'
  | 'SELF_VERIFICATION';

/** The name of an error's class, as it is sent to another process. */
export type ErrorKind = 'usage' | 'config' | 'login' | 'service' | 'answer';

const EXIT_OF: Readonly<Record<ErrorKind, ExitCode>> = {
  usage: ExitCode.usage,
  config: ExitCode.usage,
  login: ExitCode.login,
  service: ExitCode.undecided,
  answer: ExitCode.refused,
};

const BRAND = Symbol.for('git-signet.error');

export interface ErrorOptions {
  /** The next command or step, printed on a line of its own. */
  readonly hint?: string | undefined;
  /** Lines to copy into a file, printed below the hint. */
  readonly lines?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** The base of all errors that are written for the user: one line, no secret, and the next step as a hint. */
export class SignetError extends Error {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly lines: readonly string[];
  readonly [BRAND] = true;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.exitCode = EXIT_OF[kind];
    this.hint = options.hint;
    this.lines = options.lines ?? [];
  }
}

/** An argument, a file or an object cannot be used: exit 2. */
export class UsageError extends SignetError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super('usage', options?.code ?? 'USAGE', message, options);
  }
}

/** A setting, policy or trust file cannot be used: exit 2. */
export class ConfigError extends SignetError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super('config', options?.code ?? 'CONFIG', message, options);
  }
}

/** The user is not logged in, or the login failed: exit 4. */
export class LoginError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('login', code, message, options);
  }
}

/** A service could not be reached, or gave no usable answer: exit 3. */
export class ServiceError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('service', code, message, options);
  }
}

/** A service's answer, or the signature that was made with it, does not verify: exit 1. */
export class AnswerError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('answer', code, message, options);
  }
}

/** Returns whether this is an error of this program. It works across separately built bundles, where `instanceof` does not. */
export function isSignetError(error: unknown): error is SignetError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
