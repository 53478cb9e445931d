/**
 * One run of the monitor: reads every log of the trust root to its end, and sets apart what this machine cannot explain. What
 * was found is kept until it was told, so a run that is killed loses nothing.
 */

import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { isSignetError } from '../errors.ts';
import type { LedgerLine } from '../signing/ledger.ts';
import type { Environment } from '../system/environment.ts';
import { keepEvidence } from './evidence.ts';
import { type LieKind, LogLie } from './follow.ts';
import type { ExplicableEntry, LoggedSignature, UnreadableEntry } from './logged-signature.ts';
import { findLogs, type LogAddress } from './logs.ts';
import { type ReadContext, type ReadOutcome, readLog } from './read-log.ts';
import { checkRepositories, type KnownSignatures, knownSignatures } from './repositories.ts';
import { type LogFinding, type LogState, MAX_TOLD, readStates, writeState } from './state.ts';

/** What this machine's ledger can say of an entry that it does not hold. */
export type LedgerSays =
  /** There is none. */
  | 'none'
  /** It begins after the entry. */
  | 'begins-later'
  /** It was kept at that time. */
  | 'does-not-know-it';

/** Something that the user must hear of. */
export type MonitorEvent =
  | {
      readonly event: 'unexplained-entry';
      readonly entry: LoggedSignature;
      readonly ledger: LedgerSays;
      /** Unix seconds of the ledger's first line. */
      readonly ledgerBegins?: number | undefined;
    }
  | { readonly event: 'unreadable-entry'; readonly entry: UnreadableEntry }
  | {
      readonly event: 'lying-log';
      readonly log: string;
      readonly logId: string;
      readonly kind: LieKind;
      readonly detail: string;
      /** The file with both signed notes. */
      readonly evidence: string;
    }
  | {
      readonly event: 'unread-log';
      readonly log: string;
      readonly logId: string;
      readonly detail: string;
      readonly hint?: string | undefined;
    };

export interface MonitorRequest extends Omit<ReadContext, 'isExplained' | 'ledger'> {
  readonly trust: TrustMaterial;
  readonly addresses: readonly LogAddress[];
  /** Paths of repositories whose signatures explain entries. */
  readonly repositories: readonly string[];
  /** Reads the ledger as it stands now. */
  readonly readLedger: () => readonly LedgerLine[];
  readonly env: Environment;
  readonly cwd: string;
}

export interface MonitorResult {
  readonly outcomes: readonly ReadOutcome[];
  readonly events: readonly MonitorEvent[];
  /** Forgets what the events told. Without it, the next run tells it again. */
  readonly told: () => Promise<void>;
}

/** Runs the monitor once. The caller holds the lock. @throws ConfigError, UsageError for a repository that cannot be read */
export async function runMonitor(request: MonitorRequest): Promise<MonitorResult> {
  const { trust, addresses, send, crypto, place } = request;
  await checkRepositories(request.repositories, request);
  const outcomes: ReadOutcome[] = [];
  const troubles: MonitorEvent[] = [];
  const { found, missing } = await findLogs({ trust, addresses, send, crypto });
  for (const { log, error } of missing) {
    if (hasEnded(readStates(place), log.id)) continue;
    troubles.push(await troubleOf(error, { url: log.baseUrl, logId: log.id }, request));
  }
  const explained = explanations(request);
  const reading = { ...request, isExplained: explained.of, ledger: request.readLedger() };
  for (const one of found) {
    const where = { url: one.url, logId: one.log.id };
    try {
      for await (const outcome of readLog(one, reading)) outcomes.push(outcome);
      if (!request.scan) troubles.push(...notSearched(one.trees.at(-1)?.kind, where, request));
    } catch (error) {
      troubles.push(await troubleOf(error, where, request));
    } finally {
      request.onProgress(undefined);
    }
  }
  const pending = await unexplained(request);
  return {
    outcomes,
    events: [...troubles, ...pending.events],
    told: () => markTold(pending.states, request),
  };
}

/** A log that ended and was read to its end may be switched off. */
function hasEnded(states: readonly LogState[], logId: string): boolean {
  const own = states.filter((state) => state.logId === logId);
  return own.length > 0 && own.every(({ ended }) => ended === true);
}

type Where = { readonly url: string; readonly logId: string };

async function troubleOf(
  error: unknown,
  { url, logId }: Where,
  { place, now }: MonitorRequest,
): Promise<MonitorEvent> {
  if (error instanceof LogLie) {
    const { kind, message: detail } = error;
    const where = { directory: place.directory, url, logId, now: now() };
    const evidence = await keepEvidence(error, where);
    return { event: 'lying-log', log: url, logId, kind, detail, evidence };
  }
  if (!isSignetError(error) || error.kind !== 'service') throw error;
  const { message: detail, hint } = error;
  return { event: 'unread-log', log: url, logId, detail, hint };
}

/** An identity that the index cannot find is not looked for, which must not pass for silence. */
function notSearched(
  kind: string | undefined,
  { url: log, logId }: Where,
  { judge }: MonitorRequest,
): readonly MonitorEvent[] {
  const { rules, emails, beyondIndex } = judge.watch;
  if (kind !== 'rekor v1' || !beyondIndex) return [];
  const names = rules.filter(({ identity = '' }) => !emails.includes(identity));
  const detail = `its search index knows e-mail addresses only, so it cannot find ${names.map(({ name }) => name).join(', ')}`;
  const hint = 'read its entries in order: git signet monitor --scan';
  return [{ event: 'unread-log', log, logId, detail, hint }];
}

interface Explanations {
  readonly of: (entry: ExplicableEntry) => Promise<boolean>;
}

/** Ledger and repositories as they are now. A repository is read when the first entry needs it. */
function explanations({
  readLedger,
  repositories,
  judge,
  crypto,
  env,
  cwd,
}: MonitorRequest): Explanations {
  const known = new Set(readLedger().map(({ leaf }) => leaf));
  let signatures: Promise<KnownSignatures> | undefined;
  return {
    of: async (entry) => {
      if (known.has(entry.leaf)) return true;
      signatures ??= knownSignatures(repositories, { crypto, watch: judge.watch, env, cwd });
      return (await signatures).explains(entry);
    },
  };
}

interface Pending {
  readonly events: readonly MonitorEvent[];
  /** The states with their findings, of which `pending` are those to be told. */
  readonly states: readonly LogState[];
}

/**
 * Returns what is still unexplained after the ledger and the repositories were read once more: a signature may have been
 * fetched, or its line written, while the logs were read.
 */
async function unexplained(request: MonitorRequest): Promise<Pending> {
  const states = readStates(request.place).filter(({ pending }) => pending.length > 0);
  if (states.length === 0) return { events: [], states: [] };
  const fresh = explanations(request);
  const ledger = request.readLedger();
  const begins = ledger.length === 0 ? undefined : Math.min(...ledger.map(({ time }) => time));
  const told = new Set(readStates(request.place).flatMap((state) => state.told.map(nameOf)));
  const events: MonitorEvent[] = [];
  const left: LogState[] = [];
  for (const state of states) {
    const pending: LogFinding[] = [];
    for (const finding of state.pending) {
      const explained = finding.is === 'signature' && (await fresh.of(finding.signature));
      if (explained || told.has(nameOf(finding))) continue;
      told.add(nameOf(finding));
      pending.push(finding);
      events.push(eventOf(finding, begins));
    }
    left.push({ ...state, pending });
  }
  return { events, states: left };
}

function nameOf(finding: LogFinding): string {
  return finding.is === 'signature' ? finding.signature.leaf : finding.entry.leaf;
}

/** Returns when an entry was made: as the log vouches for it, or when its certificate was issued. Unix seconds. */
export function timeOf({ logged, certificate }: LoggedSignature): number {
  return logged ?? certificate.notBefore;
}

function eventOf(finding: LogFinding, begins: number | undefined): MonitorEvent {
  if (finding.is === 'unreadable') return { event: 'unreadable-entry', entry: finding.entry };
  const { signature: entry } = finding;
  const covers = begins !== undefined && timeOf(entry) >= begins;
  const ledger = begins === undefined ? 'none' : covers ? 'does-not-know-it' : 'begins-later';
  return { event: 'unexplained-entry', entry, ledger, ledgerBegins: begins };
}

async function markTold(
  states: readonly LogState[],
  { place, check }: MonitorRequest,
): Promise<void> {
  for (const state of states) {
    check();
    const told = [...state.told, ...state.pending].slice(-MAX_TOLD);
    await writeState(place, { ...state, pending: [], told });
  }
}
