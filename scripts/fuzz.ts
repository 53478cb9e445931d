/**
 * `scripts/fuzz objects` changes good objects and verifies them; `scripts/fuzz policies` makes policies stricter and asks
 * them again; `scripts/fuzz kinds` makes payloads of one kind look like another. Ends with 1 when something was found. A run goes on where its state file says that it stopped.
 */

import { parseArgs } from 'node:util';
import {
  freshState,
  readState,
  runCampaign,
  type State,
  writeState,
} from './fuzz-parts/campaign.ts';
import { kindCampaign } from './fuzz-parts/kinds.ts';
import { makeMerges } from './fuzz-parts/make-merges.ts';
import { objectCampaign } from './fuzz-parts/objects.ts';
import { policyCampaign } from './fuzz-parts/policies.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    state: { type: 'string' },
    only: { type: 'string' },
  },
});
/** Findings that are printed. */
const SHOWN = 20;

const CAMPAIGNS = { objects: objectCampaign, policies: policyCampaign, kinds: kindCampaign };
const [name = ''] = positionals;
const seed = Number(values.seed);

function say({ position, seconds, statuses, findings }: State): void {
  const counts = Object.entries(statuses).map(([status, count]) => `${status} ${count}`);
  const rate = Math.round(position / Math.max(seconds, 0.001));
  process.stdout.write(
    `${position} ${name}, seed ${seed}, ${seconds.toFixed(0)} s of processor (${rate}/s): ${counts.join(', ')}\n`,
  );
  for (const { position: at, wrong, what } of findings.slice(0, SHOWN)) {
    process.stdout.write(`${at}: ${wrong}: ${JSON.stringify(what).slice(0, 160)}\n`);
  }
  if (findings.length > 0) {
    process.stdout.write(`each in full: scripts/fuzz ${name} --seed ${seed} --only POSITION\n`);
  }
}

async function run(): Promise<number> {
  const campaign = await CAMPAIGNS[name as keyof typeof CAMPAIGNS](seed);
  if (values.only !== undefined) {
    process.stdout.write(
      `${JSON.stringify(await campaign.at(Number(values.only)), undefined, 1)}\n`,
    );
    return 0;
  }
  const { state: path } = values;
  const state = path === undefined ? freshState(name, seed) : readState(path, name, seed);
  const keep = (now: State): void => {
    if (path !== undefined) writeState(path, now);
  };
  const done = await runCampaign(campaign, state, Number(values.count), keep);
  const found = done.statuses['FINDING'] ?? 0;
  say(done);
  return found === 0 ? 0 : 1;
}

if (name === 'make-merges') makeMerges();
else if (Object.hasOwn(CAMPAIGNS, name)) process.exitCode = await run();
else {
  process.stderr.write(
    'scripts/fuzz objects|policies|kinds [--count N] [--seed N] [--state FILE] [--only POSITION]\n',
  );
  process.exitCode = 2;
}
