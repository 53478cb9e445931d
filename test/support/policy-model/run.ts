/** `node run.ts FIRST COUNT [worlds]`: judges so many cases by the program beside it, and says which seed differs first. */

import { disagreement } from './beside.ts';
import { caseOf } from './generate.ts';
import { worldCaseOf } from './generate-world.ts';

const [first = 1, count = 1] = process.argv.slice(2, 4).map(Number);
const make = process.argv[4] === 'worlds' ? worldCaseOf : caseOf;
let found: number | undefined;
for (let seed = first; seed < first + count && found === undefined; seed += 1) {
  // a judge that breaks down differs too
  const differs = await disagreement(make(seed)).catch((error: unknown) => error);
  if (differs !== undefined) found = seed;
}
process.stdout.write(`${found ?? 'none'}\n`);
