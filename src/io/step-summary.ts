/** The file in which a CI job collects its summary (GitHub Actions: GITHUB_STEP_SUMMARY). */

import { appendFileSync } from 'node:fs';

/** GitHub drops a step's summary that is larger than this. */
const MAX_SUMMARY = 1024 * 1024;

/** Adds to the summary; false where it cannot be written or would be dropped. Never throws: a report decides nothing. */
export function appendSummary(path: string, markdown: string): boolean {
  if (Buffer.byteLength(markdown) > MAX_SUMMARY) return false;
  try {
    appendFileSync(path, markdown);
    return true;
  } catch {
    return false;
  }
}
