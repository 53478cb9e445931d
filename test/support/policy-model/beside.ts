/** Judges a case by the program's own policy functions, compares it with the model, and makes a disagreement small. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { KeyKind } from '../../../src/core/identity-kind.ts';
import type { Subject } from '../../../src/core/policy/decide.ts';
import type { IdentityPolicy } from '../../../src/core/policy/model.ts';
import { policyFromData } from '../../../src/core/policy/policy.ts';
import type { Outcome, Signer, Verified } from '../../../src/core/verdict.ts';
import { underPolicies } from '../../../src/core/verify.ts';
import { createGraph } from '../../../src/gate/graph.ts';
import { contextOf } from '../../../src/gate/judge.ts';
import { keyOutcome } from '../../../src/gate/keys/pinned-keys.ts';
import { type RevocationWatch, watchRevocations } from '../../../src/gate/later-revocations.ts';
import { byKeys } from '../../../src/gate/outcome.ts';
import type { PolicyBlobs } from '../../../src/gate/policy-blobs.ts';
import { watchChanges, watchParents } from '../../../src/gate/policy-watch.ts';
import { underTagRule } from '../../../src/gate/tag-chain.ts';
import type { ObjectRequest } from '../../../src/git/objects.ts';
import type { WalkedCommit } from '../../../src/git/range-commits.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import {
  type Act,
  type Case,
  type Commit,
  fingerprintOf,
  isKey,
  type PersonLine,
  type PolicyDocument,
  type Said,
  type SignedBy,
} from './cases.ts';
import { isAlone, judgeCase } from './model.ts';

const TREE = '1'.repeat(40);
const MERGED = '2'.repeat(40);
const OUTSIDE = 'f'.repeat(40);

function personText(line: PersonLine): string {
  return line === 'odd'
    ? 'A <a@a.test> <b@b.test> 1 +0000'
    : `A <${line.email}> ${line.time} +0000`;
}

function payloadOf(act: Act, parents: readonly string[], tree: string): Uint8Array {
  const head =
    act.type === 'commit'
      ? [
          `tree ${tree}`,
          ...parents.map((id) => `parent ${id}`),
          `author ${personText(act.author)}`,
          `committer ${personText(act.committer)}`,
        ]
      : [
          `object ${TREE}`,
          'type commit',
          `tag ${act.tagName ?? ''}`,
          `tagger ${personText(act.committer)}`,
        ];
  const trailers = act.signOffs.map((email) => `Signed-off-by: A <${email}>\n`).join('');
  return utf8(`${head.join('\n')}\n\nsubject\n\n${trailers}`);
}

function signerOf(by: SignedBy): Signer {
  if (isKey(by)) {
    return { kind: by.kind, value: by.value, issuer: 'policy', extensions: {} };
  }
  const { kind, value, issuer, job } = by;
  if (job === undefined) return { kind, value, issuer, extensions: {} };
  const extensions = {
    '12': `https://github.com/${job.repository}`,
    '14': job.ref,
    '20': job.trigger,
    ...(job.repositoryId === undefined ? {} : { '15': job.repositoryId }),
    ...(job.environment === undefined ? {} : { '23': job.environment }),
  };
  return { kind, value, issuer, extensions };
}

function evidenceOf(act: Act): Verified {
  if (act.by === undefined) throw new Error('no evidence');
  const times = act.times.map((time) => ({ source: 'rekor', time, authority: 'aa' }) as const);
  const certificate = { sha1: '00', sha256: act.certificate, notBefore: act.issued, notAfter: 0 };
  const logIndex = String(act.index);
  const logEntry = { logId: act.log, logIndex, kindVersion: 'hashedrekord 0.0.1' };
  return { status: 'verified', signer: signerOf(act.by), certificate, logEntry, times };
}

const UNSIGNED = { status: 'unsigned', check: 'object', code: 'unsigned', detail: '' } as const;

/** The check of a key's signature that the program makes with the keys of a policy. */
async function judgeKey(
  kind: KeyKind,
  act: Act,
  policy: IdentityPolicy,
  subject: Subject,
): Promise<Outcome | undefined> {
  const rules = (policy.keys ?? []).filter((rule) => rule.kind === kind);
  if (rules.length === 0) return undefined;
  const value = act.by?.value ?? '';
  const rule = rules.find(({ key }) => key === value);
  const fingerprint = fingerprintOf({ kind, value });
  const check =
    rule === undefined
      ? ({ status: 'unknown', claimed: value } as const)
      : ({ status: 'good', rule, fingerprint, time: act.times[0] ?? 0 } as const);
  return keyOutcome(kind, check, { policy, subject, signature: utf8(''), crypto: nodeCrypto });
}

/** YAML is read elsewhere. Here the data is what a file holds. */
function readDocument(document: PolicyDocument): IdentityPolicy {
  return policyFromData(document, 'p', JSON.stringify(document), (path) => path.join('.'));
}

function saidOf(outcome: Outcome): Said {
  if (outcome.status === 'verified') {
    const notes = (outcome.findings ?? []).filter(({ severity }) => severity === 'note');
    const rule = outcome.rule ?? '';
    return { status: 'verified', rule, notes: notes.map(({ code }) => code).toSorted() };
  }
  if (outcome.status === 'not-allowed') return { status: 'not-allowed', code: outcome.code };
  return { status: outcome.status as 'unsigned' | 'undecided' };
}

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
  const judgeOne = async (act: Act, payload: Uint8Array, request?: ObjectRequest) => {
    const base = { crypto: nodeCrypto, trust: undefined, now: 0, policy: start, ref } as never;
    const context = contextOf(request ?? {}, base);
    const { by, type } = act;
    if (by === undefined) return UNSIGNED;
    const subject = { type, payload, ids: [act.id] };
    if (!isKey(by)) return underPolicies(evidenceOf(act), context, subject);
    const undecided = { status: 'undecided', check: 'object', detail: '', kind: by.kind } as const;
    const verdict = { ...undecided, code: 'signature-kind-unsupported' } as const;
    return byKeys(verdict, context, subject, (policy, under) =>
      judgeKey(by.kind, act, policy, under),
    );
  };
  const judgeRequest = async (request: ObjectRequest): Promise<Outcome> => {
    const commit = byId.get(request.id);
    if (commit === undefined) throw new Error(`no commit ${request.id}`);
    return judgeOne(commit, rawOf(commit), request);
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
    await judgeOne(tag, payloadOf(tag, [], '')),
    await judgeOne(last, rawOf(last)),
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
  const model = judgeCase(judged);
  const program = await programSays(judged);
  for (let at = 0; at < Math.max(model.length, program.length); at += 1) {
    if (JSON.stringify(ordered(model[at])) === JSON.stringify(ordered(program[at]))) continue;
    return { at, program: program[at], model: model[at] };
  }
  return undefined;
}

function ordered(said: Said | undefined): unknown {
  return said && [said.status, said.code, said.rule, said.notes];
}

/** Every case that lacks one thing of this one. */
function* smaller(judged: Case): Generator<Case> {
  const { commits, policies, tag } = judged;
  if (tag !== undefined) yield { ...judged, tag: undefined };
  if (commits.length > 1) yield { ...judged, commits: commits.slice(0, -1) };
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
