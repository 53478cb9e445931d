/**
 * Finds the start of a run by signed verification summaries (`verify --since vsa`). A commit may be the start if a summary of it
 * says that everything passed which this run would judge behind the first commit of the range. What a summary judged is
 * known by hashes: all that its commit reaches, without what its `without` reaches. A `without` may itself have such a
 * summary. So a start never leaves out a commit that no counted run has judged under this policy and trust root.
 */

import { toHex } from '../../core/bytes.ts';
import {
  type SummarySubject,
  subjectFor,
  VERIFIER_ID,
  whyNotEnough,
} from '../../core/statement/source-vsa.ts';
import { UsageError } from '../../errors.ts';
import { readLinks } from '../../git/commit-links.ts';
import { resolveCommits } from '../../git/names.ts';
import { isAncestor } from '../../git/paths.ts';
import { proveRange } from '../../git/range-commits.ts';
import { openStatements, type StatementStore } from '../../statements/store.ts';
import type { JudgingContext } from '../outcome.ts';
import type { VerifySetup } from '../setup.ts';
import { claimsSummary, type GoodSummary, judgeSummary } from './summaries.ts';

/** A start, and the summaries that prove it. */
export interface SummaryStart {
  /** Full hash. It and its ancestors are not judged again. */
  readonly commit: string;
  /** The signer's name in the policy. */
  readonly name: string;
  /** SHA-256 of each bundle that was used, lower-case hex. The first one is that of the start. */
  readonly summaries: readonly string[];
}

/** A summary by a signer that counts, of one commit of the line. */
interface Held extends GoodSummary {
  readonly commit: string;
  readonly subject: SummarySubject;
  /** SHA-256 of the bundle, lower-case hex. */
  readonly digest: string;
}

/** Summaries along the first parents, from the tip down. It is read only as far as a question needs. */
interface Line {
  /** Those that say FAILED, of the commits that were read. */
  readonly failed: readonly Held[];
  /** Returns the summaries of the next commit that has some, or undefined at the end. */
  readonly next: () => Promise<readonly Held[] | undefined>;
  /** Reads on until these commits were read, or to the end. A later `next` still returns what was read. */
  readonly readTo: (commits: readonly string[]) => Promise<void>;
}

/** Most summaries that one search judges. A stranger may push any number (threat I05). */
const MOST_JUDGED = 10_000;

interface Search {
  readonly setup: VerifySetup;
  readonly judging: JudgingContext;
  readonly store: StatementStore;
  readonly base: string;
  readonly tip: string;
  readonly uri: string;
  /** The summaries of the line, as far as it was read. */
  readonly line: Line;
}

/** Returns the summaries of a commit that are about this repository and the ref of the run. */
async function heldOf(
  commit: string,
  { setup, judging, store, uri }: Omit<Search, 'line'>,
): Promise<readonly Held[]> {
  const { policy, ref } = setup.judge;
  const held: Held[] = [];
  const { statements } = await store.about(commit);
  for (const { kind, bytes } of statements) {
    if (kind !== 'bundle' || !claimsSummary(bytes)) continue;
    const judged = await judgeSummary(bytes, { context: judging.context, policy });
    if (!('vsa' in judged)) continue;
    const subject = subjectFor(judged.vsa, commit);
    if (subject === undefined || judged.vsa.resourceUri !== uri) continue;
    const refs = [subject.run?.ref, ...(judged.vsa.passed ? [] : subject.sourceRefs)];
    if (!refs.includes(ref)) continue;
    const digest = toHex(setup.crypto.hash('sha256', bytes));
    held.push({ ...judged, commit, subject, digest });
  }
  return held;
}

/** Returns why a summary by itself cannot be part of a start. `beside` holds others of the same commit. */
function whyNotUsable(
  { vsa, subject, commit, first }: Held,
  search: Search,
  beside: readonly Held[] = [],
): string | undefined {
  const { policy, trust } = search.setup.judge;
  const { run } = subject;
  if (vsa.verifierId !== VERIFIER_ID || run === undefined) return 'another program made it';
  const { uri: repository } = search;
  const enough = { id: commit, repository, verifierId: VERIFIER_ID, levels: [1] };
  const why = whyNotEnough(vsa, enough, first);
  if (why !== undefined) return why;
  if (vsa.policySha256 !== policy?.digest) return 'it was judged by another policy';
  if (run.trustDigest !== trust.digest) return 'it was judged by another trust root';
  if (run.leftOut.length > 0) return `its run left out a check (${run.leftOut.join(', ')})`;
  if (run.without.length === 0) return 'its run was about that commit alone';
  const failed = [...search.line.failed, ...beside.filter((other) => !other.vsa.passed)];
  const newer = failed.find(
    (other) => other.last >= first && other.subject.run?.without.includes(commit) !== true,
  );
  return newer === undefined
    ? undefined
    : `a newer summary of ${newer.commit.slice(0, 12)} says FAILED`;
}

/** Returns true if this run leaves out a commit and all its ancestors anyway. */
async function isLeftOut(id: string, { setup, base }: Search): Promise<boolean> {
  if (id === base || id === setup.judge.policy?.since) return true;
  const { repository } = setup;
  return repository.shallow.size === 0 && (await isAncestor(repository, id, base));
}

/** A chain of summaries, or why there is none. */
type Chain = { readonly links: readonly Held[] } | { readonly why: string };

/** Follows `without` of a summary back to commits that the run leaves out anyway. */
async function chainOf(top: Held, search: Search): Promise<Chain> {
  const most = search.setup.judge.policy?.vsa?.links ?? 0;
  const links = new Map<string, Held>([[top.commit, top]]);
  const open = [...(top.subject.run?.without ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (links.has(id) || (await isLeftOut(id, search))) continue;
    if (links.size >= most) return { why: `more than ${most} summaries would be needed (links)` };
    const all = await heldOf(id, search);
    const next = all.find((each) => whyNotUsable(each, search, all) === undefined);
    const short = id.slice(0, 12);
    if (next === undefined)
      return { why: `its run began at ${short}, and no good summary is of that` };
    links.set(id, next);
    open.push(...(next.subject.run?.without ?? []));
  }
  return { links: [...links.values()] };
}

/**
 * Returns true if a commit behind the oldest summary of a chain changes the policy. Such a commit may revoke signatures that
 * the summaries still counted, so everything must be judged again.
 */
async function changesPolicy(chain: readonly Held[], { setup, tip }: Search): Promise<boolean> {
  const { repository, choice } = setup;
  if (choice.blobs === undefined) return true;
  const exclude = chain.map(({ commit }) => commit);
  for (const from of exclude) {
    const range = { include: [tip], exclude: [from], symmetric: false };
    const proved = await proveRange(repository, range, `${from}..${tip}`);
    const own = (await choice.blobs.names([{ id: from }])).get(from);
    for (const group of proved.walk('newest-first')) {
      const names = await choice.blobs.names(group);
      if (group.some(({ id }) => names.get(id) !== own)) return true;
    }
  }
  return false;
}

async function whyNotStart(held: Held, search: Search): Promise<SummaryStart | string> {
  const why = whyNotUsable(held, search);
  if (why !== undefined) return why;
  const chain = await chainOf(held, search);
  if ('why' in chain) return chain.why;
  // a link lies below, and a summary that says FAILED may lie between
  await search.line.readTo(chain.links.map((link) => link.commit));
  for (const link of chain.links) {
    const ended = whyNotUsable(link, search);
    if (ended !== undefined) return ended;
  }
  if (await changesPolicy(chain.links, search)) return 'a commit behind it changes the policy';
  const { commit, names } = held;
  return { commit, name: names[0] ?? '', summaries: chain.links.map(({ digest }) => digest) };
}

/** Opens the line of the tip down to the base. */
async function openLine(search: Omit<Search, 'line'>): Promise<Line> {
  const { setup, store, base, tip } = search;
  const { repository } = setup;
  const subjects = await store.subjects();
  const failed: Held[] = [];
  const waiting: (readonly Held[])[] = [];
  const passed = new Set<string>();
  let at = subjects.size === 0 ? undefined : tip;
  let judged = 0;
  const parentOf = async (id: string): Promise<string | undefined> => {
    if (repository.shallow.has(id)) return undefined;
    const links = await readLinks(repository, [id]);
    return links[0]?.parents[0];
  };
  /** Reads one commit. Returns false at the end of the line. */
  const step = async (): Promise<boolean> => {
    if (at === undefined || at === base || judged > MOST_JUDGED) return false;
    const held = subjects.has(at) ? await heldOf(at, search) : [];
    judged += held.length;
    failed.push(...held.filter(({ vsa }) => !vsa.passed));
    if (held.length > 0) waiting.push(held);
    passed.add(at);
    at = await parentOf(at);
    return true;
  };
  return {
    failed,
    next: async () => {
      while (waiting.length === 0 && (await step()));
      return waiting.shift();
    },
    readTo: async (commits) => {
      while (!commits.every((id) => passed.has(id)) && (await step()));
    },
  };
}

/** Finds the newest start below the tip, or says why the newest summary is none. */
async function findStart(search: Omit<Search, 'line'>): Promise<SummaryStart | string> {
  const line = await openLine(search);
  let first: string | undefined;
  for (let held = await line.next(); held !== undefined; held = await line.next()) {
    for (const each of held) {
      if (each.commit === search.tip || !each.vsa.passed) continue;
      const start = await whyNotStart(each, { ...search, line });
      if (typeof start !== 'string') return start;
      first ??= `the summary of ${each.commit.slice(0, 12)} is no start: ${start}`;
    }
  }
  return first ?? 'no summary by a signer that counts is of a commit below it';
}

/** A run with the start that was found. */
export interface StartedRun {
  readonly revisions: readonly string[];
  readonly start?: SummaryStart;
  /** Why the whole range is judged. */
  readonly why?: string;
}

/** Splits the range of a run, or makes one of a revision and the policy's `since`. @throws UsageError */
function rangeOf(revisions: readonly string[], since: string | undefined) {
  const [text = 'HEAD', ...others] = revisions;
  if (others.length > 0)
    throw new UsageError('--since vsa judges one range, and several are given');
  const [, from = '', dots = '', to = ''] = /^(.*?)(\.{2,3})(.*)$/s.exec(text) ?? [];
  if (dots === '...') throw new UsageError('--since vsa judges a range A..B, not A...B');
  const base = dots === '' ? since : from || 'HEAD';
  const tip = dots === '' ? text : to || 'HEAD';
  if (base !== undefined) return { base, tip };
  throw new UsageError('--since vsa must know where the history begins that has to pass', {
    hint: 'name a range A..B, or the start: --since COMMIT, or since: in the policy',
  });
}

/**
 * Shortens the range of a run by the newest summary that may be its start. If there is none, the whole range is judged.
 * `uri` names the repository. @throws UsageError for revisions that are no range
 */
export async function startFromSummary(
  revisions: readonly string[],
  uri: string,
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<StartedRun> {
  const { repository, judge } = setup;
  const names = rangeOf(revisions, judge.policy?.since);
  const [base, tip] = await resolveCommits(repository, [names.base, names.tip]);
  if (tip === undefined) {
    throw new UsageError(`${names.tip}: there is no such commit`, { code: 'NO_SUCH_OBJECT' });
  }
  const whole = [`${names.base}..${names.tip}`];
  // a shallow clone may not hold the base, and its hash is enough
  const from = base?.id ?? names.base;
  const store = openStatements(repository);
  const start = await findStart({ setup, judging, store, base: from, tip: tip.id, uri });
  if (typeof start === 'string') return { revisions: whole, why: start };
  return { revisions: [`${start.commit}..${names.tip}`], start };
}
