/**
 * Decides which commits of a range are signed again: those that are unsigned or broken, and those whose parent is signed
 * again. Commits that are good and stand on unchanged parents stay as they are. Another committer's commit is signed
 * again only with `--all`, because it would carry that name over your signature.
 */

import { commitHeader } from '../../core/git/header.ts';
import { personOf } from '../../core/git/person.ts';
import { subjectLine } from '../../core/git/signed-object.ts';
import { committerOf } from '../../core/policy/committer.ts';
import type { Verdict } from '../../core/verdict.ts';
import { verifyObject } from '../../core/verify.ts';
import { UsageError } from '../../errors.ts';
import { type JudgeSettings, verifyContext } from '../../gate/judge.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { proveRange } from '../../git/range-commits.ts';
import type { GitRepository } from '../../git/repository.ts';
import { askGitLine } from '../../git/simple-git.ts';

export interface Planned {
  readonly id: string;
  readonly raw: Uint8Array;
  readonly subject: string;
  readonly committer: string;
  readonly own: boolean;
  /** `sign`: is signed again. `keep`: is good. `left`: is not good, and has another committer. */
  readonly what: 'sign' | 'keep' | 'left';
  readonly why: string;
}

/** Returns the committer's address of this repository. @throws UsageError if git knows none */
export async function ownAddress(repository: GitRepository): Promise<string> {
  const line = await askGitLine(repository, ['var', 'GIT_COMMITTER_IDENT']);
  return personOf(line)?.email ?? '';
}

function whyOf(verdict: Verdict): string | undefined {
  if (verdict.status === 'unsigned') return 'unsigned';
  return verdict.status === 'refused' ? verdict.detail : undefined;
}

const AT_ONCE = 256;

interface PlanRequest {
  readonly repository: GitRepository;
  /** Parents come before children. */
  readonly ids: readonly string[];
  readonly setup: Pick<VerifySetup, 'crypto'> & { readonly judge: Omit<JudgeSettings, 'output'> };
  readonly own: string;
  readonly all: boolean;
}

/** Decides for each commit, in order. @throws UsageError if another committer's commit would have to be signed again */
export async function planResign(request: PlanRequest): Promise<readonly Planned[]> {
  const { repository, ids, setup, own: address, all } = request;
  const context = verifyContext(setup.judge, setup.crypto);
  const { format } = setup.judge;
  const planned: Planned[] = [];
  const changed = new Set<string>();
  const foreign: Planned[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    for (const frame of await repository.objects.read(ids.slice(at, at + AT_ONCE))) {
      const { id } = frame;
      if (frame.kind !== 'object' || frame.type !== 'commit') {
        throw new UsageError(`${id}: not a commit that can be read`);
      }
      const raw = frame.raw.slice();
      const header = commitHeader(raw);
      if (header === undefined) {
        throw new UsageError(`${id}: git cannot read this commit, so it is not signed again`, {
          hint: `run: git signet verify --unsafe-any-identity ${id}`,
        });
      }
      const why = whyOf(await verifyObject({ id, type: 'commit', raw, format }, context));
      const moved = header.parents.some((parent) => changed.has(parent));
      const committer = committerOf(raw)?.email ?? '';
      const own = committer === address;
      const due = moved || why !== undefined;
      const what = !due ? 'keep' : own || all ? 'sign' : 'left';
      const said = why ?? (moved ? 'stands on what is signed again' : 'good');
      const one: Planned = { id, raw, subject: subjectLine(raw), committer, own, what, why: said };
      if (what === 'sign') changed.add(id);
      if (what === 'left' && moved) foreign.push(one);
      planned.push(one);
    }
  }
  const [first] = foreign;
  if (first === undefined) return planned;
  const more = foreign.length > 1 ? ` and ${foreign.length - 1} more` : '';
  throw new UsageError(
    `${first.id.slice(0, 7)} by ${first.committer}${more} would have to be signed again, but has another committer`,
    { hint: 'ask its committer to sign it, or sign it in your name: add --all' },
  );
}

/** Lists the commits of a range, parents before children. */
export async function idsOf(
  repository: GitRepository,
  { base, tip }: { readonly base: string; readonly tip: string },
): Promise<readonly string[]> {
  const range = { include: [tip], exclude: [base], symmetric: false };
  const proved = await proveRange(repository, range, `${base}..${tip}`);
  return [...proved.walk('parents-first')].flatMap((group) =>
    group.flatMap(({ id, boundary }) => (boundary ? [] : [id])),
  );
}
