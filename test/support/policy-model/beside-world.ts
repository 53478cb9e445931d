/** Judges a case with heads, merges and approvals by the program's own rules over several commits. */

import { tagHeader } from '../../../src/core/git/header.ts';
import { approvalIn } from '../../../src/core/policy/approvals.ts';
import { governing } from '../../../src/core/policy/decide.ts';
import type { Outcome } from '../../../src/core/verdict.ts';
import { createApprovalJudge } from '../../../src/gate/approvals/judge.ts';
import type { KnownApproval, KnownApprovals } from '../../../src/gate/approvals/known.ts';
import { underTagApprovals } from '../../../src/gate/approvals/tag.ts';
import { underTagAttestations, withAttestations } from '../../../src/gate/attestations.ts';
import { createCarried } from '../../../src/gate/carried/judge.ts';
import { createGraph } from '../../../src/gate/graph.ts';
import type { PolicyBlobs } from '../../../src/gate/policy/blobs.ts';
import {
  type RevocationWatch,
  watchRevocations,
} from '../../../src/gate/policy/later-revocations.ts';
import { watchChanges, watchParents } from '../../../src/gate/policy/watch.ts';
import { underTagRule } from '../../../src/gate/tag-chain.ts';
import { isSurelyAncestor } from '../../../src/git/merge-bases.ts';
import type { MergeTrees } from '../../../src/git/merge-tree.ts';
import type { ObjectRequest } from '../../../src/git/objects.ts';
import type { WalkedCommit } from '../../../src/git/range-commits.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { rangeOf } from './approvals.ts';
import type { Case, Commit, Said, Statement } from './cases.ts';
import { filesOf, mergeFiles, mergeOf, treeId } from './git-facts.ts';
import { bytesOf, payloadOf } from './made-objects.ts';
import { holdHistory } from './memory-git.ts';
import { evidenceOf, judgeOne, readDocument, saidOf } from './program-parts.ts';
import { FORGED_CONTEXT, storedStatements } from './stored-statements.ts';

/** The approvals whose evidence holds, as the program reads them out of statements. */
function approvalsOf(statements: readonly Statement[]): KnownApprovals {
  const known = new Map<string, KnownApproval[]>();
  for (const statement of statements) {
    const { commits, trees, tags, type, content, holds } = statement;
    if (!holds) continue;
    const subjects = [
      ...commits.map((id) => ({ type: 'commit', id }) as const),
      ...trees.map((id) => ({ type: 'tree', id }) as const),
      ...tags.map((id) => ({ type: 'tag', id }) as const),
    ];
    const { base, ...rest } = content as Record<string, string>;
    const forTag = rest['ref']?.startsWith('refs/tags/') === true;
    const predicate = { ...rest, ...(forTag && base === undefined ? {} : { base: base ?? null }) };
    const approval = approvalIn({ subjects, predicateType: type, predicate });
    if (approval === undefined) continue;
    const one = { approval, verdict: evidenceOf(statement) };
    for (const id of [...commits, ...trees, ...tags])
      known.set(id, [...(known.get(id) ?? []), one]);
  }
  return {
    about: async (id) => known.get(id) ?? [],
    subjects: async () => new Set(known.keys()),
  };
}

/** Returns what the program says of a case with a world. Its objects have their real hashes. */
export async function programSaysOfWorld(judged: Case): Promise<readonly Said[]> {
  const { commits, judgedBy, ref, tag, world } = judged;
  if (world === undefined) throw new Error('no world');
  const policies = judged.policies.map(readDocument);
  const policy = policies[judgedBy === 'parents' ? 0 : judgedBy];
  if (policy === undefined) throw new Error('no policy');
  const ids = commits.map(({ id }) => id);
  const bytes = commits.map((commit) => bytesOf(commit, ids));
  const repository = holdHistory({ commits, ids, bytes, heads: world.heads });
  const at = (id: string): number => ids.indexOf(id);
  const tree = (made: ReturnType<typeof mergeOf>) => made && treeId(made);
  const merges: Pick<MergeTrees, 'treeOf' | 'treeOver'> = {
    treeOf: async (one, other) => tree(mergeOf(commits, at(one), at(other))),
    treeOver: async (...three) => {
      const [base = {}, one = {}, other = {}] = three.map((id) => filesOf(commits[at(id)]));
      return tree(mergeFiles(base, one, other));
    },
  };
  const names = new Map(
    commits.map((each) => [each.id, each.policy === 'none' ? undefined : `blob ${each.policy}`]),
  );
  const blobs: PolicyBlobs = {
    names: async (asked) => new Map(asked.map(({ id }) => [id, names.get(id)])),
    policy: async (blob) => policies[Number(blob.slice(5))],
  };
  const settings = { policy, ref };
  const own = async (request: Pick<ObjectRequest, 'id'>): Promise<Outcome | undefined> => {
    const commit = commits[at(request.id)];
    return commit && judgeOne(commit, bytes[at(request.id)] as Uint8Array, settings, request);
  };
  const range = rangeOf(judged);
  const line = new Set<string>();
  if (!world.single) {
    for (let each: number | undefined = world.tip; each !== undefined && range.has(each); ) {
      line.add(ids[each] ?? '');
      each = commits[each]?.parents[0];
    }
  }
  const carried = createCarried({ ...settings, repository, blobs, judge: own, merges, line });
  const alone = async (request: Pick<ObjectRequest, 'id'>): Promise<Outcome | undefined> => {
    const outcome = await own(request);
    return outcome && carried(request, outcome);
  };
  const known = approvalsOf(world.statements);
  const repositories = world.addresses;
  const graph = createGraph({
    ...{ ...settings, landings: line, mergeTree: merges.treeOf, carried },
    byParents: judgedBy === 'parents',
    alone: (id) => alone({ id }),
    reached: (id, from) => isSurelyAncestor(repository, id, from),
    approvals: async () =>
      createApprovalJudge({
        ...{ repository, known, repositories, crypto: nodeCrypto, merges, ref },
        alone: (id) => own({ id }),
      }),
  });
  const store = storedStatements(world.statements);
  const sources = { store, context: FORGED_CONTEXT };
  const tips = new Set([ids[world.tip] ?? '']);
  const whole = withAttestations(graph, { ...settings, ...sources, tips });
  const said: Said[] = [];
  const judge = async (request: ObjectRequest, single: boolean): Promise<void> => {
    const outcome = await own(request);
    if (outcome === undefined) throw new Error(`no commit ${request.id}`);
    const raw = bytes[at(request.id)] as Uint8Array;
    said.push(saidOf(await whole({ ...request, raw, single }, outcome)));
  };
  if (world.single) await judge({ id: ids[world.tip] ?? '' }, true);
  else {
    const walked: readonly WalkedCommit[] = [...commits.entries()]
      .filter(([each]) => each === 0 || range.has(each))
      .map(([each, commit]) => {
        const parents = commit.parents.map((parent) => ids[parent] ?? '');
        return { id: commit.id, tree: treeId(filesOf(commit)), parents, boundary: each === 0 };
      });
    const requests: RevocationWatch['requests'] = (walk, passes) =>
      judgedBy === 'parents'
        ? watchParents(walk(), {
            ...{ blobs, passes, start: { policy, blob: 'blob 0' } },
            hasRef: ref !== undefined,
            descends: async () => true,
          })
        : watchChanges(walk(), blobs);
    const watched = watchRevocations(() => [walked], {
      ...{ blobs, policy, requests },
      isVerified: async (request) => (await alone(request))?.status === 'verified',
    });
    for await (const group of watched) for (const request of group) await judge(request, false);
  }
  if (tag === undefined || judgedBy === 'parents') return said;
  const target = commits[world.tip] as Commit;
  const raw = payloadOf(tag, [], '', target.id);
  const first = await judgeOne(tag, raw, settings);
  const second = await judgeOne(target, bytes[world.tip] as Uint8Array, settings);
  const name = tag.tagName ?? '';
  const counted = underTagRule(policy, name, [first, second]);
  const [rule] = governing(policy, { type: 'tag' }, name);
  if (rule === undefined) throw new Error('no rule');
  const steps = [
    { raw, verdict: counted },
    { raw: bytes[world.tip] as Uint8Array, verdict: second },
  ];
  const chain = { ref: `refs/tags/${name}`, tag: tag.id, commit: target.id, steps };
  const approved = await underTagApprovals(
    chain,
    { policy, rule },
    { repository, known, repositories },
  );
  const fields = tagHeader(raw);
  if (fields === undefined) throw new Error('no tag');
  const outcome = await underTagAttestations(approved, { id: tag.id, fields }, target.id, {
    ...{ ...sources, policy },
  });
  return [...said, saidOf(outcome)];
}
