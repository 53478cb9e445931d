/** The forge’s logs: an entry for a record, in a tree of strangers, signed for. */

import type { TransparencyLogEntry } from '../../../src/core/rekor/log-entry.ts';
import { type ForgeKey, key } from './keys.ts';
import {
  auditPath,
  bodyV1,
  bodyV2,
  type LoggedRecord,
  leafHashOf,
  logIdOf,
  note,
  promise,
  strangers,
  treeHash,
} from './log.ts';
import { base64, ORIGIN, type Overrides, same, T0 } from './spec.ts';

export const logKey = (version: 'v1' | 'v2'): ForgeKey =>
  version === 'v1' ? key('rekor') : key('rekor2', 'ed25519');

export function makeEntry(
  record: LoggedRecord,
  change: Overrides,
): { entry: TransparencyLogEntry | undefined; body: Uint8Array } {
  const version = change.log ?? 'v1';
  const own = logKey(version);
  const write = change.body ?? (version === 'v1' ? bodyV1 : bodyV2);
  const body = write((change.logged ?? same)(record));
  const { size, index } = change.tree ?? { size: 7, index: 4 };
  const leaves = strangers(size).with(index, leafHashOf(body));
  const logId = logIdOf(own, ORIGIN[version]);
  const origin = version === 'v1' ? `${ORIGIN.v1} - 1234567890` : ORIGIN.v2;
  const root = treeHash(leaves);
  const noteSpec = (change.note ?? same)({
    origin,
    size: String(size),
    root: base64(root),
    more: [],
    signatures: [{ name: ORIGIN[version], hint: logId, key: own }],
  });
  const logIndex = BigInt(index) + (version === 'v1' ? 1000n : 0n);
  const integratedTime = version === 'v1' ? BigInt(change.time ?? T0) : 0n;
  const claims = (change.promise ?? same)({ body, integratedTime, logId, logIndex, key: own });
  const base: TransparencyLogEntry = {
    logIndex,
    logId,
    kind: JSON.parse(Buffer.from(body).toString()).kind,
    version: '0.0.1',
    integratedTime,
    ...(version === 'v1' ? { inclusionPromise: promise(claims) } : {}),
    inclusionProof: {
      logIndex: BigInt(index),
      rootHash: root,
      treeSize: BigInt(size),
      hashes: auditPath(index, leaves),
      checkpoint: (change.noteText ?? same)(note(noteSpec)),
    },
  };
  return { entry: change.entry === undefined ? base : change.entry(base), body };
}
