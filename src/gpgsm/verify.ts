/**
 * Verifies one signature for git. All status lines are written at once, when the verdict is known, so that git never sees
 * GOODSIG before the last check (threat S02).
 */

import type { Crypto } from '../core/crypto.ts';
import { BROKEN_LINES, reportOf, statusBlock } from '../core/git/gpg-status.ts';
import { MAX_SIGNATURE_BYTES } from '../core/git/header.ts';
import { MAX_OBJECT } from '../core/git/limits.ts';
import { payloadType } from '../core/git/signed-object.ts';
import type { IdentityPolicy, Verdict } from '../core/verdict.ts';
import { applyPolicy, detachedIds, type VerifyContext, verifyDetached } from '../core/verify.ts';
import { type ExitCode, isSignetError, UsageError } from '../errors.ts';
import { acceptsUnlogged } from '../gate/unlogged.ts';
import { verdictLine } from '../report/verdict-line.ts';
import { loadSettings, type Settings } from '../settings/load.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import { readFile } from '../system/files.ts';
import type { Invocation } from '../system/invocation.ts';
import { reasonOf } from '../system/system-error.ts';
import type { AnswerChannel } from '../system/terminal.ts';
import { loadTrust, TRUST_SETTINGS } from '../trust/load.ts';
import type { GpgsmCall } from './arguments.ts';

/** The payload and the signature to verify. */
interface Question {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** The status lines and the exit code for git. */
interface Answer {
  readonly block: string;
  readonly exitCode: number;
}

async function readNamed(path: string, what: string, limit: number): Promise<Uint8Array> {
  try {
    return await readFile(path, limit);
  } catch (error) {
    throw new UsageError(`cannot read the ${what} ${path}: ${reasonOf(error)}`);
  }
}

/** Reads one byte more than the limit, so that the verdict can name the limit (threat I05). */
async function readQuestion(call: GpgsmCall, { streams }: Invocation): Promise<Question> {
  const [signaturePath = '-', payloadPath = '-'] = call.positionals;
  const most = MAX_OBJECT + 1;
  const input = payloadPath === '-' ? streams.readUpTo(most) : undefined;
  input?.catch(() => undefined);
  const signature = await readNamed(signaturePath, 'signature', MAX_SIGNATURE_BYTES + 1);
  const payload = await (input ?? readNamed(payloadPath, 'signed file', most));
  return { payload, signature };
}

async function configuredPolicy(
  { policy }: Settings,
  { cwd, env }: Invocation,
  crypto: Crypto,
): Promise<IdentityPolicy | undefined> {
  if (policy === undefined) return undefined;
  const { loadConfiguredPolicy } = await import('../gate/policy/file.ts');
  return loadConfiguredPolicy(policy, { cwd, env, crypto });
}

const isUnlogged = (verdict: Verdict): boolean =>
  verdict.status === 'undecided' && verdict.code === 'log-entry-absent';

/** Looks up the log entry of a signature that embeds none. The entry is verified like any other. */
async function lookedUp(
  { verdict, context, settings }: Judgement,
  { payload, signature }: Question,
  { env, now }: Invocation,
): Promise<Verdict> {
  if (!isUnlogged(verdict)) return verdict;
  if (context.unlogged === true) {
    const stamped = await verifyDetached(payload, signature, context);
    if (!isUnlogged(stamped)) return stamped;
  }
  const [{ logLookupOf }, { openLogAccess }] = await Promise.all([
    import('../core/log-lookup.ts'),
    import('../gate/log-entries.ts'),
  ]);
  const { crypto } = context;
  const lookup = logLookupOf(payload, signature, crypto);
  if (lookup === undefined) return verdict;
  const access = openLogAccess({ settings, crypto, env, now, oneOfMany: true });
  try {
    return await access.judge(lookup, (found) =>
      verifyDetached(payload, signature, context, found),
    );
  } finally {
    access.close();
  }
}

async function verdictTalk(
  verdict: Verdict,
  { payload }: Question,
  invocation: Invocation,
  { settings, context: { trust } }: Judgement,
): Promise<void> {
  const { now, terminal } = invocation;
  let line = verdictLine(verdict, payloadType(payload));
  if (settings.matchCommitter && 'signer' in verdict) {
    const { committerMismatch } = await import('../core/policy/committer.ts');
    const differs = committerMismatch(payload, verdict.signer);
    if (differs !== undefined) line += `; ${differs}`;
  }
  await terminal.sayShort(line);
  if (verdict.status !== 'refused' && verdict.status !== 'undecided') return;
  const { isMatterOfTrust, trustRemedies } = await import('../report/trust-age.ts');
  if (isMatterOfTrust(verdict)) trustRemedies(trust, now()).forEach(terminal.hint);
}

/** A verdict, with the settings and the context that it was reached with. */
interface Judgement {
  readonly settings: Settings;
  readonly context: VerifyContext;
  readonly verdict: Verdict;
}

/** Judges a question that is still being read while the trust root is loaded. */
async function judgeUnder(
  settings: Settings,
  reading: Promise<Question>,
  { now }: Invocation,
  crypto: Crypto,
): Promise<Judgement> {
  const trust = await loadTrust(settings, crypto);
  const { payload, signature } = await reading;
  const context = { crypto, trust, now: now() };
  return { settings, context, verdict: await verifyDetached(payload, signature, context) };
}

/** Verifies with the environment's settings alone, because git's configuration rarely changes the trust root. */
async function judgeEarly(
  reading: Promise<Question>,
  invocation: Invocation,
  crypto: Crypto,
): Promise<Judgement | undefined> {
  try {
    const { env, cwd } = invocation;
    const settings = await loadSettings({ env, cwd, gitConfig: '' });
    return await judgeUnder(settings, reading, invocation, crypto);
  } catch (error) {
    // the environment may be wrong where git's configuration is right, so the real settings decide
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

/** Returns true if the settings in force name the same trust as those of the early judgement. */
const sameTrust = (early: Settings, settings: Settings): boolean =>
  TRUST_SETTINGS.every((name) => early[name] === settings[name]);

async function judge(call: GpgsmCall, invocation: Invocation): Promise<Answer> {
  const { env, cwd, terminal, askedGit } = invocation;
  // git prints its configuration in a process of its own, and verifying starts meanwhile without it
  const asked = loadSettings({ env, cwd, askedGit, caller: 'verify' });
  asked.catch(() => undefined);
  // all files are read at the same time, because each wait costs more than a file
  const reading = readQuestion(call, invocation);
  reading.catch(() => undefined);
  const finding = terminal.findsPerson();
  const crypto = await loadCrypto();
  const early = await judgeEarly(reading, invocation, crypto);
  const question = await reading;
  const settings = await asked;
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  const policy = await configuredPolicy(settings, invocation, crypto);
  const judgement =
    early !== undefined && sameTrust(early.settings, settings)
      ? { ...early, settings }
      : await judgeUnder(settings, reading, invocation, crypto);
  const { context } = judgement;
  const under = { ...context, unlogged: acceptsUnlogged(settings, policy) };
  const evidence = await lookedUp({ ...judgement, context: under }, question, invocation);
  const { payload, signature } = question;
  const ids = detachedIds({ policy, crypto }, payload, signature);
  const verdict = applyPolicy(evidence, policy, { type: payloadType(payload), payload, ids });
  const foreign = verdict.status === 'undecided' && verdict.code === 'foreign-issuer';
  if (foreign && settings.x509Fallback !== undefined) {
    const { handOver } = await import('./fallback.ts');
    const { statusDescriptor } = call;
    const answer = await handOver(settings.x509Fallback, payload, statusDescriptor, invocation);
    if (answer !== undefined) return answer;
  }
  await verdictTalk(verdict, question, invocation, judgement);
  // git stores what it reads on stderr, so the daily remarks are for a terminal only
  if (await finding) {
    const { remarkDaily } = await import('./daily-remarks.ts');
    await remarkDaily(verdict, settings, context, invocation);
  }
  const { lines, exitCode } = reportOf(verdict, settings.trustWithoutPolicy);
  return { block: statusBlock(lines), exitCode };
}

/** Verifies one signature, writes its status lines and returns the exit code (core/git/gpg-status.ts, errors.ts). */
export async function verify(
  call: GpgsmCall,
  invocation: Invocation,
  { write }: AnswerChannel,
): Promise<ExitCode> {
  let answer: Answer;
  try {
    answer = await judge(call, invocation);
  } catch (error) {
    await write(statusBlock(BROKEN_LINES));
    throw error;
  }
  await write(answer.block);
  return answer.exitCode as ExitCode;
}
