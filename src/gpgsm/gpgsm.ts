/**
 * The face that git calls: `--verify SIGFILE -` and `-bsau KEY`. Everything else is loaded on use, for
 * git starts this once a commit. stdout is the protocol.
 */

import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { type GpgsmCall, readGpgsmCall } from './arguments.ts';

/** Where status lines go; nowhere without `--status-fd`. */
function statusWriter(call: GpgsmCall, { streams }: Invocation): (text: string) => void {
  if (call.statusDescriptor < 0) return () => undefined;
  return streams.status(call.statusDescriptor).write;
}

/** git's call, in all its spellings. `answer`: the commands that such a program is asked for too. */
export async function run(
  invocation: Invocation,
  answer: (word: 'help' | 'version') => Promise<ExitCode>,
): Promise<ExitCode> {
  const call = readGpgsmCall(invocation.args);
  if (call.unattended) invocation.terminal.neverAsk();
  if (call.action === 'verify') {
    const { verify } = await import('./verify.ts');
    return verify(call, invocation, statusWriter(call, invocation));
  }
  if (call.action === 'sign') {
    const { sign } = await import('./sign.ts');
    return sign(call, invocation, statusWriter(call, invocation));
  }
  return answer(call.action);
}
