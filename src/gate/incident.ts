/**
 * Finds what a taken-over account signed: all commits and tags of a repository that an entry of `revoked` would hit, and
 * the tags that reach them. Only signatures whose evidence holds are hits. One that claims the account and cannot be
 * judged here is listed apart, because it may be a hit.
 */

import type { Crypto } from '../core/crypto.ts';
import { subjectLine } from '../core/git/signed-object.ts';
import type { Revocation, RevokedTarget } from '../core/policy/model.ts';
import { isHit } from '../core/policy/revocations.ts';
import type { Outcome, Verified } from '../core/verdict.ts';
import { partyOf } from '../core/verify.ts';
import { everyCommit, everyTag, tagsReaching } from '../git/every-object.ts';
import type { ObjectRequest } from '../git/objects.ts';
import type { GitRepository } from '../git/repository.ts';
import type {
  IncidentObject,
  IncidentRelease,
  RepositoryIncident,
} from '../report/incident/model.ts';
import { type BatchItem, bytesOfItem, type JudgeSettings, verifyContext } from './judge.ts';
import type { LogAccess } from './log-entries.ts';
import { judgeOutcome } from './outcome.ts';
import { judgeObjects } from './range.ts';

export type Account = Extract<RevokedTarget, { kind: 'account' }>;

export interface IncidentSearch {
  readonly account: Account;
  readonly crypto: Crypto;
  readonly judge: Pick<JudgeSettings, 'trust' | 'now'>;
  readonly log: Pick<LogAccess, 'judge'>;
  /** Most threads. */
  readonly jobs: number;
  /** Called with the number of objects that were judged. */
  readonly onProgress: (done: number) => void;
}

function hitOf(item: BatchItem, raw: Uint8Array, verdict: Verified): IncidentObject {
  const { certificate, logEntry, times } = verdict;
  return {
    ...{ id: item.id, type: item.type, subject: subjectLine(raw) },
    time: times[0]?.time,
    certificate: { sha256: certificate.sha256, notBefore: certificate.notBefore },
    ...(logEntry === undefined
      ? {}
      : { logEntry: { logId: logEntry.logId, logIndex: logEntry.logIndex } }),
  };
}

/** Judges every object of a repository, and returns those that the account may have signed within the window. */
async function search(
  repository: GitRepository,
  { account, crypto, judge, log, jobs, onProgress }: IncidentSearch,
): Promise<Omit<RepositoryIncident, 'path' | 'releases'>> {
  const entry: Revocation = { target: account, reason: '' };
  const { format } = repository;
  const settings = { ...judge, format, ignoreSct: false };
  const keys = { judge: async () => undefined };
  const judging = { repository, crypto, log, keys, context: verifyContext(settings, crypto) };
  const hits: IncidentObject[] = [];
  const unproven: IncidentObject[] = [];
  let objects = 0;
  const look = (item: BatchItem, raw: Uint8Array, outcome: Outcome): void => {
    objects += 1;
    if (outcome.status === 'verified' && 'certificate' in outcome) {
      if (isHit(entry, partyOf(outcome), [])) hits.push(hitOf(item, raw, outcome));
      return;
    }
    if (outcome.status !== 'undecided') return;
    const { claimedSigner, detail } = outcome;
    if (claimedSigner?.value !== account.identity) return;
    unproven.push({
      id: item.id,
      type: item.type,
      subject: subjectLine(raw),
      time: undefined,
      detail,
    });
  };
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    yield (await everyTag(repository)).map((id) => ({ id }));
    for await (const ids of everyCommit(repository)) yield ids.map((id) => ({ id }));
  }
  await judgeObjects({
    ...{ repository, crypto, jobs, requests: requests() },
    settings: { ...settings, output: 'jsonl', keepOutcomes: true },
    onResult: () => onProgress(objects),
    settle: async (batch, judged) => {
      for (const [index, { outcome, lookup }] of judged.entries()) {
        const item = batch.items[index];
        if (item === undefined || outcome === undefined) continue;
        const raw = bytesOfItem(batch, item);
        look(
          item,
          raw,
          lookup === undefined ? outcome : await judgeOutcome({ ...item, raw }, judging),
        );
      }
      return judged;
    },
  });
  return { objects, hits, unproven };
}

/** Searches one repository. `path` is its name in reports. */
export async function searchRepository(
  path: string,
  repository: GitRepository,
  asked: IncidentSearch,
): Promise<RepositoryIncident> {
  const found = await search(repository, asked);
  const commits = found.hits.filter(({ type }) => type === 'commit').map(({ id }) => id);
  const signed = new Set(found.hits.map(({ id }) => id));
  const reaching = await tagsReaching(repository, commits);
  const names = new Set(reaching.map(({ name }) => name));
  const own = (
    await tagsReaching(
      repository,
      [...signed].filter((id) => !commits.includes(id)),
    )
  ).filter(({ name, id }) => !names.has(name) && signed.has(id));
  const releases = [...reaching, ...own].map(
    ({ name, id }): IncidentRelease => ({ name, id, signedByAccount: signed.has(id) }),
  );
  return { path, ...found, releases };
}
