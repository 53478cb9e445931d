/** Programs of the machine that some tests need; where one is absent those tests are skipped, with a word. */

import { findExecutable } from '../../src/system/process.ts';

/** True when every one of them is on PATH; else says which is not. */
export function haveTools(...names: readonly string[]): boolean {
  const absent = names.filter((name) => findExecutable(name, process.env) === undefined);
  for (const name of absent) console.warn(`skipped: no ${name} on PATH`);
  return absent.length === 0;
}
