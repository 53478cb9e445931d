/**
 * Reads a history as it is, for a first policy: who signed each commit, as far as that can be proved here. Keyless
 * signatures are judged by the trust root in force and, if it does not know their Sigstore, by the others at hand.
 * Signatures by keys are judged in a second pass, when it is known which keys to look for.
 */

import { commitLinks } from '../../core/git/links.ts';
import { claimedOpenPgpKey } from '../../core/git/openpgp-signature.ts';
import { signatureKind, splitSignedObject } from '../../core/git/signed-object.ts';
import { signingSshKey, sshFingerprint } from '../../core/git/ssh-signature.ts';
import type { KeyKind } from '../../core/identity-kind.ts';
import { claimsOf } from '../../core/policy/claims.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import type { Outcome, Signer } from '../../core/verdict.ts';
import { verifyObject } from '../../core/verify.ts';
import { type ObjectRequest, readObjects } from '../../git/objects.ts';
import { isMatterOfTrust } from '../../report/trust-age.ts';
import type { TrustAtHand } from '../../trust/at-hand.ts';
import { type JudgingContext, judgeOutcome, type WholeObject } from '../outcome.ts';
import type { ClaimedKeys, KnownKey } from './known-keys.ts';

/** Counts the commits of one signer, and keeps the addresses that they were committed as. */
export interface Tally {
  count: number;
  /** Committers' addresses, as the commits claim them. */
  readonly committers: Set<string>;
}

/** Counts by what they are about. */
export class Tallies<T> {
  readonly #entries = new Map<string, Tally & { readonly of: T }>();

  add(name: string, of: T, committer: string | undefined): void {
    const known = this.#entries.get(name) ?? { of, count: 0, committers: new Set<string>() };
    known.count += 1;
    if (committer !== undefined) known.committers.add(committer);
    this.#entries.set(name, known);
  }

  /** Returns the entries, the most frequent first. */
  list(): readonly (Tally & { readonly of: T })[] {
    return [...this.#entries.values()].toSorted((one, other) => other.count - one.count);
  }
}

/** A signature by a key: which one it claims. */
export interface AbsentKey {
  readonly kind: KeyKind;
  /** Fingerprint or id for messages, or undefined if the signature names none. */
  readonly name: string | undefined;
}

/** A commit whose signature is wrong. */
export interface RefusedCommit {
  readonly id: string;
  readonly detail: string;
}

/** Where a commit stands: its signer was proved, it is refused, or nothing here can tell. */
type Standing = 'proved' | 'refused' | 'unsigned' | 'unproved';

interface ReadCommit {
  readonly parents: readonly string[];
  /** The committer's time, as the commit claims it, in Unix seconds. */
  readonly time: number | undefined;
}

export interface HistoryRead {
  readonly commits: Map<string, ReadCommit>;
  readonly standings: Map<string, Standing>;
  readonly keyless: Tallies<Signer>;
  /** Signers that only another trust root proves. */
  readonly elsewhere: Tallies<{ readonly signer: Signer; readonly root: TrustAtHand }>;
  readonly keys: Tallies<KnownKey>;
  /** Keys that are not at hand. */
  readonly missing: Tallies<AbsentKey>;
  /** Other reasons why a signature cannot be judged here. */
  readonly undecided: Tallies<string>;
  readonly refused: RefusedCommit[];
  /** Commits with a signature by a key, for the second pass. */
  readonly keyed: string[];
  readonly claimed: ClaimedKeys & { readonly ssh: Set<string>; readonly openpgp: Set<string> };
}

export interface Reading {
  readonly judging: JudgingContext;
  /** Loads the other trust roots on first use. */
  readonly otherRoots: () => Promise<readonly TrustAtHand[]>;
  /** Called with the number of commits that are read. */
  readonly progress: (done: number) => void;
}

type Requests = AsyncIterable<readonly ObjectRequest[]>;

function emptyHistory(): HistoryRead {
  return {
    commits: new Map(),
    standings: new Map(),
    keyless: new Tallies(),
    elsewhere: new Tallies(),
    keys: new Tallies(),
    missing: new Tallies(),
    undecided: new Tallies(),
    refused: [],
    keyed: [],
    claimed: { ssh: new Set(), openpgp: new Set() },
  };
}

const ANOTHER_SIGSTORE = ' (made by another Sigstore? git signet trust init)';

const signerName = ({ kind, value, issuer }: Signer): string =>
  JSON.stringify([kind, value, issuer]);

/** Notes a signature that is proved, refused, or cannot be judged. */
function noteOutcome(
  history: HistoryRead,
  { id }: WholeObject,
  outcome: Outcome,
  committer: string | undefined,
): void {
  const { status } = outcome;
  if (status === 'verified') {
    history.standings.set(id, 'proved');
    if ('signer' in outcome)
      history.keyless.add(signerName(outcome.signer), outcome.signer, committer);
  } else if (status === 'unsigned') {
    history.standings.set(id, 'unsigned');
  } else if (status === 'undecided' || isMatterOfTrust(outcome)) {
    history.standings.set(id, 'unproved');
    const help = isMatterOfTrust(outcome) ? ANOTHER_SIGSTORE : '';
    history.undecided.add(outcome.code, `${outcome.detail}${help}`, committer);
  } else {
    history.standings.set(id, 'refused');
    history.refused.push({ id, detail: outcome.detail });
  }
}

/** Returns the root at hand that proves a signature which the root in force does not know, with its signer. */
async function provedElsewhere(
  object: WholeObject,
  { judging, otherRoots }: Reading,
): Promise<{ readonly signer: Signer; readonly root: TrustAtHand } | undefined> {
  const { repository } = judging;
  const { cache: _, ...context } = judging.context;
  for (const root of await otherRoots()) {
    const under = { ...context, trust: root.trust };
    const verdict = await verifyObject({ ...object, format: repository.format }, under);
    if (verdict.status === 'verified') return { signer: verdict.signer, root };
  }
  return undefined;
}

async function readCommit(
  history: HistoryRead,
  object: WholeObject,
  reading: Reading,
): Promise<void> {
  const { judging } = reading;
  const { format } = judging.repository;
  const { id, raw } = object;
  const split = splitSignedObject('commit', raw, format);
  const committer = claimsOf('commit', split?.payload ?? raw).committer;
  const parents = commitLinks(raw, format)?.parents ?? [];
  history.commits.set(id, { parents, time: committer?.time });
  const outcome = await judgeOutcome(object, judging);
  const kind = 'kind' in outcome ? outcome.kind : undefined;
  if (outcome.status === 'undecided' && kind !== undefined && split !== undefined) {
    noteClaim(history, kind, split.signature);
    history.keyed.push(id);
    return;
  }
  const elsewhere = isMatterOfTrust(outcome) ? await provedElsewhere(object, reading) : undefined;
  if (elsewhere === undefined) return noteOutcome(history, object, outcome, committer?.email);
  history.standings.set(id, 'unproved');
  const name = `${elsewhere.root.setting} ${signerName(elsewhere.signer)}`;
  history.elsewhere.add(name, elsewhere, committer?.email);
}

function noteClaim({ claimed }: HistoryRead, kind: KeyKind, signature: Uint8Array): void {
  if (kind === 'ssh') {
    const key = signingSshKey(signature);
    if (key !== undefined) claimed.ssh.add(key);
    return;
  }
  const key = claimedOpenPgpKey(signature);
  if (key !== undefined) claimed.openpgp.add('fingerprint' in key ? key.fingerprint : key.keyId);
}

/** Calls `use` with each commit of the requests. A commit that is missing or too large counts as not proved. */
async function eachCommit(
  requests: Requests,
  { judging, progress }: Reading,
  use: (object: WholeObject) => Promise<void>,
  absent: (id: string) => void,
): Promise<void> {
  let done = 0;
  for await (const group of readObjects(judging.repository, requests)) {
    for (const { request, frame } of group) {
      const { id } = request;
      if (frame.kind === 'object' && frame.type === 'commit') {
        await use({ id, type: 'commit', raw: frame.raw });
      } else absent(id);
    }
    done += group.length;
    progress(done);
  }
}

/** Reads the commits of a history. Signatures by keys are only collected. @throws UsageError OBJECT_CORRUPT, GIT_FAILED */
export async function readHistory(requests: Requests, reading: Reading): Promise<HistoryRead> {
  const history = emptyHistory();
  await eachCommit(
    requests,
    reading,
    (object) => readCommit(history, object, reading),
    (id) => {
      history.commits.set(id, { parents: [], time: undefined });
      history.standings.set(id, 'unproved');
      history.undecided.add('absent', 'the commit is missing or too large to be read', undefined);
    },
  );
  return history;
}

/** Returns a policy that pins these keys. */
function pinning(keys: readonly KnownKey[]): IdentityPolicy {
  return {
    source: 'the keys at hand',
    digest: 'keys at hand',
    identitiesOnly: true,
    rules: [],
    keys: keys.map(({ kind, key, from, until }) => ({
      ...{ name: kind, kind, key },
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    })),
  };
}

/** Returns the key that a signature claims, for messages. */
function claimOf(kind: KeyKind, signature: Uint8Array, { crypto }: JudgingContext): AbsentKey {
  if (kind === 'ssh') {
    const key = signingSshKey(signature);
    return { kind, name: key && sshFingerprint(key, crypto) };
  }
  const key = claimedOpenPgpKey(signature);
  return { kind, name: key && ('fingerprint' in key ? key.fingerprint : `id ${key.keyId}`) };
}

/** Judges the signatures by keys with the keys at hand, and adds the results to the history. */
export async function judgeKeyed(
  history: HistoryRead,
  keys: readonly KnownKey[],
  reading: Reading,
): Promise<void> {
  const { judging } = reading;
  const policy = pinning(keys);
  const known = new Map(keys.map((key) => [key.key, key]));
  const judge = async ({ id, raw }: WholeObject): Promise<void> => {
    const split = splitSignedObject('commit', raw, judging.repository.format);
    const kind = split && signatureKind(split.signature);
    if (split === undefined || (kind !== 'ssh' && kind !== 'openpgp')) return;
    const committer = claimsOf('commit', split.payload).committer?.email;
    const subject = { type: 'commit', payload: split.payload, ref: undefined } as const;
    const outcome = await judging.keys.judge(kind, split, policy, subject);
    const key =
      outcome?.status === 'verified' && 'key' in outcome ? known.get(outcome.key) : undefined;
    if (key !== undefined) {
      history.standings.set(id, 'proved');
      history.keys.add(key.preset ?? key.key, key, committer);
    } else if (outcome === undefined || ('code' in outcome && outcome.code === 'key-not-pinned')) {
      history.standings.set(id, 'unproved');
      const claim = claimOf(kind, split.signature, judging);
      history.missing.add(`${kind} ${claim.name}`, claim, committer);
    } else if ('detail' in outcome) {
      history.standings.set(id, 'refused');
      history.refused.push({ id, detail: outcome.detail });
    }
  };
  const wanted = async function* (): Requests {
    yield history.keyed.map((id) => ({ id }));
  };
  await eachCommit(wanted(), reading, judge, () => undefined);
}
