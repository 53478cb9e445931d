/** Copies what verify-result.schema.json says of a result into serve.schema.json, because a published schema must be whole. */

import { readFileSync, writeFileSync } from 'node:fs';

const RESULTS = 'schema/verify-result.schema.json';
const SERVE = 'schema/serve.schema.json';

interface Schema {
  readonly $defs: Readonly<Record<string, unknown>>;
}
const read = (path: string): Schema => JSON.parse(readFileSync(path, 'utf8')) as Schema;

/** Writes the schema of `git signet serve` anew if the other one has changed. scripts/style brings it into form. */
export function copyResultSchema(): void {
  const { report: _, counts: __, ...shared } = read(RESULTS).$defs;
  const serve = read(SERVE);
  const made = { ...serve, $defs: { ...serve.$defs, ...shared } };
  if (JSON.stringify(made) === JSON.stringify(serve)) return;
  writeFileSync(SERVE, `${JSON.stringify(made, undefined, 2)}\n`);
}
