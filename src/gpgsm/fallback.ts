/**
 * S/MIME signatures of other issuers reach us because git asks one program for all of x509: they are handed, with
 * git's own arguments, to the program of signet.x509Fallback. No shell; its output is captured, and of it only
 * status lines go on to git (threat S08), everything else to the person, escaped.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { findExecutable, runProcess } from '../system/process.ts';

/** Set for the child, so that a program that comes back to us ends there. */
const MARK = 'SIGNET_X509_FALLBACK_RUNS';
/** Names in it may be of any script; nothing in it controls a terminal or ends a line. */
const STATUS_LINE = /^\[GNUPG:\] [^\p{C}\p{Zl}\p{Zp}]+$/u;

export interface HandedOver {
  readonly block: string;
  readonly exitCode: number;
}

/**
 * What the program answered; undefined where the hand-over would go round in circles.
 * An answer without any status line counts as a failure. @throws ConfigError when the program is not on PATH
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
    throw new ConfigError(`signet.x509Fallback: no program '${name}' on PATH`, {
      hint: 'name a program on PATH, or one by its absolute path',
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
      // what looks like status elsewhere is talk, which may quote a stranger's certificate
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
