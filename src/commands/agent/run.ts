/** `agent run`: runs the daemon in this process, until it is stopped or has been unused for long enough. */

import { leaseOf } from '../../agent/client/patience.ts';
import { runAgent } from '../../agent/daemon/daemon.ts';
import { AlreadyListening, FIRST_DESCRIPTOR } from '../../agent/daemon/listen.ts';
import { programWatch, secureOwnProcess } from '../../agent/daemon/own-process.ts';
import { preload } from '../../agent/daemon/preload.ts';
import { ExitCode } from '../../errors.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { VERSION } from '../../system/program/version.ts';
import { openBackend } from './backend.ts';
import { forwardingOf } from './forward.ts';
import { agentHere } from './here.ts';

/** Returns the socket that systemd hands to this process (sd_listen_fds(3)). */
function isHandedOver({ env }: Invocation): boolean {
  return env.LISTEN_FDS === '1' && env.LISTEN_PID === String(process.pid);
}

export async function runHere(invocation: Invocation): Promise<ExitCode> {
  const { env, cwd, entry, now, terminal } = invocation;
  const handedOver = isHandedOver(invocation);
  secureOwnProcess(handedOver ? FIRST_DESCRIPTOR : undefined);
  const [{ settings, instance, address }, crypto] = await Promise.all([
    agentHere(invocation),
    loadCrypto(),
  ]);
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  const backend = openBackend({
    ...{ settings, instance, env, crypto, now, entry },
    ownSettings: async () => (await agentHere(invocation)).settings,
  });
  const forward = await forwardingOf({ settings, env, cwd, backend, crypto });
  const told = new AbortController();
  const end = (): void => told.abort();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  try {
    await runAgent({
      instance,
      address,
      backend,
      version: VERSION,
      idle: settings.agentIdle,
      lease: leaseOf(settings),
      online: settings.rekorMode === 'online',
      handedOver,
      outdated: programWatch(entry),
      forward,
      onReady: (forwardProblem) => {
        terminal.say(`the agent is up (process ${process.pid}), ${address.path}`);
        if (forwardProblem !== '') terminal.say(`does not forward: ${forwardProblem}`);
        void preload();
      },
      signal: told.signal,
    });
  } catch (error) {
    if (!(error instanceof AlreadyListening)) throw error;
    terminal.say(error.message);
  }
  return ExitCode.ok;
}
