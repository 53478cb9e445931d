/** Programs of the machine that some tests need; where one is absent those tests are skipped, with a word. */

import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The absolute path of a program on this PATH; undefined where there is none. */
export function findProgram(
  name: string,
  { PATH = '' }: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const folders = PATH.split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name)).find(mayRun);
}

/** True when every one of them is on PATH; else says which is not. */
export function haveTools(...names: readonly string[]): boolean {
  const absent = names.filter((name) => findProgram(name) === undefined);
  for (const name of absent) console.warn(`skipped: no ${name} on PATH`);
  return absent.length === 0;
}
