/** What the monitor knows without a request: unexplained entries of a window of time, and when each log was last read to its end. */

import { join } from 'node:path';
import type { Environment } from '../system/environment.ts';
import { stateDirectory } from '../system/state-directory.ts';
import type { LoggedSignature } from './logged-signature.ts';
import { type LogState, readStates, type StatePlace } from './state.ts';

/** Returns the directory of the monitor's state, or undefined if the environment names no home. */
export function monitorDirectory(env: Environment): string | undefined {
  const state = stateDirectory(env);
  return state && join(state, 'monitor');
}

/** What to look for. All that is given must match. */
export interface UnexplainedQuery {
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
  /** Unix seconds, both inclusive. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * Returns the signatures in the logs that neither ledger nor repositories explained when a monitor found them, oldest first,
 * each once. An entry belongs to a window if the log took it in within it. If the log vouches for no time, it belongs to
 * every window that its certificate's ten minutes touch.
 * @throws ConfigError for state that cannot be used
 */
export function unexplainedEntries(
  place: StatePlace,
  { identity, issuer, from = 0, until = Number.POSITIVE_INFINITY }: UnexplainedQuery = {},
): readonly LoggedSignature[] {
  const byLeaf = new Map<string, LoggedSignature>();
  for (const { pending, told } of readStates(place)) {
    for (const finding of [...told, ...pending]) {
      if (finding.is !== 'signature') continue;
      const { signature } = finding;
      const { signer, logged, certificate } = signature;
      if (identity !== undefined && signer.value !== identity) continue;
      if (issuer !== undefined && signer.issuer !== issuer) continue;
      const [start, end] = [logged ?? certificate.notBefore, logged ?? certificate.notAfter];
      if (end >= from && start <= until) byLeaf.set(signature.leaf, signature);
    }
  }
  const start = ({ logged, certificate }: LoggedSignature): number =>
    logged ?? certificate.notBefore;
  return [...byLeaf.values()].toSorted((one, other) => start(one) - start(other));
}

/** When a log was last read to its end. */
export interface LogFreshness {
  readonly url: string;
  readonly how: 'entries' | 'index';
  /** Unix seconds, or 0 for never. */
  readonly readToEnd: number;
  /** Findings that were not told yet, because a run ended before. */
  readonly untold: number;
}

/**
 * Returns when each log that still grows was last read to its end. A log of which the index is asked counts as read when
 * that was last done, or its entries were. Empty if no monitor has run. @throws ConfigError
 */
export function logFreshness(place: StatePlace): readonly LogFreshness[] {
  const states = readStates(place).filter(({ ended }) => ended !== true);
  const logs = Map.groupBy(states, ({ logId }) => logId);
  return [...logs.values()].flatMap((own) => {
    const index = own.find(({ kind }) => kind === 'index');
    const line = (of: readonly LogState[], how: LogFreshness['how']): LogFreshness => ({
      url: of[0]?.url ?? '',
      how,
      readToEnd: Math.max(...of.map(({ readToEnd }) => readToEnd)),
      untold: of.reduce((sum, { pending }) => sum + pending.length, 0),
    });
    return index === undefined ? own.map((one) => line([one], 'entries')) : [line(own, 'index')];
  });
}
