/** One line of `git signet doctor`: what was looked at, how it is, and what to do about it. */

import { ExitCode } from '../../errors.ts';

export type Level = 'ok' | 'warn' | 'fail';

export interface DoctorCheck {
  /** A word or two that never change, because scripts look for them. */
  readonly name: string;
  readonly level: Level;
  readonly detail: string;
  /** A command where there is one. */
  readonly remedy?: string | undefined;
  /** What a failure ends with. */
  readonly exit?: ExitCode;
}

/** A host that signing or verifying talks to, for the people of a firewall. */
export interface Host {
  /** `rekor.example.test:443` */
  readonly host: string;
  readonly uses: string;
}

export function ok(name: string, detail: string): DoctorCheck {
  return { name, level: 'ok', detail };
}

export function warn(name: string, detail: string, remedy?: string): DoctorCheck {
  return { name, level: 'warn', detail, remedy };
}

export function fail(name: string, detail: string, remedy?: string, exit?: ExitCode): DoctorCheck {
  const more = remedy === undefined ? {} : { remedy };
  return { name, level: 'fail', detail, ...more, exit: exit ?? ExitCode.usage };
}

/** Of several failures: configuration, then what could not be reached, then the login. */
export function exitOf(checks: readonly DoctorCheck[]): ExitCode {
  const codes = checks.filter(({ level }) => level === 'fail').map(({ exit }) => exit);
  const order = [ExitCode.usage, ExitCode.undecided, ExitCode.login] as const;
  return order.find((code) => codes.includes(code)) ?? ExitCode.ok;
}
