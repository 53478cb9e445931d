/**
 * Finds the logs to read: all that the trust root names, at the addresses that it and the signing config give. A log is
 * known by the key that signs its checkpoint, so an address that has moved, or serves another log, is seen.
 */

import { equal, fromHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { TrustedLog, TrustMaterial } from '../core/trust/trust-material.ts';
import { ServiceError } from '../errors.ts';
import { badAnswer } from '../http/answers.ts';
import type { HttpSend } from '../http/message.ts';
import type { LogReader } from '../services/log-reader.ts';
import { openTiles } from '../services/log-tiles.ts';
import { openRekorV1 } from '../services/log-v1.ts';
import { LogLie, readNote } from './follow.ts';

/** An address at which a log may be. */
export interface LogAddress {
  readonly url: string;
  /** Of Rekor's interface. Absent: it is found out. */
  readonly version?: 1 | 2 | undefined;
}

/** A log of the trust root, and the trees that can be read of it: ended shards, and the one that grows. */
export interface FoundLog {
  readonly log: TrustedLog;
  readonly url: string;
  readonly trees: readonly LogReader[];
}

/** A log of the trust root that no address serves. */
export interface MissingLog {
  readonly log: TrustedLog;
  readonly error: ServiceError | LogLie;
}

export interface LogSources {
  readonly trust: TrustMaterial;
  /** Addresses of the signing config and the settings. */
  readonly addresses: readonly LogAddress[];
  readonly send: HttpSend;
  readonly crypto: Crypto;
}

/** Returns one entry for each log, though the trust root may list a key for several periods. */
export function logsOf({ tlogs }: TrustMaterial): readonly TrustedLog[] {
  const byId = new Map<string, TrustedLog>();
  for (const log of tlogs) {
    const { start, end } = byId.get(log.id)?.validFor ?? log.validFor;
    const until =
      end === undefined || log.validFor.end === undefined
        ? {}
        : { end: Math.max(end, log.validFor.end) };
    byId.set(log.id, { ...log, validFor: { start, ...until } });
  }
  return [...byId.values()];
}

/** Opens the trees at an address. The checkpoint of the last one is the first request that proves anything. @throws ServiceError */
async function treesAt(
  { url, version }: LogAddress,
  sources: LogSources,
): Promise<readonly LogReader[]> {
  const { send, crypto } = sources;
  if (version === 2) return [openTiles(url, { send, crypto })];
  try {
    return await openRekorV1(url, send);
  } catch (error) {
    if (version === 1 || !(error instanceof ServiceError) || error.code !== 'SERVICE_REFUSED')
      throw error;
    return [openTiles(url, { send, crypto })];
  }
}

/** Returns the trusted log whose key a checkpoint names. The signature is checked when the tree is read. */
function signerOf(note: string, url: string, logs: readonly TrustedLog[]): TrustedLog | undefined {
  const { signatures } = readNote(note, url);
  return logs.find(({ id }) =>
    signatures.some(({ hint }) => equal(hint, (fromHex(id) ?? new Uint8Array()).subarray(0, 4))),
  );
}

/** Finds every log of the trust root. Asks an address of the trust root only for a log that is not found yet. */
export async function findLogs(
  sources: LogSources,
): Promise<{ readonly found: readonly FoundLog[]; readonly missing: readonly MissingLog[] }> {
  const logs = logsOf(sources.trust);
  const found = new Map<string, FoundLog>();
  const tried = new Map<string, ServiceError | LogLie>();
  const look = async (address: LogAddress): Promise<void> => {
    try {
      const trees = await treesAt(address, sources);
      const here = new Map<string, LogReader[]>();
      let note = '';
      for (const reader of trees) {
        note = await reader.checkpoint();
        const log = signerOf(note, address.url, logs);
        // an ended shard may have a key that the trust root never named, or no longer does
        if (log !== undefined) here.set(log.id, [...(here.get(log.id) ?? []), reader]);
      }
      for (const log of logs) {
        const own = here.get(log.id);
        if (own !== undefined && !found.has(log.id))
          found.set(log.id, { log, url: address.url, trees: own });
      }
      if (here.size > 0) return;
      const detail = 'its checkpoint is not signed by a log of the trust root';
      tried.set(address.url, new LogLie('foreign-checkpoint', detail, { later: note }));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      tried.set(address.url, error);
    }
  };
  for (const address of sources.addresses) await look(address);
  const missing: MissingLog[] = [];
  for (const log of logs) {
    if (found.has(log.id)) continue;
    const url = log.baseUrl.replace(/\/+$/, '');
    if (!tried.has(url)) {
      // a tiled log signs with Ed25519 in all deployments so far, and any other key says nothing
      await look({ url, version: log.key.kind === 'ed25519' ? 2 : undefined });
    }
    if (found.has(log.id)) continue;
    const error = tried.get(url);
    const nowhere = `it serves another log than ${log.id.slice(0, 16)}`;
    missing.push({ log, error: error ?? badAnswer('the log', nowhere, { host: url }) });
  }
  return { found: [...found.values()], missing };
}
