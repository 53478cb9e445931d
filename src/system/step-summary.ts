/** Writes the summary and the outputs of a step of GitHub Actions (GITHUB_STEP_SUMMARY, GITHUB_OUTPUT). */

import { appendFileSync } from 'node:fs';

/** GitHub drops a summary or outputs above this size. */
const MAX_BYTES = 1024 * 1024;

/** Appends to such a file. Returns false if that fails or GitHub would drop it. It never throws, because a report decides nothing. */
export function appendToStep(path: string, text: string): boolean {
  if (Buffer.byteLength(text) > MAX_BYTES) return false;
  try {
    appendFileSync(path, text);
    return true;
  } catch {
    return false;
  }
}
