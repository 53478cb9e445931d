/** `git signet log`: git log's own arguments and formats, with a mark and the verified signer in each commit. */

import type { Command, Run } from '../../cli/command.ts';
import { grouped } from '../../cli/options.ts';
import type { OptionSpecs } from '../../cli/spec.ts';
import { toHex } from '../../core/bytes.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { judgeAsTheyCome, type Results, type StreamJudge } from '../../gate/as-they-come.ts';
import { countResults } from '../../gate/exit-code.ts';
import { orAnySigner } from '../../gate/identity-flags.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import { type ConfigEntry, listGitConfig, parseGitConfig } from '../../git/config.ts';
import { type LogArguments, readLogArguments } from '../../git/log/arguments.ts';
import { keyAsker } from '../../git/log/key-answers.ts';
import { type LogRequest, logRequest, MARKER } from '../../git/log/request.ts';
import { openRepository } from '../../git/repository.ts';
import type { Output } from '../../report/formats.ts';
import { harmlessPieces } from '../../report/log/harmless.ts';
import { layoutOf } from '../../report/log/layout.ts';
import type { LogMark } from '../../report/log/mark.ts';
import { trustRemedies } from '../../report/trust-age.ts';
import { resolvedHere } from '../../settings/here.ts';
import type { Settings } from '../../settings/load.ts';
import { untilInterrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import { OutputClosed } from '../../system/terminal.ts';
import { TRUST_OPTIONS, WHO_OPTIONS } from '../verify/options.ts';
import { listLog, type Shown } from './listing.ts';
import { type MarkSettings, marksOf } from './marks.ts';
import { openScreen, type Screen } from './screen.ts';

/** A number that no author could know and write into a commit. */
function freshNumber(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/** Programs that this repository itself would have git run for a patch: they do not count here (threat I02). */
function foreignPrograms(entries: readonly ConfigEntry[]): readonly string[] {
  const keys = entries.filter(
    ({ key, scope }) =>
      (scope === 'local' || scope === 'worktree') &&
      /^diff\.(?:external|.*\.(?:textconv|command))$/.test(key),
  );
  return [...new Set(keys.map(({ key }) => key))];
}

function gitArguments(
  { format }: Pick<LogRequest, 'format'>,
  look: LogArguments,
  decorated: boolean,
  colour: boolean,
): readonly string[] {
  const { pretty, dated, decorate, passed } = look;
  const style = decorate === 'full' ? 'full' : 'short';
  return [
    'log',
    `--color=${colour ? 'always' : 'never'}`,
    '--no-show-signature',
    decorated ? `--decorate=${style}` : '--no-decorate',
    `--pretty=${format}`,
    ...(pretty.kind === 'own' && pretty.shortDate === true && !dated ? ['--date=short'] : []),
    ...passed,
  ];
}

interface Parts {
  readonly look: LogArguments;
  readonly entries: readonly ConfigEntry[];
  readonly settings: Settings;
  /** A policy decides. */
  readonly ruled: boolean;
  readonly setup: Promise<VerifySetup>;
}

/** The judge, made while git log already runs. */
function judgeLater({ setup }: Parts, output: Output): Promise<StreamJudge> {
  const judge = setup.then((ready) => {
    if (ready.choice.startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges, not a log', {
        hint: 'git signet verify --policy-from parents --since COMMIT A..B',
      });
    }
    return judgeAsTheyCome(ready, output);
  });
  judge.catch(() => undefined);
  return judge;
}

/** Lists the log, and ends what its judge started. */
async function listAndClose(
  listing: Parameters<typeof listLog>[0],
  invocation: Invocation,
): Promise<void> {
  try {
    await listLog(listing, invocation);
  } finally {
    const judge = await listing.judge.catch(() => undefined);
    await judge?.close();
  }
}

async function showLog(parts: Parts, screen: Screen, invocation: Invocation): Promise<void> {
  const { look, entries, settings, ruled } = parts;
  const { terminal, now } = invocation;
  const number = freshNumber();
  const decorated = look.decorate === 'auto' ? screen.seen : look.decorate !== 'no';
  const request = logRequest(look, decorated, number);
  const layout = layoutOf(request, look, screen);
  const answered = look.showSignature || request.slots.some(({ kind }) => kind !== 'mark');
  const marking: MarkSettings = {
    trusted: settings.trustWithoutPolicy === 'full',
    ...{ ruled, answered, keys: keyAsker(invocation, entries) },
  };
  const between = harmlessPieces(screen.colour);
  let distrusted = false;
  let text = '';
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(text, 'latin1');
    text = '';
    if (bytes.length > 0) await screen.write(bytes);
  };
  const show: Shown = async (pieces, results) => {
    const groups = results[Symbol.asyncIterator]();
    let group: LogMark[] = [];
    for (const piece of pieces) {
      if (piece.kind === 'text') {
        text += screen.seen ? between.push(piece.text) : piece.text;
        continue;
      }
      text += between.rest();
      if (group.length === 0) {
        await flush();
        const judged: Results = (await groups.next()).value ?? [];
        distrusted ||= judged.some((result) => result.distrusted === true);
        group = [...(await marksOf(judged, marking))];
      }
      const mark = group.shift();
      if (mark === undefined) throw new Error('a commit without a result');
      text += layout.lay(piece, mark);
    }
    await flush();
  };
  const foreign = foreignPrograms(entries);
  if (foreign.length > 0) terminal.say(`ignored what this repository sets: ${foreign.join(', ')}`);
  const [word = '', ...more] = gitArguments(request, look, decorated, screen.colour);
  const args = [word, ...(foreign.length > 0 ? ['--no-textconv', '--no-ext-diff'] : []), ...more];
  const judge = judgeLater(parts, answered ? 'answered-mark' : 'mark');
  await listAndClose({ args, number, judge, show }, invocation);
  text += between.rest();
  await flush();
  if (distrusted) trustRemedies((await parts.setup).facts.trust, now()).forEach(terminal.hint);
}

async function writeJson(parts: Parts, invocation: Invocation): Promise<void> {
  const { look, setup } = parts;
  const { streams, terminal, env, now } = invocation;
  const number = freshNumber();
  const format = `tformat:${number}${MARKER.begin}%H.${number}${MARKER.end}`;
  const args = gitArguments({ format }, look, false, false);
  const judge = judgeLater(parts, 'jsonl');
  const counts = countResults();
  const reporter = setup.then(async ({ facts }) => {
    const { createReporter } = await import('../../report/reporter.ts');
    return createReporter({
      ...facts,
      ...{ output: 'jsonl', streams, terminal, noun: 'commit', now: now(), env },
      ...{ asked: [], subjects: [] },
    });
  });
  reporter.catch(() => undefined);
  const show: Shown = async (_, results) => {
    const { add } = await reporter;
    for await (const group of results) group.forEach(add);
  };
  await listAndClose({ args, number, judge, show }, invocation);
  (await reporter).finish(counts, true);
}

async function showOnScreen(parts: Parts, invocation: Invocation): Promise<void> {
  const screen = openScreen(parts.look, parts.entries, invocation);
  try {
    const shown = showLog(parts, screen, invocation);
    // a pager takes Ctrl-C for itself
    await (invocation.streams.outputIsTerminal ? shown : untilInterrupted(shown, ''));
  } catch (error) {
    // the person has left the pager: that is how a log ends
    if (!(error instanceof OutputClosed && screen.paged())) throw error;
  } finally {
    await screen.close();
  }
}

const run: Run = async (args, invocation) => {
  const { env, cwd } = invocation;
  const askedGit = invocation.askedGit ?? listGitConfig({ env, cwd });
  const opened = openRepository(cwd, env);
  opened.then(({ objects }) => objects.start()).catch(() => undefined);
  const here = { ...invocation, askedGit };
  const { settings } = await resolvedHere(here, { flags: args.flags });
  const entries = parseGitConfig(await askedGit);
  const json = args.switches.has('json');
  const format = args.positionals.find((word) => /^--(?:pretty|format|oneline)\b/.test(word));
  if (json && format !== undefined) {
    throw new UsageError(`--json and ${format}: only one of them`);
  }
  const look = readLogArguments(args.positionals, entries);
  const asked = orAnySigner(args, settings);
  const setup = setUpVerify(asked, here, 'command', opened);
  setup.catch(() => undefined);
  const parts: Parts = { look, entries, settings, ruled: asked === args, setup };
  try {
    await (json ? untilInterrupted(writeJson(parts, here)) : showOnScreen(parts, here));
    return ExitCode.ok;
  } finally {
    const ready = await setup.catch(() => undefined);
    await ready?.close();
  }
};

// git log has a --since of its own
const { since: _, 'policy-from': __, ...WHO } = WHO_OPTIONS;
const OPTIONS: OptionSpecs = {
  json: { meaning: "a result a line, in the schema of verify's results" },
  ...grouped('Who may have signed (default: signet.policy, else every signer)', {
    'policy-from': { takes: 'revision', meaning: 'the signers of .signet.yaml at REV' },
    ...WHO,
  }),
  ...TRUST_OPTIONS,
};

export const command: Command = {
  summary: 'git log with verified names',
  passesTo: 'git log',
  brief: true,
  positionals: [{ name: "git log's arguments", takes: 'revision', optional: true, repeated: true }],
  options: OPTIONS,
  about: [
    "Shows what git log shows, with git log's own arguments and formats. Each commit has a mark: ✓ verified, ✗ not allowed or refused, ○ unsigned, ? undecided. Beside it stands the verified signer, or the word.",
  ],
  examples: [
    ['git signet log --oneline --graph main..topic'],
    ["git signet log --format='%h %G? %<(20,trunc)%GS %s'"],
    ['git signet log -3 --json'],
  ],
  notes: [
    'A format of your own is printed as it is, with %G… filled in. If it has no %G…, the mark stands in front.',
  ],
  exits: {
    [ExitCode.ok]: 'shown, whatever the verdicts are (git signet verify decides)',
    [ExitCode.usage]: 'usage, or git log failed',
  },
  run,
};
