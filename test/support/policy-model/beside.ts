/** Judges a case by the program's own policy functions, compares it with the model, and makes a disagreement small. */

import type { Outcome } from '../../../src/core/verdict.ts';
import { createGraph } from '../../../src/gate/graph.ts';
import type { PolicyBlobs } from '../../../src/gate/policy/blobs.ts';
import {
  type RevocationWatch,
  watchRevocations,
} from '../../../src/gate/policy/later-revocations.ts';
import { watchChanges, watchParents } from '../../../src/gate/policy/watch.ts';
import { underTagRule } from '../../../src/gate/tag-chain.ts';
import type { ObjectRequest } from '../../../src/git/objects.ts';
import type { WalkedCommit } from '../../../src/git/range-commits.ts';
import { programSaysOfWorld } from './beside-world.ts';
import type { Case, Commit, PolicyDocument, Said, World } from './cases.ts';
import { isAlone, judgeCase } from './judge-case.ts';
import { MERGED, OUTSIDE, payloadOf, realized, TREE } from './made-objects.ts';
import { judgeOne, readDocument, saidOf } from './program-parts.ts';

/** The case as the gate's parts see it: ids, bytes, and the policies behind blobs. */
function prepare(judged: Case) {
  const { commits } = judged;
  const policies = judged.policies.map(readDocument);
  const idOf = (at: number): string => (at < 0 ? OUTSIDE : (commits[at]?.id ?? ''));
  const blobOf = ({ policy }: Commit): string | undefined =>
    policy === 'none' ? undefined : `blob ${policy}`;
  const names = new Map(commits.map((commit) => [commit.id, blobOf(commit)]));
  names.set(OUTSIDE, 'blob 0');
  const blobs: PolicyBlobs = {
    names: async (asked) => new Map(asked.map(({ id }) => [id, names.get(id)])),
    policy: async (blob) => policies[Number(blob.slice(5))],
  };
  const parentsOf = (commit: Commit): readonly string[] => commit.parents.map(idOf);
  const walked: readonly WalkedCommit[] = [
    { id: OUTSIDE, parents: [], boundary: true },
    ...commits.map((commit, at) => ({
      id: commit.id,
      parents: parentsOf(commit),
      boundary: at === 0,
    })),
  ];
  const rawOf = (commit: Commit): Uint8Array =>
    payloadOf(commit, parentsOf(commit), commit.clean ? MERGED : TREE);
  return { policies, blobs, walked, rawOf, byId: new Map(commits.map((each) => [each.id, each])) };
}

/** What the program says of the case. */
export async function programSays(judged: Case): Promise<readonly Said[]> {
  const { commits, judgedBy, ref, tag } = judged;
  const { policies, blobs, walked, rawOf, byId } = prepare(judged);
  const start = policies[judgedBy === 'parents' ? 0 : judgedBy];
  if (start === undefined) throw new Error('no policy');
  const judgeRequest = async (request: ObjectRequest): Promise<Outcome> => {
    const commit = byId.get(request.id);
    if (commit === undefined) throw new Error(`no commit ${request.id}`);
    return judgeOne(commit, rawOf(commit), { policy: start, ref }, request);
  };
  const requests: RevocationWatch['requests'] = (walk, passes) =>
    judgedBy === 'parents'
      ? watchParents(walk(), {
          ...{ blobs, passes, start: { policy: start, blob: 'blob 0' } },
          hasRef: ref !== undefined,
          descends: async (id) => id !== OUTSIDE,
        })
      : watchChanges(walk(), blobs);
  const watched = watchRevocations(() => [walked], {
    ...{ blobs, policy: start, requests },
    isVerified: async (request) => (await judgeRequest(request)).status === 'verified',
  });
  const landings = new Set<string>();
  for (let at: number | undefined = commits.length - 1; at !== undefined && at > 0; ) {
    landings.add(commits[at]?.id ?? '');
    at = commits[at]?.parents[0];
  }
  const graph = createGraph({
    ...{ policy: start, ref, landings, mergeTree: async () => MERGED },
    byParents: judgedBy === 'parents',
    alone: async () => undefined,
    reached: async () => false,
    approvals: () => Promise.reject(new Error('no rule of the model asks for approvals')),
  });
  const said: Said[] = [];
  for await (const group of watched) {
    for (const request of group) {
      const outcome = await judgeRequest(request);
      const { id, policies: under } = request;
      const raw = rawOf(byId.get(id) as Commit);
      const commit = { id, raw, policies: under, single: false };
      said.push(saidOf(isAlone(judged) ? outcome : await graph(commit, outcome)));
    }
  }
  if (tag === undefined) return said;
  const last = commits.at(-1) as Commit;
  const chain = [
    await judgeOne(tag, payloadOf(tag, [], ''), { policy: start, ref }),
    await judgeOne(last, rawOf(last), { policy: start, ref }),
  ] as const;
  return [...said, saidOf(underTagRule(start, tag.tagName ?? '', chain))];
}

export interface Disagreement {
  readonly at: number;
  readonly program: Said | undefined;
  readonly model: Said | undefined;
}

/** Returns the first difference of the two judges, or undefined. */
export async function disagreement(judged: Case): Promise<Disagreement | undefined> {
  const real = judged.world === undefined ? judged : realized(judged);
  const model = judgeCase(real);
  const program = await (real.world === undefined ? programSays(real) : programSaysOfWorld(real));
  for (let at = 0; at < Math.max(model.length, program.length); at += 1) {
    if (JSON.stringify(ordered(model[at])) === JSON.stringify(ordered(program[at]))) continue;
    return { at, program: program[at], model: model[at] };
  }
  return undefined;
}

function ordered(said: Said | undefined): unknown {
  return said && [said.status, said.code, said.rule, said.notes, said.carried];
}

/** Every case with one head, statement or address less. */
function* smallerWorlds(judged: Case, world: World): Generator<Case> {
  for (const part of ['heads', 'statements', 'addresses'] as const) {
    for (const index of world[part].keys()) {
      const less = world[part].filter((_: unknown, each: number) => each !== index);
      yield { ...judged, world: { ...world, [part]: less } };
    }
  }
  const { commits } = judged;
  const tip = commits[world.tip]?.parents[0];
  if (tip !== undefined && tip > 0) yield { ...judged, world: { ...world, tip } };
}

/** Every case that lacks one thing of this one. */
function* smaller(judged: Case): Generator<Case> {
  const { commits, policies, tag, world } = judged;
  if (world !== undefined) yield* smallerWorlds(judged, world);
  if (tag !== undefined) yield { ...judged, tag: undefined };
  if (commits.length > 1 && world === undefined) yield { ...judged, commits: commits.slice(0, -1) };
  for (const [at, commit] of commits.entries()) {
    const put = (less: Commit): Case => ({ ...judged, commits: commits.with(at, less) });
    if (at > 0 && commit.parents.length > 1) {
      for (const parent of commit.parents) {
        yield put({ ...commit, parents: commit.parents.filter((each) => each !== parent) });
      }
    }
    if (commit.by !== undefined) yield put({ ...commit, by: undefined });
    if (commit.signOffs.length > 0) yield put({ ...commit, signOffs: [] });
    if (commit.times.length > 1) yield put({ ...commit, times: commit.times.slice(1) });
    if (commit.policy !== 0) yield put({ ...commit, policy: 0 });
  }
  for (const [at, policy] of policies.entries()) {
    for (const part of ['commits', 'tags', 'signers', 'revoked'] as const) {
      const list: readonly object[] = policy[part] ?? [];
      for (const index of list.keys()) {
        const less = { ...policy, [part]: list.filter((_, each) => each !== index) };
        const empty = list.length === 1;
        const { [part]: _, ...without } = policy;
        if (!empty) yield { ...judged, policies: policies.with(at, less) };
        else if (part !== 'signers') {
          yield { ...judged, policies: policies.with(at, without as PolicyDocument) };
        }
      }
    }
    for (const [index, rule] of (policy.commits ?? []).entries()) {
      for (const key of Object.keys(rule) as (keyof typeof rule)[]) {
        const { [key]: _, ...less } = rule;
        const changed = { ...policy, commits: (policy.commits ?? []).with(index, less) };
        yield { ...judged, policies: policies.with(at, changed) };
      }
    }
  }
}

/** Takes away what the disagreement does not need. */
export async function minimal(judged: Case): Promise<Case> {
  for (const less of smaller(judged)) {
    // a smaller policy may name a signer that it no longer has, which is no policy
    const still = await disagreement(less).catch(() => undefined);
    if (still !== undefined) return minimal(less);
  }
  return judged;
}
