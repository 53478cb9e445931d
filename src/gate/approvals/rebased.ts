/**
 * Finds approved commits that were applied again elsewhere. git alone must have made each result, so that no byte is in it
 * that the approver did not see (threats B1 to B8). The heads are not in the history, so they are found by author line and message.
 */

import { toHex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { mergeBases } from '../../git/merge-bases.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import type { GitRepository } from '../../git/repository.ts';
import {
  type StatedCommit,
  saysTheSame,
  statedCommit,
  statedCommitIn,
  statedCommits,
} from '../stated-commit.ts';
import type { ApprovedCommits } from './commits.ts';
import type { KnownApproval, KnownApprovals } from './known.ts';

/** Most heads that are compared. A stranger may push any number of statements (threat I05). */
const MAX_HEADS = 50_000;
/** Most commits of one run. */
const MAX_RUN = 1000;

export interface RebasedSettings {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  readonly known: KnownApprovals;
  readonly merges: Pick<MergeTrees, 'treeOver'>;
  readonly approved: (approval: KnownApproval['approval']) => Promise<ApprovedCommits | undefined>;
}

/** Returns the approvals of commits that were applied again as this landing or around it. `line` holds the landings of the run. */
export type FindRebased = (
  landing: StatedCommit,
  line: ReadonlySet<string>,
) => Promise<readonly KnownApproval[]>;

/** Approvals by landing, for one line. */
type ByLanding = ReadonlyMap<string, readonly KnownApproval[]>;

function keyOf({ author, encoding = '', message }: StatedCommit, crypto: Crypto): string {
  const parts = [author, utf8(encoding), message].map((part) => toHex(crypto.hash('sha256', part)));
  return parts.join(' ');
}

/** Returns the heads by what they say. Heads of the run's own line need no search. */
async function headsByKey({
  repository,
  crypto,
  known,
}: RebasedSettings): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = [...(await known.subjects())].slice(0, MAX_HEADS);
  const heads = new Map<string, string[]>();
  const keys = await repository.objects.each(ids, (frame) => {
    const commit = statedCommitIn(frame);
    return commit && keyOf(commit, crypto);
  });
  for (const [index, key] of keys.entries()) {
    const id = ids[index];
    if (key === undefined || id === undefined) continue;
    heads.set(key, [...(heads.get(key) ?? []), id]);
  }
  return heads;
}

/** Returns the results that end with `last`, oldest first, or undefined if they are not what the originals say. */
async function runOf(
  repository: GitRepository,
  last: string,
  originals: readonly StatedCommit[],
  line: ReadonlySet<string>,
): Promise<readonly StatedCommit[] | undefined> {
  const results: StatedCommit[] = [];
  let id = last;
  for (const original of originals.toReversed()) {
    const result: StatedCommit | undefined = line.has(id)
      ? await statedCommit(repository, id)
      : undefined;
    if (result?.parents.length !== 1 || !saysTheSame(result, original)) return undefined;
    results.unshift(result);
    [id = ''] = result.parents;
  }
  return results;
}

/** Returns true if git made each result of its parent and its original. */
async function isGitsWork(
  { repository, merges }: RebasedSettings,
  results: readonly StatedCommit[],
  originals: readonly StatedCommit[],
  base: string,
): Promise<boolean> {
  const [onto] = results[0]?.parents ?? [];
  const head = originals.at(-1)?.id;
  if (onto === undefined || head === undefined) return false;
  const bases = await mergeBases(repository, onto, head);
  if (bases.length !== 1 || bases[0] !== base) return false;
  for (const [index, { tree, parents }] of results.entries()) {
    const original = originals[index];
    const [[parent = ''], [over = '']] = [parents, original?.parents ?? []];
    if (original === undefined) return false;
    const made = parent === over ? original.tree : await merges.treeOver(over, parent, original.id);
    if (made !== tree) return false;
  }
  return true;
}

/** Returns the landings that an approval's commits became, if `last` is what its head became. */
async function landingsOf(
  { approval }: KnownApproval,
  last: string,
  line: ReadonlySet<string>,
  settings: RebasedSettings,
): Promise<readonly string[]> {
  const { repository, approved } = settings;
  const { base } = approval;
  const ids = base === undefined ? undefined : (await approved(approval))?.line;
  if (base === undefined || ids === undefined || ids.length > MAX_RUN) return [];
  const read = await statedCommits(repository, ids);
  const originals = read.filter((each) => each !== undefined);
  if (originals.length !== ids.length || originals.at(-1)?.tree !== approval.tree) return [];
  const results = await runOf(repository, last, originals, line);
  if (results === undefined) return [];
  return (await isGitsWork(settings, results, originals, base)) ? results.map(({ id }) => id) : [];
}

/** Returns the search of one run. It reads nothing before the first question, and each line once. */
export function openRebased(settings: RebasedSettings): FindRebased {
  const { repository, crypto, known } = settings;
  let heads: ReturnType<typeof headsByKey> | undefined;
  const lines = new WeakMap<ReadonlySet<string>, Promise<ByLanding>>();

  const search = async (line: ReadonlySet<string>): Promise<ByLanding> => {
    heads ??= headsByKey(settings);
    const byKey = await heads;
    const pairs: (readonly [last: string, head: string])[] = [];
    await repository.objects.each([...line], (frame) => {
      const commit = statedCommitIn(frame);
      if (commit === undefined) return;
      for (const head of byKey.get(keyOf(commit, crypto)) ?? []) {
        if (head !== commit.id) pairs.push([commit.id, head]);
      }
    });
    const found = new Map<string, KnownApproval[]>();
    for (const [last, head] of pairs) {
      for (const each of await known.about(head)) {
        if (each.approval.commit !== head) continue;
        for (const id of await landingsOf(each, last, line, settings)) {
          found.set(id, [...(found.get(id) ?? []), each]);
        }
      }
    }
    return found;
  };
  return async ({ id }, line) => {
    const byLanding = lines.get(line) ?? search(line);
    lines.set(line, byLanding);
    return (await byLanding).get(id) ?? [];
  };
}
