/** The files in which a step of GitHub Actions leaves its summary and its outputs (GITHUB_STEP_SUMMARY, GITHUB_OUTPUT). */

import { appendFileSync } from 'node:fs';

/** GitHub drops a step's summary, or its outputs, if they are larger than this. */
const MAX_BYTES = 1024 * 1024;

/** Adds to such a file; false where it cannot be written or would be dropped. Never throws: a report decides nothing. */
export function appendToStep(path: string, text: string): boolean {
  if (Buffer.byteLength(text) > MAX_BYTES) return false;
  try {
    appendFileSync(path, text);
    return true;
  } catch {
    return false;
  }
}
