/**
 * The face that git calls: `--verify SIGFILE -` and `-bsau KEY` (design §3). Everything else is loaded on use, for
 * git starts this once a commit. stdout is the protocol.
 */

import type { Command } from '../cli/command.ts';
import type { Invocation } from '../system/invocation.ts';
import { type GpgsmCall, readGpgsmCall } from './arguments.ts';

/** Where status lines go; nowhere without `--status-fd`. */
function statusWriter(call: GpgsmCall, { streams }: Invocation): (text: string) => void {
  if (call.statusDescriptor < 0) return () => undefined;
  return streams.status(call.statusDescriptor).write;
}

/** git's call, in all its spellings. Exit codes: design §3. */
export const run: Command = async (invocation) => {
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
  const { run: answer } =
    call.action === 'help'
      ? await import('../commands/help.ts')
      : await import('../commands/version.ts');
  return answer({ ...invocation, args: [] });
};
