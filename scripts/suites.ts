/** Runs other projects' test suites against git-signet, and compares what failed with what is known to fail. */

import { runGitSuite } from './suite-parts/git-suite.ts';
import { type Outcome, printOutcome, Unavailable } from './suite-parts/outcome.ts';
import { runTufSuite } from './suite-parts/tuf-suite.ts';

const SUITES: Readonly<Record<string, (only: readonly string[]) => Promise<Outcome>>> = {
  git: runGitSuite,
  tuf: runTufSuite,
};

async function main(): Promise<number> {
  const [name = '', ...only] = process.argv.slice(2);
  const suite = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  if (suite === undefined) {
    process.stderr.write('usage: scripts/suites git [SCRIPT…] | tuf [TEST…]\n');
    return 2;
  }
  try {
    return printOutcome(await suite(only));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: ${error.message}\n`);
    return 0;
  }
}

process.exitCode = await main();
