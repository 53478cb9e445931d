/**
 * `git signet resign`: signs a branch's own commits that are unsigned or broken again, with one login. Trees, messages,
 * authors and dates stay byte for byte. The branch moves once, at the end, or not at all. The working tree is not touched.
 */

import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { equal } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { signedCommit, unsignedCommit } from '../../core/git/rewrite.ts';
import { objectId, splitSignedObject } from '../../core/git/signed-object.ts';
import { plural } from '../../core/plural.ts';
import { AnswerError, ExitCode, UsageError } from '../../errors.ts';
import { resolveCommits, resolveNames } from '../../git/names.ts';
import { type GitRepository, gitLine, openRepository } from '../../git/repository.ts';
import { askGitLine } from '../../git/simple-git.ts';
import { shortened } from '../../report/text.ts';
import { settingsHere } from '../../settings/here.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import { untilInterrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { shellWord } from '../../system/shell.ts';
import { loadTrust } from '../../trust/load.ts';
import { idsOf, ownAddress, type Planned, planResign } from './plan.ts';
import { type SignOne, withSeries } from './series.ts';

interface Target {
  readonly base: string;
  readonly tip: string;
  /** The full name of the ref that moves, or HEAD if it is detached. */
  readonly ref: string;
}

/** Reads a range whose end is a branch, or HEAD. @throws UsageError */
async function targetOf(repository: GitRepository, range: string): Promise<Target> {
  const match = /^(.+?)\.\.(?!\.)(.*)$/s.exec(range);
  if (match === null) {
    throw new UsageError(`${range}: a range of commits is needed`, {
      hint: 'run: git signet resign origin/main..HEAD',
    });
  }
  const [, from = '', to = ''] = match;
  const name =
    to === '' || to === 'HEAD' ? 'HEAD' : `refs/heads/${to.replace(/^refs\/heads\//, '')}`;
  const [base] = await resolveCommits(repository, [from]);
  const [tip] = await resolveNames(repository, [name, to === '' ? 'HEAD' : to]);
  // only a branch can move, so the end of the range must name one
  const expression = /[~^:]|@\{/.test(name);
  if (base === undefined || tip?.type !== 'commit' || expression) {
    const what = base === undefined ? from : `${to} is not a branch here, so it cannot be moved`;
    throw new UsageError(`${range}: ${base === undefined ? `no such commit: ${what}` : what}`, {
      code: 'NO_SUCH_OBJECT',
    });
  }
  return { base: base.id, tip: tip.id, ref: name };
}

/** Signs the commits and writes them. No ref names them yet. Returns new ids by old ids. */
async function makeAgain(
  planned: readonly Planned[],
  repository: GitRepository,
  sign: SignOne,
  progress: (done: number) => void,
): Promise<ReadonlyMap<string, string>> {
  const { format } = repository;
  const crypto = await loadCrypto();
  const renamed = new Map<string, string>();
  for (const { id, raw, what } of planned) {
    if (what !== 'sign') continue;
    const payload = unsignedCommit(raw, renamed);
    const { signature } = await sign(payload);
    const made = signedCommit(payload, signature, format);
    const split = splitSignedObject('commit', made, format);
    const name = objectId(crypto, 'commit', made, format);
    if (split === undefined || !equal(split.payload, payload)) {
      throw new AnswerError(
        'SELF_VERIFICATION',
        `${id}: git would read the signed commit differently`,
      );
    }
    const written = await gitLine(
      repository,
      ['hash-object', '-t', 'commit', '-w', '--stdin'],
      made,
    );
    if (written !== name)
      throw new AnswerError('SELF_VERIFICATION', `${id}: git calls it ${written}`);
    renamed.set(id, name);
    progress(renamed.size);
  }
  return renamed;
}

/** Returns the tags and branches that still point to the old commits. */
async function leftBehind(
  repository: GitRepository,
  renamed: ReadonlyMap<string, string>,
  moved: string,
): Promise<readonly string[]> {
  const format = '--format=%(refname) %(objectname) %(*objectname)';
  const list = ['for-each-ref', format, 'refs/heads', 'refs/tags'];
  const text = await askGitLine(repository, list);
  return text.split('\n').flatMap((line) => {
    const [ref = '', id = '', peeled = ''] = line.split(' ');
    return ref !== moved && (renamed.has(id) || renamed.has(peeled)) ? [ref] : [];
  });
}

const SHOWN = 50;

function row(one: Planned, renamed?: ReadonlyMap<string, string>): string {
  const ids =
    renamed === undefined
      ? one.id.slice(0, 7)
      : `${one.id.slice(0, 7)} → ${renamed.get(one.id)?.slice(0, 7)}`;
  const whose = one.own ? '' : ` (committer ${one.committer})`;
  const words = `${one.what.padEnd(4)} ${ids}  ${shortened(one.subject, SHOWN)}  ${one.why}${whose}`;
  return `${visible(words)}\n`;
}

/** Moves the branch if it still points to its old commit. @throws UsageError if it has moved meanwhile */
async function move(
  repository: GitRepository,
  { ref, tip }: Target,
  renamed: ReadonlyMap<string, string>,
): Promise<void> {
  const fresh = renamed.get(tip) ?? tip;
  const count = renamed.size;
  const message = `resign: ${plural(count, 'commit')} signed again`;
  const head = ref === 'HEAD' ? await symbolicHead(repository) : ref;
  const detached = head === 'HEAD' ? ['--no-deref'] : [];
  await gitLine(repository, ['update-ref', '-m', message, ...detached, head, fresh, tip]);
}

/** Returns the branch that HEAD stands for, or HEAD itself. */
async function symbolicHead(repository: GitRepository): Promise<string> {
  const name = await askGitLine(repository, ['rev-parse', '--symbolic-full-name', 'HEAD']);
  return name === '' ? 'HEAD' : name;
}

const run: Run = async (args, invocation) => {
  const { cwd, env } = invocation;
  const [range = ''] = args.positionals;
  const repository = await openRepository(cwd, env);
  try {
    return await resign(range, args, repository, invocation);
  } finally {
    repository.objects.close();
  }
};

/** Says whose commits the rest are, and how they are signed nevertheless. */
function sayOthers(
  left: readonly Planned[],
  range: string,
  { terminal }: Pick<Invocation, 'terminal'>,
): void {
  const [first, ...more] = new Set(left.map(({ committer }) => committer));
  const people = more.length === 0 ? first : `${first} and ${plural(more.length, 'other')}`;
  const what = plural(
    left.length,
    'unsigned or broken commit is',
    'unsigned or broken commits are',
  );
  terminal.say(`nothing to re-sign: ${what} by ${people}, not by you`);
  terminal.hint(`git signet resign --all ${shellWord(range)}   (signs with your name)`);
}

async function resign(
  range: string,
  args: ParsedArguments,
  repository: GitRepository,
  invocation: Invocation,
): Promise<ExitCode> {
  const { streams, terminal, now } = invocation;
  const target = await targetOf(repository, range);
  const ids = await idsOf(repository, target);
  if (ids.length === 0)
    throw new UsageError(`${range}: no commits in this range`, { code: 'EMPTY_RANGE' });
  const settings = await settingsHere(invocation, { flags: args.flags });
  const crypto = await loadCrypto();
  const trust = await loadTrust(settings, crypto);
  const judge = { trust, now: now(), format: repository.format, ignoreSct: false };
  const own = await ownAddress(repository);
  const planned = await planResign({
    repository,
    ids,
    setup: { judge, crypto },
    own,
    all: args.switches.has('all'),
  });
  const due = planned.filter(({ what }) => what === 'sign');
  const left = planned.filter(({ what }) => what === 'left');
  for (const one of left) writePage(streams, row(one));
  const [first] = due;
  if (first === undefined) {
    if (left.length === 0) terminal.say('every commit of this range is signed');
    else sayOthers(left, range, invocation);
    return left.length > 0 ? ExitCode.usage : ExitCode.ok;
  }
  if (args.switches.has('dry-run')) {
    for (const one of due) writePage(streams, row(one));
    terminal.say(`would sign ${due.length} of ${planned.length} again, and did nothing`);
    return ExitCode.ok;
  }
  const progress = (done: number): void =>
    terminal.progress(`git-signet: signed ${done} of ${due.length}`);
  const payload = unsignedCommit(first.raw, new Map());
  const work = withSeries(payload, invocation, (sign) =>
    makeAgain(planned, repository, sign, progress),
  );
  const renamed = await untilInterrupted(work);
  await move(repository, target, renamed);
  terminal.progress(undefined);
  for (const one of due) writePage(streams, row(one, renamed));
  terminal.say(
    `signed ${renamed.size} of ${planned.length} again, the old tip is ${target.tip.slice(0, 12)}`,
  );
  const others = await leftBehind(repository, renamed, target.ref);
  if (others.length > 0)
    terminal.hint(`still at the old commits: ${others.slice(0, 5).join(', ')}`);
  return ExitCode.ok;
}

export const command: Command = {
  summary: 'sign your own commits again',
  positionals: [{ name: 'BASE..[BRANCH]', takes: 'revision' }],
  options: {
    'dry-run': { short: 'n', meaning: 'show what would be done' },
    all: { meaning: "other people's commits too: your signature, their names" },
    'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
  },
  about: [
    'Signs your own commits of a branch that are unsigned or broken again, and those that stand on them, with one login. Content, messages, authors and dates stay as they are.',
  ],
  examples: [
    ['git signet resign --dry-run origin/main..HEAD'],
    ['git signet resign origin/main..HEAD'],
  ],
  notes: [
    'The branch moves at the end, all at once, and only if it still stands where it stood. Its old value is in the reflog. If you pushed it before: git push --force-with-lease',
  ],
  exits: { 0: 'done', 2: 'nothing to sign, or another committer', 4: 'login failed' },
  run,
};
