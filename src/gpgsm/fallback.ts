/**
 * Hands S/MIME signatures of other issuers to the program of signet.x509Fallback, with git's own arguments, because git
 * has only one program for all of x509. No shell runs it. Only its status lines reach git (threat S08). Everything else
 * is escaped and shown to the user.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { findExecutable, runProcess } from '../system/process.ts';

/** Set for the child, so that a program that calls us again does not loop. */
const MARK = 'SIGNET_X509_FALLBACK_RUNS';
/** A status line may hold names in any script, but no control character and no line end. */
const STATUS_LINE = /^\[GNUPG:\] [^\p{C}\p{Zl}\p{Zp}]+$/u;

/** The other program's answer: its status lines and its exit code. */
export interface HandedOver {
  readonly block: string;
  readonly exitCode: number;
}

/**
 * Runs the program and returns its answer, or undefined if the program called us itself. An answer without a status line
 * counts as a failure. @throws ConfigError if the program is not on PATH
 */
export async function handOver(
  command: string,
  payload: Uint8Array,
  statusDescriptor: number,
  { args, cwd, env, terminal }: Invocation,
): Promise<HandedOver | undefined> {
  if (env[MARK] !== undefined) return undefined;
  const [name = '', ...own] = command.trim().split(/\s+/);
  const program = findExecutable(name, env);
  if (program === undefined) {
    throw new ConfigError(`there is no program '${name}' on PATH (signet.x509Fallback)`, {
      hint: 'git config --global signet.x509Fallback PROGRAM',
    });
  }
  const result = await runProcess(program, [...own, ...args], {
    cwd,
    env: { ...env, [MARK]: '1' },
    input: payload,
  });
  const status: string[] = [];
  for (const [index, bytes] of [result.stdout, result.stderr].entries()) {
    for (const line of fromUtf8Lossy(bytes).split(/\r?\n/)) {
      const said = line.startsWith('[GNUPG:]');
      // a status line on another descriptor may quote a stranger's certificate, so git must not see it
      if (said && index + 1 === statusDescriptor && STATUS_LINE.test(line)) status.push(line);
      else if (line !== '' && !said) terminal.say(`${name}: ${line}`);
    }
  }
  const failed = status.length === 0 && result.exitCode === 0;
  return {
    block: status.map((line) => `${line}\n`).join(''),
    exitCode: failed ? 3 : result.exitCode,
  };
}
