/**
 * What a sandbox's services are made of, opened from its directory: authorities, keys and logs. The HTTP faces
 * and the signatures made in process both work on these.
 */

import {
  type FulcioAuthority,
  loadFulcioAuthority,
  loadTimestampAuthority,
} from './authorities.ts';
import { type CtLog, openCtLog } from './fulcio/ctlog.ts';
import { openRekorV1, type RekorV1Log } from './rekor/v1.ts';
import { openRekorV2, type RekorV2Log } from './rekor/v2.ts';
import { LOOPBACK } from './service.ts';
import { type KeyPair, loadKey } from './state.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

export interface SandboxParts {
  readonly fulcio: FulcioAuthority;
  readonly ctLog: CtLog;
  readonly ctLogKeys: KeyPair;
  readonly rekor: RekorV1Log;
  readonly rekorKeys: KeyPair;
  readonly rekorV2: RekorV2Log;
  readonly tsa: TimestampAuthority;
  readonly certificateLifetimeSeconds: number;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

export interface PartsOptions {
  readonly dir: string;
  /** Rekor v1's tree id, decimal. */
  readonly treeId: string;
  readonly certificateLifetimeSeconds?: number | undefined;
  /** Unix milliseconds. */
  readonly clock?: (() => number) | undefined;
}

/** Opens, or makes on first use. @throws ConfigError if a key file holds no key */
export async function openParts(options: PartsOptions): Promise<SandboxParts> {
  const { dir, treeId, clock = Date.now, certificateLifetimeSeconds = 600 } = options;
  const now = Math.floor(clock() / 1000);
  const fulcio = await loadFulcioAuthority(dir, now);
  const ctLogKeys = loadKey(dir, 'ctlog', 'p256');
  const rekorKeys = loadKey(dir, 'rekor', 'p256');
  return {
    fulcio,
    ctLog: openCtLog(dir, ctLogKeys, fulcio.root.certificate, clock),
    ctLogKeys,
    rekor: openRekorV1(dir, rekorKeys, treeId, LOOPBACK),
    rekorKeys,
    // Clients expect a v2 log's checkpoints under the host of its address, without the port.
    rekorV2: openRekorV2(dir, loadKey(dir, 'rekor2', 'ed25519'), LOOPBACK),
    tsa: await loadTimestampAuthority(dir, now),
    certificateLifetimeSeconds,
    clock,
  };
}

/** Closes the logs' files. */
export function closeParts(parts: SandboxParts): void {
  for (const log of [parts.ctLog, parts.rekor, parts.rekorV2]) log.close();
}
