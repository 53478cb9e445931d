/**
 * `git signet verify-archive`: checks that a release archive holds exactly the tree that a signed tag names. First the tag
 * and its target are judged as by `verify-tag`. Then the archive's files must make up the tree of that commit.
 */

import { basename, resolve } from 'node:path';
import { readArchive } from '../../archive/archive.ts';
import { type Comparison, compareArchive } from '../../archive/compare.ts';
import { ArchiveFault } from '../../archive/entry.ts';
import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { tagHeader } from '../../core/git/header.ts';
import { plural } from '../../core/plural.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { countResults, exitCodeOf } from '../../gate/exit-code.ts';
import { tagContext } from '../../gate/run.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import type { Step } from '../../gate/tag-chain.ts';
import { colourHere } from '../../git/colour.ts';
import { readTree } from '../../git/tree.ts';
import { renderResult } from '../../report/formats.ts';
import { createReporter } from '../../report/reporter.ts';
import { untilInterrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import {
  APPROVAL_OPTIONS,
  statementSource,
  TRUST_OPTIONS,
  VERIFY_EXITS,
  WHO_OPTIONS,
} from './options.ts';
import { judgeTag } from './tag.ts';

const SHOWN = 20;
/** Bytes beyond the tree's own: headers, and what export-subst fills in. */
const SLACK_BYTES = 64 * 1024 * 1024;
const SLACK_ENTRIES = 1000;

/** Reads the commit that a verified tag names by its hash. The commit itself may be unsigned. */
const namedCommit = ({ type, raw }: Step): string | undefined => {
  const fields = type === 'tag' && raw !== undefined ? tagHeader(raw) : undefined;
  return fields?.targetType === 'commit' ? fields.target : undefined;
};

interface Asked {
  readonly tag: string;
  /** True if the commit of the tag must be signed too. */
  readonly follow: boolean;
}

/** Judges the tag. Returns its commit if everything on the way is verified. */
async function judge(
  { tag, follow }: Asked,
  setup: VerifySetup,
  invocation: Invocation,
): Promise<{ readonly exit: ExitCode; readonly commit: string | undefined }> {
  const { streams, terminal, env } = invocation;
  const { now } = setup.judge;
  const reporter = createReporter({
    colour: await colourHere(invocation),
    ...setup.facts,
    ...{ output: 'text', streams, terminal, noun: 'object', now, env },
    ...{ asked: [tag], subjects: [] },
  });
  const counts = countResults();
  const judging = await tagContext(setup);
  let commit: string | undefined;
  try {
    for (const step of await judgeTag(tag, judging, follow)) {
      counts[step.verdict.status] += 1;
      if (follow) commit = step.type === 'commit' ? step.id : undefined;
      else commit = namedCommit(step);
      reporter.add(renderResult(step, 'text'));
    }
  } finally {
    await judging.close();
  }
  const exit = exitCodeOf(counts);
  reporter.finish(counts, exit === ExitCode.ok);
  return { exit, commit };
}

function listed(label: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  return [`  ${label}: ${names.slice(0, SHOWN).join(', ')}${more}`];
}

function linesOf(file: string, tag: string, tree: string, result: Comparison): readonly string[] {
  const { problems, files, prefix } = result;
  const more = problems.length - SHOWN;
  const verdict =
    problems.length === 0
      ? [
          `verified     ${file}  exactly the tree ${tree.slice(0, 12)} of ${tag}, ${plural(files, 'entry', 'entries')}${prefix === '' ? '' : ` below ${prefix}`}`,
        ]
      : problems.slice(0, SHOWN).map((problem) => `refused      ${file}  ${problem}`);
  return [
    ...verdict,
    ...(more > 0 ? [`refused      ${file}  and ${more} more`] : []),
    ...listed('left out as the signed tree says (export-ignore)', result.ignored),
    ...listed('filled in as the signed tree says (export-subst)', result.substituted),
  ];
}

function prefixOf(args: ParsedArguments): string | undefined {
  const prefix = args.values.get('prefix');
  if (prefix === undefined || prefix === '') return prefix;
  if (!prefix.endsWith('/')) throw new UsageError('--prefix ends with a slash');
  return Buffer.from(prefix, 'utf8').toString('latin1');
}

async function compare(
  path: string,
  commit: string,
  setup: VerifySetup,
  prefix: string | undefined,
): Promise<{ readonly tree: string; readonly result: Comparison }> {
  const { repository, crypto } = setup;
  const tree = await readTree(repository, commit);
  const limits = { bytes: tree.bytes + SLACK_BYTES, entries: 2 * tree.files.size + SLACK_ENTRIES };
  try {
    const archive = await readArchive(path, repository.format, limits);
    return {
      tree: tree.id,
      result: await compareArchive(archive, { repository, crypto, commit, tree, prefix }),
    };
  } catch (error) {
    const broken =
      error instanceof ArchiveFault ||
      (error instanceof Error && /^Z_/.test(String((error as NodeJS.ErrnoException).code)));
    if (!broken) throw error;
    const problems = [
      error instanceof ArchiveFault ? error.message : `not a whole gzip file: ${error.message}`,
    ];
    return {
      tree: tree.id,
      result: { problems, ignored: [], substituted: [], prefix: '', files: 0 },
    };
  }
}

const run: Run = async (args, invocation) => {
  const { streams, terminal, cwd } = invocation;
  const [tag = '', file = ''] = args.positionals;
  const prefix = prefixOf(args);
  const setup = await setUpVerify(args, invocation);
  try {
    await statementSource(args, setup);
    const follow = !args.switches.has('no-target');
    const { exit, commit } = await judge({ tag, follow }, setup, invocation);
    if (exit !== ExitCode.ok || commit === undefined) {
      const why = exit === ExitCode.ok ? 'names no commit' : 'does not hold';
      terminal.say(`the archive was not read, because the tag ${why}`);
      return exit === ExitCode.ok ? ExitCode.refused : exit;
    }
    const { tree, result } = await untilInterrupted(
      compare(resolve(cwd, file), commit, setup, prefix),
    );
    for (const line of linesOf(basename(file), tag, tree, result))
      writePage(streams, `${visible(line)}\n`);
    return result.problems.length === 0 ? ExitCode.ok : ExitCode.refused;
  } finally {
    await setup.close();
  }
};

export const command: Command = {
  summary: 'a release archive holds exactly the signed tree',
  positionals: [
    { name: 'TAG', takes: 'tag' },
    { name: 'FILE', takes: 'file' },
  ],
  options: {
    ...WHO_OPTIONS,
    ...TRUST_OPTIONS,
    ...APPROVAL_OPTIONS,
    prefix: {
      group: 'How',
      takes: 'text',
      value: 'DIR/',
      meaning:
        'what names in the archive begin with (default: the one directory that holds everything, if there is one)',
    },
    'no-target': { group: 'How', meaning: 'judge the tag only: its commit may be unsigned' },
  },
  about: [
    'FILE (.tar, .tar.gz, .zip) must hold exactly the tree of the commit that the signed TAG names: every file, kind and byte, and nothing else. The tag is judged as by verify-tag. Nothing is unpacked.',
  ],
  examples: [['git signet verify-archive --policy-from origin/main v1.2 app-1.2.tar.gz']],
  notes: [
    'It says what the signed .gitattributes leave out (export-ignore) or fill in (export-subst).',
  ],
  exits: VERIFY_EXITS,
  run,
};
