/** Writes what was signed for other machines, and what was refused: one JSON object a line, in a private file that is no link (threat D14). */

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { visible } from '../../core/escape.ts';
import { openLog } from '../../system/log-file.ts';
import { briefNames, briefText, type PayloadDescription } from './description.ts';

interface AuditRecord extends PayloadDescription {
  readonly verdict: 'signed' | 'refused';
  /** The identity that signed, or '' for a refusal. */
  readonly who: string;
  /** The clone that it belongs to, or '' if any repository will do. */
  readonly repository: string;
  readonly payload: Uint8Array;
  readonly reason?: string | undefined;
  /** How many requests this line stands for, if it may be several. */
  readonly count?: number | undefined;
}

/** Rejects if it cannot write: then the agent signs nothing either. */
export type AuditLog = (what: AuditRecord) => Promise<void>;

/** Returns a log that appends to the file at `path`. `now` in Unix seconds. */
export function openAuditLog(path: string, now: () => number): AuditLog {
  return async ({ payload, reason, count, ...what }) => {
    const { type, subject, parents, verdict, who, repository } = what;
    const line = {
      time: new Date(now() * 1000).toISOString(),
      verdict,
      who: visible(who),
      type,
      subject: briefText(subject),
      parents: briefNames(parents),
      payloadSha256: createHash('sha256').update(payload).digest('hex'),
      repository,
      reason: reason === undefined ? undefined : visible(reason),
      count,
    };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const descriptor = openLog(path, 'signet.forwardLog');
    try {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
    } finally {
      closeSync(descriptor);
    }
  };
}

const MINUTE_MS = 60_000;

/**
 * Returns a log for refusals that cost the other machine nothing. It writes the first at once, then one a minute with how
 * many there were, so that a machine that asks without end does not fill the disk.
 */
export function sparingly(audit: AuditLog): AuditLog {
  let resting = false;
  let unwritten: { readonly last: AuditRecord; readonly count: number } | undefined;
  const rest = (): void => {
    resting = true;
    setTimeout(() => {
      resting = false;
      if (unwritten === undefined) return;
      const { last, count } = unwritten;
      unwritten = undefined;
      rest();
      // nothing was signed, and no client is left to be told that this cannot be written
      audit({ ...last, count }).catch(() => undefined);
    }, MINUTE_MS).unref();
  };
  return async (what) => {
    if (resting) unwritten = { last: what, count: (unwritten?.count ?? 0) + 1 };
    else {
      rest();
      await audit({ ...what, count: 1 });
    }
  };
}
