/** What `doctor` says about the ledger, and about the monitor that reads the logs. */

import { visible } from '../../core/escape.ts';
import { isSignetError } from '../../errors.ts';
import type { Settings } from '../../settings/load.ts';
import { ledgerPath, ledgerTrouble } from '../../signing/ledger.ts';
import type { Invocation } from '../../system/invocation.ts';
import { systemReason } from '../../system/system-error.ts';
import { lastReads } from '../monitor/last-read.ts';
import { type DoctorCheck, ok, warn } from './check.ts';

function checkLedger({ ledger }: Settings, { env }: Invocation): DoctorCheck {
  if (!ledger) return ok('ledger', 'switched off (signet.ledger = false)');
  const path = ledgerPath(env);
  if (path === undefined) return warn('ledger', 'there is no home directory to keep it in');
  const trouble = ledgerTrouble(path);
  if (trouble === undefined) return ok('ledger', visible(path));
  const why = systemReason(trouble) || (trouble instanceof Error ? trouble.message : '');
  const what = `${visible(path)} cannot be written: ${why}. The monitor will not know new signatures`;
  return warn('ledger', what);
}

/** Checks the ledger, and when each log was last read to its end. */
export function checkMonitor(settings: Settings, invocation: Invocation): readonly DoctorCheck[] {
  const ledger = checkLedger(settings, invocation);
  try {
    const reads = lastReads(settings, invocation);
    const checks = reads.map(({ line, late }) =>
      late ? warn('monitor', line, 'git signet monitor') : ok('monitor', line),
    );
    if (checks.length > 0) return [ledger, ...checks];
    return [ledger, ok('monitor', 'does not run here: git signet help monitor')];
  } catch (error) {
    if (!isSignetError(error)) throw error;
    return [ledger, warn('monitor', visible(error.message), error.hint)];
  }
}
