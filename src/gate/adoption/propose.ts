/** Makes the proposal of a policy from a history: who may sign, and from which commit on everything is judged. */

import type { Crypto } from '../../core/crypto.ts';
import { sshFingerprint } from '../../core/git/ssh-signature.ts';
import type { Counted, Proposal, ProposedSigner } from '../../core/policy/proposal.ts';
import { startingPoint } from '../../core/policy/starting-point.ts';
import { UsageError } from '../../errors.ts';
import { resolveCommits } from '../../git/names.ts';
import { listed, type ObjectRequest } from '../../git/objects.ts';
import { SHALLOW_HINT, shallowHint } from '../../git/paths.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { Environment } from '../../system/environment.ts';
import { planRevisions } from '../revisions.ts';
import { type HistoryRead, judgeKeyed, type Reading, readHistory } from './history.ts';
import { findKeys, type KnownKey } from './known-keys.ts';

type Requests = AsyncIterable<readonly ObjectRequest[]>;

interface Wanted {
  readonly requests: Requests;
  /** Full hash of the newest commit. */
  readonly tip: string;
}

/** Lists commits by git's word. What git leaves out proposes no signer, and what git adds is judged like the rest. */
async function* everythingFrom(repository: GitRepository, tip: string): Requests {
  for await (const ids of listed(repository, ['rev-list', '--stdin'], [tip])) {
    yield ids.map((id) => ({ id }));
  }
}

/** Returns everything that a revision reaches, or a range. @throws UsageError NO_SUCH_OBJECT, SHALLOW_RANGE */
async function wantedCommits(repository: GitRepository, revision: string): Promise<Wanted> {
  if (revision.includes('..')) {
    const { requests, subjects } = await planRevisions(repository, [revision]);
    return { requests, tip: subjects.at(-1)?.id ?? '' };
  }
  const [tip] = await resolveCommits(repository, [revision]);
  if (tip === undefined) {
    const problem = revision === 'HEAD' ? 'there is no commit yet' : 'there is no such commit';
    const options = { code: 'NO_SUCH_OBJECT', ...shallowHint(repository) } as const;
    throw new UsageError(`${revision}: ${problem}`, options);
  }
  if (repository.shallow.size > 0) {
    const what = `${revision}: a part of the history is not in this clone, so its signers are not known`;
    throw new UsageError(what, { code: 'SHALLOW_RANGE', hint: SHALLOW_HINT });
  }
  return { requests: everythingFrom(repository, tip.id), tip: tip.id };
}

function proposedKey(known: KnownKey, fingerprint: string): ProposedSigner {
  const { preset, ...key } = known;
  return preset === undefined ? { ...key, fingerprint } : { kind: 'preset', preset };
}

async function openPgpFingerprint(armored: string): Promise<string> {
  const { readKey } = await import('openpgp');
  return (await readKey({ armoredKey: armored })).getFingerprint().toUpperCase();
}

async function signersOf(
  { keyless, keys }: HistoryRead,
  crypto: Crypto,
): Promise<readonly Counted<ProposedSigner>[]> {
  const byLogin = keyless.list().map(({ of, ...tally }) => ({
    ...tally,
    of: { kind: 'keyless', signer: of } as const,
  }));
  const byKey = keys.list().map(async ({ of, ...tally }) => {
    const { kind, key } = of;
    const fingerprint =
      kind === 'ssh' ? sshFingerprint(key, crypto) : await openPgpFingerprint(key);
    return { ...tally, of: proposedKey(of, fingerprint) };
  });
  return [...byLogin, ...(await Promise.all(byKey))].toSorted(
    (one, other) => other.count - one.count,
  );
}

function sinceOf({ commits, standings }: HistoryRead, tip: string): Pick<Proposal, 'since'> {
  const all = [...standings.values()];
  const counted = (wanted: string): number => all.filter((standing) => standing === wanted).length;
  const start = startingPoint(
    (id) => commits.get(id)?.parents,
    tip,
    (id) => ['unsigned', 'unproved'].includes(standings.get(id) ?? ''),
  );
  if (start === undefined) return {};
  const time = commits.get(start.id)?.time;
  return {
    since: {
      ...{ ...start, time, all: start.id === tip },
      ...{ unsigned: counted('unsigned'), unproved: counted('unproved') },
    },
  };
}

function unprovedOf({ missing, undecided }: HistoryRead): Proposal['unproved'] {
  const keys = missing.list().map(({ of: { kind, name }, ...tally }) => {
    const [word, help] =
      kind === 'ssh'
        ? ['SSH', 'there is no ssh-keygen here']
        : ['OpenPGP', 'it is not at hand: give it with --keys FILE'];
    return { ...tally, of: `${word} key ${name ?? 'that the signature does not name'}, ${help}` };
  });
  return [...keys, ...undecided.list()];
}

/** A proposal, and what the user should know beside it. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly remarks: readonly string[];
}

/**
 * Reads the history that `revision` reaches, or the range that it is, and proposes a policy. `files` hold keys.
 * @throws UsageError for a revision that is not there, a shallow clone, or objects that are damaged. ConfigError for a file
 */
export async function proposePolicy(
  revision: string,
  files: readonly string[],
  reading: Reading,
  place: { readonly cwd: string; readonly env: Environment },
): Promise<Proposed> {
  const { repository, crypto } = reading.judging;
  const { requests, tip } = await wantedCommits(repository, revision);
  const history = await readHistory(requests, reading);
  const { keys, remarks } = await findKeys(history.claimed, files, place);
  await judgeKeyed(history, keys, reading);
  const elsewhere = history.elsewhere.list().map(({ of, ...tally }) => ({
    ...tally,
    of: { signer: of.signer, root: of.root.setting },
  }));
  const proposal = {
    signers: await signersOf(history, crypto),
    ...sinceOf(history, tip),
    ...{ elsewhere, unproved: unprovedOf(history), refused: history.refused },
  };
  return { proposal, remarks };
}
