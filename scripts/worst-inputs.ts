/** A Markdown table of the worst inputs: what is said of each, and what it costs. */

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { scratchRepository } from '../test/support/git-repository.ts';
import { scratchSandbox } from '../test/support/sandbox.ts';
import { costOf } from './worst-parts/cost.ts';
import { worstInputs } from './worst-parts/inputs.ts';
import { verdictIn } from './worst-parts/verdict.ts';

const MAX_CPU = 4;
const MAX_PEAK = 250;

const program = resolve(import.meta.dirname, '../dist/git-signet');
const [word = ''] = process.argv.slice(2);
const sandbox = await scratchSandbox();
const repository = scratchRepository('worst');
let over = 0;
try {
  process.stdout.write(
    '| input | verdict | processor | peak | |\n| --- | --- | ---: | ---: | --- |\n',
  );
  for (const { name, args, input, env: more } of await worstInputs(repository, sandbox)) {
    if (!name.includes(word)) continue;
    const { path: cwd } = repository;
    const env = { ...repository.env, ...more };
    const cost = await costOf(program, {
      args,
      cwd,
      env,
      ...(input === undefined ? {} : { input }),
    });
    const holds = cost.cpu <= MAX_CPU && cost.peak <= MAX_PEAK;
    if (!holds) over += 1;
    // a run can end before this process looks
    const peak = cost.peak === 0 ? '–' : `${cost.peak.toFixed(0)} MiB`;
    const figures = `${cost.cpu.toFixed(2)} s | ${peak}`;
    process.stdout.write(
      `| ${name} | ${verdictIn(cost)} | ${figures} | ${holds ? '' : '**over**'} |\n`,
    );
  }
} finally {
  await sandbox.close();
  rmSync(repository.home, { recursive: true, force: true });
}
process.exitCode = over === 0 ? 0 : 1;
