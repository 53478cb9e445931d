/** What was signed for others, and what was refused: one JSON object a line, in a private file that is no link (threat D14). */

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { visible } from '../../core/escape.ts';
import { openLog } from '../log-file.ts';
import type { Described } from './forward.ts';

export interface Audited extends Described {
  readonly verdict: 'signed' | 'refused';
  /** The identity that signed; '' when nobody did. */
  readonly who: string;
  /** The clone that it belongs to; '' when none was asked for. */
  readonly repository: string;
  readonly payload: Uint8Array;
  readonly reason?: string;
}

/** Rejects where nothing can be written: then nothing is signed either. */
export type AuditLog = (what: Audited) => Promise<void>;

/** Appends to the file at `path`. `now` in Unix seconds. */
export function openAuditLog(path: string, now: () => number): AuditLog {
  return async ({ type, subject, parents, verdict, who, repository, payload, reason }) => {
    const line = {
      time: new Date(now() * 1000).toISOString(),
      verdict,
      who: visible(who),
      type,
      subject: visible(subject),
      parents,
      payloadSha256: createHash('sha256').update(payload).digest('hex'),
      repository,
      ...(reason === undefined ? {} : { reason: visible(reason) }),
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
