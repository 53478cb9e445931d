/** Runs of the monitor over logs in memory, with state in a scratch directory. */

import type { TrustedLog } from '../../src/core/trust/trust-material.ts';
import type { HttpSend } from '../../src/http/message.ts';
import { createEntryJudge } from '../../src/monitor/logged-signature.ts';
import { type MonitorRequest, type MonitorResult, runMonitor } from '../../src/monitor/run.ts';
import { prepareDirectory, type StatePlace } from '../../src/monitor/state.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { answer, entryBy, type TiledLog } from './tiled-log.ts';

export const ALICE = 'alice@example.test';
/** Unix seconds of every run, unless it says so: a day after the forge's log. */
export const NOW = 1_800_086_400;

/** Sends each request to the log at its address. */
export function sendTo(logs: readonly TiledLog[]): HttpSend {
  return async (request) =>
    logs.find(({ url }) => request.url.startsWith(`${url}/`))?.send(request) ?? answer(404);
}

export interface RunOptions extends Partial<MonitorRequest> {
  readonly names?: readonly string[];
}

/** Runs once, without telling. `place` keeps the state. */
export async function monitorOnce(
  place: StatePlace,
  logs: readonly TiledLog[],
  { names = [ALICE], ...more }: RunOptions = {},
): Promise<MonitorResult> {
  await prepareDirectory(place);
  const tlogs: readonly TrustedLog[] = logs.map(({ trusted }) => trusted);
  const trust = { ...entryBy(ALICE).trust, tlogs };
  const rules = names.map((name) => namedRule(name));
  return runMonitor({
    ...{ place, trust, crypto, addresses: [], repositories: [], env: {}, cwd: '/' },
    send: sendTo(logs),
    judge: createEntryJudge(watchFor(rules), crypto, trust),
    now: () => NOW,
    scan: false,
    init: false,
    readLedger: () => [],
    check: () => undefined,
    onProgress: () => undefined,
    say: () => undefined,
    wait: async () => undefined,
    ...more,
  });
}
