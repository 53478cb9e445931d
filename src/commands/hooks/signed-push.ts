/**
 * Judges signed pushes, where a policy asks for them (`push`). git's own verdict on the certificate does not count. The
 * certificate is read from the repository and verified like an object, and then compared with the push (threats K5 to K9).
 */

import { toHex } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import {
  MAX_CERTIFICATE,
  type PushCertificate,
  readPushCertificate,
} from '../../core/git/push-certificate.ts';
import { checkPush } from '../../core/git/push-check.ts';
import { type SplitObject, splitPushCertificate } from '../../core/git/signed-object.ts';
import { asksForSignedPush, decidePush } from '../../core/policy/push.ts';
import { rejected } from '../../core/rejection.ts';
import { type IdentityPolicy, type Outcome, Refusal, type Verdict } from '../../core/verdict.ts';
import { partyOf, underDecision, verifyDetached } from '../../core/verify.ts';
import { ConfigError } from '../../errors.ts';
import { countResults } from '../../gate/exit-code.ts';
import { verifyContext } from '../../gate/judge.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { CERTIFICATES, holdsCertificates, keepCertificate } from '../../git/kept-certificates.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { Counts } from '../../report/judged.ts';
import { helpLine } from '../../report/mend.ts';
import { repositoryUri, sameRepository } from '../../report/repository-uri.ts';
import { verdictLine } from '../../report/verdict-line.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { RefUpdate } from './push-updates.ts';
import { missingHere } from './signed-push-needs.ts';

/** An update as git gave it, and with the ref that it moves behind a symbolic ref. */
export interface Moved {
  readonly given: RefUpdate;
  readonly moved: RefUpdate;
}

export interface SignedPushQuestion {
  readonly repository: GitRepository;
  readonly invocation: Invocation;
  /** The addresses of this repository. */
  readonly pushees: readonly string[];
  readonly updates: readonly Moved[];
  /** Returns the rules that judge an update. Undefined if there are none. */
  readonly rulesFor: (update: Moved) => Promise<VerifySetup | undefined>;
}

export interface SignedPush {
  readonly counts: Counts;
  /** Keeps the certificate, once everything else is judged. A replay counts as refused. */
  readonly keep: () => Promise<Counts>;
}

/** An update that a policy wants to be signed. */
interface Demand {
  readonly ref: string;
  readonly setup: VerifySetup;
  readonly policy: IdentityPolicy;
}

interface Certificate extends SplitObject {
  readonly blob: Uint8Array;
  readonly read: PushCertificate;
}

const UNSIGNED = "the push is not signed, and the policy asks for it ('push')";
const NOTHING_TO_KEEP = async (): Promise<Counts> => countResults();

/** Returns the updates that must be signed, or the ref that no push may move. */
async function demandsOf({
  updates,
  rulesFor,
}: SignedPushQuestion): Promise<readonly Demand[] | string> {
  const demands: Demand[] = [];
  for (const update of updates) {
    const setup = await rulesFor(update);
    const policy = setup?.judge.policy;
    if (setup === undefined || policy === undefined) continue;
    const { ref } = update.moved;
    if (policy.push !== undefined && holdsCertificates(ref)) return ref;
    if (asksForSignedPush(policy, ref)) demands.push({ ref, setup, policy });
  }
  return demands;
}

/** Reads the certificate that git stored. @throws Refusal `unsigned`, `object-malformed` */
async function certificateOf({ repository, invocation }: SignedPushQuestion): Promise<Certificate> {
  const id = invocation.env.GIT_PUSH_CERT ?? '';
  if (/^0*$/.test(id)) throw new Refusal('unsigned', UNSIGNED);
  const { raw } = await repository.objects.get(id, 'blob');
  if (raw.length > 2 * MAX_CERTIFICATE) {
    throw new Refusal('object-malformed', `it is over ${2 * MAX_CERTIFICATE} bytes`);
  }
  const blob = Uint8Array.from(raw);
  const split = splitPushCertificate(blob);
  if (split === undefined) throw new Refusal('unsigned', 'the push certificate has no signature');
  return { ...split, blob, read: readPushCertificate(split.payload) };
}

/** Returns whether an address is one of this repository: the same text, or the same place by another protocol. */
function isHere(pushee: string, pushees: readonly string[]): boolean {
  const uri = repositoryUri(pushee);
  return pushees.some((known) => {
    const other = repositoryUri(known);
    if (uri === undefined || other === undefined) return known === pushee;
    return sameRepository(uri, other);
  });
}

const pusherTime = ({ pusher }: PushCertificate): number =>
  Number(/ (\d+) [+-]\d{4}$/.exec(Buffer.from(pusher).toString('latin1'))?.[1]);

/** Verifies the signature, for any signer. */
function evidenceOf({ judge, crypto }: VerifySetup, certificate: Certificate): Promise<Verdict> {
  const context = { ...verifyContext(judge, crypto), policy: undefined };
  return verifyDetached(certificate.payload, certificate.signature, context);
}

/** Judges the signature by pinned keys if it is not keyless, and asks the rules of one ref whether its signer may move it. */
async function judgeFor(
  { ref, setup, policy }: Demand,
  { payload, signature, read }: Certificate,
  verdict: Verdict,
): Promise<Outcome> {
  if (verdict.status === 'verified') {
    return underDecision(verdict, decidePush(policy, partyOf(verdict), { payload, ref }));
  }
  if (verdict.status !== 'undecided' || verdict.kind === undefined) return verdict;
  const split = { payload, signature };
  const subject = { type: undefined, payload, claimedTime: pusherTime(read) };
  const outcome = await setup.keys.judge(verdict.kind, split, policy, subject);
  if (outcome?.status !== 'verified' || !('key' in outcome)) return outcome ?? verdict;
  const { signer, key: pinned, rule } = outcome;
  const key = policy.keys?.find((each) => each.key === pinned && each.name === rule);
  if (key === undefined) return verdict;
  const decision = decidePush(policy, { signer, times: [], key }, { payload, ref });
  if (decision.allowed) return outcome;
  const { kind } = outcome;
  const { code, detail } = decision;
  return { status: 'not-allowed', kind, signer, check: 'policy', code, detail };
}

/** Judges the certificate under the rules of every ref. The first that does not pass decides. */
async function judgeCertificate(
  question: SignedPushQuestion,
  demands: readonly Demand[],
  certificate: Certificate,
): Promise<Outcome | undefined> {
  const { env } = question.invocation;
  const none = '0'.repeat(question.repository.format === 'sha1' ? 40 : 64);
  const updates = question.updates.map(({ given: { ref, old = none, new: fresh = none } }) => ({
    ref,
    old,
    new: fresh,
  }));
  const verdicts = new Map<VerifySetup, Verdict>();
  let outcome: Outcome | undefined;
  for (const demand of demands) {
    const verdict = verdicts.get(demand.setup) ?? (await evidenceOf(demand.setup, certificate));
    verdicts.set(demand.setup, verdict);
    outcome = await judgeFor(demand, certificate, verdict);
    if (outcome.status !== 'verified') return outcome;
  }
  checkPush(certificate.read, {
    nonce: env.GIT_PUSH_CERT_NONCE,
    nonceStatus: env.GIT_PUSH_CERT_NONCE_STATUS,
    isHere: (pushee) => isHere(pushee, question.pushees),
    updates,
  });
  return outcome;
}

function tell({ invocation: { terminal } }: SignedPushQuestion, outcome: Outcome): Counts {
  terminal.say(`push certificate: ${verdictLine(outcome, undefined)}`);
  if ('code' in outcome) terminal.hint(helpLine(outcome.code).trim());
  return { ...countResults(), [outcome.status]: 1 };
}

/** A server that lacks something refuses every push with the remedy. @throws ConfigError */
async function checkServer({ repository, pushees }: SignedPushQuestion): Promise<void> {
  const [need] = await missingHere(repository, { pushees: pushees.length > 0 });
  if (need !== undefined) throw new ConfigError(need.what, { hint: need.remedy });
}

/** Judges the certificate of a push, if a policy asks for one. @throws ConfigError, UsageError */
export async function judgeSignedPush(question: SignedPushQuestion): Promise<SignedPush> {
  try {
    const demands = await demandsOf(question);
    if (typeof demands === 'string') {
      const { terminal } = question.invocation;
      terminal.say(
        `${visible(demands)}: ${CERTIFICATES} is the server's own, and no push moves it`,
      );
      return { counts: { ...countResults(), 'not-allowed': 1 }, keep: NOTHING_TO_KEEP };
    }
    if (demands.length === 0) return { counts: countResults(), keep: NOTHING_TO_KEEP };
    await checkServer(question);
    const certificate = await certificateOf(question);
    const outcome = await judgeCertificate(question, demands, certificate);
    const counts = outcome === undefined ? countResults() : tell(question, outcome);
    return { counts, keep: () => keep(question, demands, certificate) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const outcome = rejected({ check: 'object' }, error.code, error.message);
    return { counts: tell(question, outcome), keep: NOTHING_TO_KEEP };
  }
}

async function keep(
  question: SignedPushQuestion,
  [demand]: readonly Demand[],
  { blob, payload, read }: Certificate,
): Promise<Counts> {
  if (demand === undefined) return countResults();
  const { invocation, repository } = question;
  const now = invocation.now();
  const kept = await keepCertificate(repository, {
    blob,
    sha256: toHex(demand.setup.crypto.hash('sha256', payload)),
    refs: read.updates.map(({ ref }) => ref),
    now,
    since: Math.min(now, Number(/^\d{1,15}(?=-)/.exec(read.nonce ?? '')?.[0] ?? 0)),
  });
  if (kept) return countResults();
  const detail = 'this certificate was taken here before';
  return tell(question, rejected({ check: 'object' }, 'push-not-fresh', detail));
}
