/** `verify --shard x/y`: judges a part of a run and writes it as the file of a shard. */

import { parseArguments } from '../../cli/arguments.ts';
import type { ArgumentSpec, ParsedArguments } from '../../cli/spec.ts';
import { plural } from '../../core/plural.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import type { PolicyPlan } from '../../gate/plan.ts';
import { judgePlan, judgingContext } from '../../gate/run.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { runKey } from '../../gate/shards/run-key.ts';
import { openSelection, readShard, type Shard, selected } from '../../gate/shards/shard.ts';
import { headLine, shardLines } from '../../gate/shards/shard-file.ts';
import { flagOf, type SettingName } from '../../settings/table.ts';
import type { Invocation } from '../../system/invocation.ts';

const REPORTING: readonly string[] = ['shard', 'format', 'jobs', 'attest', 'notes', 'no-store'];
const BUFFER = 32 * 1024;

/** Returns the shard that the arguments ask for, if any. @throws UsageError */
export function shardOf({ values, switches }: ParsedArguments): Shard | undefined {
  const text = values.get('shard');
  if (text === undefined) return undefined;
  const other = ['format', 'attest'].find((name) => values.has(name) || switches.has(name));
  if (other === undefined) return readShard(text);
  throw new UsageError(`--shard and --${other}: a shard is no report`, {
    hint: 'git signet merge-reports --format FORMAT FILE...',
  });
}

/** Returns the arguments of a run as words, without those about shards and reports. */
function wordsOf({ values, flags, switches, positionals }: ParsedArguments): readonly string[] {
  const named = [...values].filter(([name]) => !REPORTING.includes(name));
  const settings = Object.entries(flags).map(
    ([name, value]) => [flagOf(name as SettingName), value] as const,
  );
  return [
    ...[...named, ...settings].map(([name, value]) => `--${name}=${value}`),
    ...[...switches].map((name) => `--${name}`),
    ...['--', ...positionals],
  ];
}

/** Reads the words of a shard. @throws UsageError for words that no shard has */
export function argumentsOf(words: readonly string[], spec: ArgumentSpec): ParsedArguments {
  const args = parseArguments(words, spec, 'verify');
  const stray = REPORTING.find((name) => args.values.has(name) || args.switches.has(name));
  if (stray === undefined) return args;
  throw new UsageError(`the arguments of the shards are no run: --${stray}`);
}

interface ShardRun {
  readonly shard: Shard;
  readonly plan: PolicyPlan;
  readonly setup: VerifySetup;
  readonly jobs: number;
}

/** Judges a shard and writes its file. Nothing is decided before the shards are merged, so every complete file is a success. */
export async function writeShard(
  { shard, plan, setup, jobs }: ShardRun,
  args: ParsedArguments,
  { streams, terminal }: Invocation,
): Promise<ExitCode> {
  const selection = openSelection();
  const { index, count } = shard;
  const run = { ...runKey(setup), log: setup.logUse };
  const { now } = setup.judge;
  const lines = shardLines();
  let text = lines.line(headLine({ shard: index, of: count, now, words: wordsOf(args), run }));
  let judged = 0;
  const requests = selected(plan.requests, selection, shard);
  await judgePlan({ requests, graph: undefined }, setup, judgingContext(setup), {
    ...{ jobs, output: 'outcome' },
    onResult: ({ piece = '' }) => {
      judged += 1;
      text += lines.line(piece);
      if (text.length < BUFFER) return;
      streams.write(text);
      text = '';
    },
  });
  const total = selection.count();
  streams.write(text + lines.end({ judged, total, selection: selection.digest() }));
  terminal.say(
    `shard ${index}/${count}: ${judged} of ${plural(total, 'object')}, and nothing is decided yet`,
  );
  return ExitCode.ok;
}
