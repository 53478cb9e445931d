/** Reads the `vsa` of a policy: whose verification summaries count, and how long a chain of them may be. */

import type { SummaryTrust } from './model.ts';
import { type Names, resolveNames } from './object-rules.ts';
import { asCount, asMap, type Reader } from './reader.ts';

/** Most summaries of a chain if the policy does not say so. */
const LINKS = 100;

/** @throws ConfigError POLICY_FILE with line and column */
export function readVsa(reader: Reader, value: unknown, names: Names): SummaryTrust {
  const vsa = asMap(reader, value, ['vsa'], ['by', 'links']);
  return {
    by: resolveNames(reader, vsa.by, ['vsa', 'by'], names),
    links: vsa.links === undefined ? LINKS : asCount(reader, vsa.links, ['vsa', 'links'], 1),
  };
}
