/**
 * Every way this program fails, and the exit code each ends with.
 * A refusal of evidence is a value (core/verdict.ts); what stands here is a breakage: someone must act.
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
  | 'POLICY_FILE'
  | 'TRUST_FILE'
  | 'NO_SUCH_OBJECT'
  | 'EMPTY_RANGE'
  | 'SHALLOW_RANGE'
  | 'NOT_AN_ANCESTOR'
  | 'GIT_FAILED'
  | 'OBJECT_CORRUPT'
  | 'AMBIGUOUS_NAME'
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

/** The classes, as they are named to another process. */
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
  readonly cause?: unknown;
}

/** Base of all errors that a person is meant to read: one line, no secret, and what to do next. */
export class SignetError extends Error {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly [BRAND] = true;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.exitCode = EXIT_OF[kind];
    this.hint = options.hint;
  }
}

/** Something typed or configured cannot be read: exit 2. */
export class UsageError extends SignetError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super('usage', options?.code ?? 'USAGE', message, options);
  }
}

/** A setting, policy or trust file cannot be read: exit 2. */
export class ConfigError extends SignetError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super('config', options?.code ?? 'CONFIG', message, options);
  }
}

/** Nobody is logged in, or the login went wrong: exit 4. */
export class LoginError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('login', code, message, options);
  }
}

/** A service could not be asked or gave no usable answer: exit 3. */
export class ServiceError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('service', code, message, options);
  }
}

/** What a service answered while signing, or our own signature, does not verify: exit 1. */
export class AnswerError extends SignetError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('answer', code, message, options);
  }
}

/** True for errors of this program, also across separately built bundles (no `instanceof`). */
export function isSignetError(error: unknown): error is SignetError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
