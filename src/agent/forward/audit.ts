/** What was signed for others, and what was refused: one JSON object a line, in a private file that is no link (threat D14). */

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { visible } from '../../core/escape.ts';
import { openLog } from '../../system/log-file.ts';
import { briefNames, briefText } from '../daemon/brief.ts';
import type { Described } from './described.ts';

export interface Audited extends Described {
  readonly verdict: 'signed' | 'refused';
  /** The identity that signed; '' when nobody did. */
  readonly who: string;
  /** The clone that it belongs to; '' when none was asked for. */
  readonly repository: string;
  readonly payload: Uint8Array;
  readonly reason?: string | undefined;
  /** How many requests this line stands for, where it may be several. */
  readonly count?: number | undefined;
}

/** Rejects where nothing can be written: then nothing is signed either. */
export type AuditLog = (what: Audited) => Promise<void>;

/** Appends to the file at `path`. `now` in Unix seconds. */
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
 * For refusals that cost the other machine nothing: the first is written at once, of those that follow one a minute with
 * how many there were, so that asking without end does not fill the disk.
 */
export function sparingly(audit: AuditLog): AuditLog {
  let resting = false;
  let unwritten: { readonly last: Audited; readonly count: number } | undefined;
  const rest = (): void => {
    resting = true;
    setTimeout(() => {
      resting = false;
      if (unwritten === undefined) return;
      const { last, count } = unwritten;
      unwritten = undefined;
      rest();
      // nobody is left to be told that it cannot be written, and nothing was signed
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
