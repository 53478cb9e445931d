/** One run of the monitor against a sandbox, in this process, with state of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpSend } from '../../src/http/message.ts';
import { createEntryJudge } from '../../src/monitor/logged-signature.ts';
import { type MonitorEvent, runMonitor } from '../../src/monitor/run.ts';
import { prepareDirectory } from '../../src/monitor/state.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { LedgerLine } from '../../src/signing/ledger.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { signRequest } from './signing.ts';

export interface SandboxRun {
  /** The watched identity. */
  readonly email: string;
  readonly scan?: boolean;
  readonly ledger?: readonly LedgerLine[];
  /** Kept after the run. Default: a scratch directory that goes. */
  readonly directory?: string;
}

/** The events of a run. Nothing is told. */
export async function monitorEvents(
  sandbox: Sandbox,
  send: HttpSend,
  { email, scan = false, ledger = [], directory }: SandboxRun,
): Promise<readonly MonitorEvent[]> {
  const { trust, now } = await signRequest(sandbox);
  const scratch = directory ?? mkdtempSync(join(tmpdir(), 'git-signet-monitor-test-'));
  const place = { directory: scratch };
  try {
    await prepareDirectory(place);
    const { events } = await runMonitor({
      ...{ place, trust, crypto, send, now, scan, init: false },
      ...{ addresses: [], repositories: [], env: {}, cwd: '/' },
      judge: createEntryJudge(watchFor([namedRule(email)]), crypto, trust),
      readLedger: () => ledger,
      check: () => undefined,
      onProgress: () => undefined,
      say: () => undefined,
      wait: async () => undefined,
    });
    return events;
  } finally {
    if (directory === undefined) rmSync(scratch, { recursive: true, force: true });
  }
}
