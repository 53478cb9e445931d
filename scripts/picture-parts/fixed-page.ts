/** Puts fixed values in the place of what differs from run to run in a page: hashes, digests, ports, scratch folders. */

import { createHash } from 'node:crypto';

/** A hash of that many digits that is the same in every run. */
function fixedDigits(at: number, length: number): string {
  return createHash('sha256').update(`picture ${at}`).digest('hex').slice(0, length);
}

/**
 * Returns the page with fixed values. Whole hashes and digests are numbered in the order in which the page shows them, and
 * a shortened one follows the whole one that it begins.
 */
export function withFixedPage(html: string): string {
  const known = new Map<string, string>();
  for (const [whole] of html.matchAll(/\b(?:[0-9a-f]{40}|[0-9a-f]{64})\b/g)) {
    if (!known.has(whole)) known.set(whole, fixedDigits(known.size, whole.length));
  }
  return html
    .replace(/\b[0-9a-f]{12,64}\b/g, (found) => {
      for (const [whole, fixed] of known) {
        if (whole.startsWith(found)) return fixed.slice(0, found.length);
      }
      return found;
    })
    .replace(/(?<=127\.0\.0\.1:)\d+/g, '43121')
    .replace(/\/[^\s<>"]*\/alice-\w{6}/g, '/home/alice');
}
