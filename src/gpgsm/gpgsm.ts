/**
 * Answers git's calls: `--verify SIGFILE -` and `-bsau KEY`. git starts this once a commit, so everything else is loaded on
 * use. stdout carries the signature.
 */

import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { type GpgsmCall, readGpgsmCall } from './arguments.ts';

/** Returns the writer for status lines. Without `--status-fd` it writes nothing. */
function statusWriter(call: GpgsmCall, { streams }: Invocation): (text: string) => void {
  if (call.statusDescriptor < 0) return () => undefined;
  return streams.status(call.statusDescriptor).write;
}

/** Runs git's call. `answer` runs the commands `help` and `version`. */
export async function run(
  invocation: Invocation,
  answer: (word: 'help' | 'version') => Promise<ExitCode>,
): Promise<ExitCode> {
  const call = readGpgsmCall(invocation.args);
  if (call.unattended) invocation.terminal.neverAsk();
  if (call.action === 'verify') {
    const { verify } = await import('./verify.ts');
    const { statusDescriptor: descriptor } = call;
    const unheard = { write: () => Promise.resolve() };
    const channel = descriptor < 0 ? unheard : invocation.streams.answer(descriptor);
    return verify(call, invocation, channel);
  }
  if (call.action === 'sign') {
    const { sign } = await import('./sign.ts');
    return sign(call, invocation, statusWriter(call, invocation));
  }
  return answer(call.action);
}
