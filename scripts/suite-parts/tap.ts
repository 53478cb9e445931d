/** The Test Anything Protocol as git's test library writes it. */

import type { TestResult } from './outcome.ts';

const LINE = /^(not )?ok \d+ (?:- )?(.*)$/;

/** Results in order; `file` is the script. A script that ends without its plan has one failure more. */
export function readTap(file: string, output: string): readonly TestResult[] {
  const results: TestResult[] = [];
  let planned: number | undefined;
  for (const line of output.split('\n')) {
    const plan = /^1\.\.(\d+)(?: # SKIP (.*))?$/.exec(line);
    if (plan !== null) {
      planned = Number(plan[1]);
      if (plan[2] !== undefined)
        results.push({ file, name: 'all', state: 'skipped', why: plan[2] });
    }
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, not, text = ''] = match;
    const skip = /^# skip (.*) \((.*)\)$/.exec(text);
    const known = / # TODO known breakage$/.test(text);
    if (skip !== null)
      results.push({ file, name: skip[1] ?? '', state: 'skipped', why: skip[2] ?? '' });
    else if (known)
      results.push({ file, name: text, state: 'skipped', why: 'broken in git itself' });
    else results.push({ file, name: text, state: not === undefined ? 'passed' : 'failed' });
  }
  const counted = results.filter(({ name }) => name !== 'all').length;
  if (planned === undefined || (planned !== 0 && planned !== counted))
    results.push({ file, name: 'runs to its end', state: 'failed', log: output.slice(-2000) });
  return results;
}
