/**
 * The face that git calls: `--verify SIGFILE -` and `-bsau KEY` (design §3). Everything else is loaded on use, for
 * git starts this once a commit. stdout is the protocol; the status lines leave in one piece when the outcome is
 * known, so that no GOODSIG can stand before the last check (threat S02).
 */

import { readFileSync } from 'node:fs';
import type { Crypto } from '../core/crypto.ts';
import { BROKEN_LINES, reportOf, statusBlock } from '../core/git/gpg-status.ts';
import { payloadType } from '../core/git/object.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { IdentityPolicy, Verdict } from '../core/verdict.ts';
import { type VerifyContext, verifyDetached } from '../core/verify.ts';
import { type ExitCode, isSignetError, UsageError } from '../errors.ts';
import { loadSettings, type Settings } from '../io/config.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { loadTrust, TRUST_SETTINGS } from '../io/trust-store.ts';
import { verdictLine } from '../report/verdict-line.ts';
import type { Command, Invocation } from './command.ts';
import { type GpgsmCall, readGpgsmCall } from './gpgsm-arguments.ts';

/** What was asked about, in bytes. */
interface Question {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** What git is told. */
interface Answer {
  readonly block: string;
  readonly exitCode: number;
}

const MAX_SIGNATURE = 1024 * 1024;

function readNamed(path: string, what: string, limit?: number): Uint8Array {
  try {
    const bytes = readFileSync(path);
    if (limit === undefined || bytes.length <= limit) return bytes;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/,.*/, '') : String(error);
    throw new UsageError(`cannot read the ${what} ${path}: ${why}`);
  }
  throw new UsageError(`the ${what} ${path} is longer than ${limit} bytes`);
}

function readQuestion(call: GpgsmCall, { streams }: Invocation): Question {
  const [signaturePath = '-', payloadPath = '-'] = call.positionals;
  const signature = readNamed(signaturePath, 'signature', MAX_SIGNATURE);
  const payload = payloadPath === '-' ? streams.readInput() : readNamed(payloadPath, 'signed file');
  return { payload, signature };
}

async function configuredPolicy(
  { policy }: Settings,
  { cwd, env }: Invocation,
  crypto: Crypto,
): Promise<IdentityPolicy | undefined> {
  if (policy === undefined) return undefined;
  const { loadConfiguredPolicy } = await import('../io/policy-file.ts');
  return loadConfiguredPolicy(policy, cwd, env, crypto);
}

/** A signature without a log entry is looked up; what is found is judged like any other. */
async function verifyLookedUp(
  { payload, signature }: Question,
  context: VerifyContext,
  settings: Settings,
  { env, now }: Invocation,
): Promise<Verdict> {
  const verdict = await verifyDetached(payload, signature, context);
  if (verdict.status !== 'undecided' || verdict.code !== 'log-entry-absent') return verdict;
  const [{ logLookupOf }, { openLogAccess }] = await Promise.all([
    import('../core/log-lookup.ts'),
    import('./log-entries.ts'),
  ]);
  const { crypto } = context;
  const lookup = logLookupOf(payload, signature, crypto);
  if (lookup === undefined) return verdict;
  const access = openLogAccess({ settings, crypto, env, now });
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
  { env, now, terminal }: Invocation,
): Promise<void> {
  let line = verdictLine(verdict, payloadType(payload));
  if (verdict.status === 'verified' && verdict.rule === undefined) {
    const { onceADay } = await import('../io/once-a-day.ts');
    if (onceADay('no-policy', env, now())) {
      line += `; no policy says whether ${verdict.signer.value} may sign here`;
    }
  }
  terminal.say(line);
}

interface GuessedTrust {
  readonly settings: Settings;
  readonly trust: TrustMaterial;
}

/** Trust as the environment alone would have it; most of the time nothing in git's configuration changes it. */
async function guessTrust(
  { env, cwd }: Invocation,
  crypto: Crypto,
): Promise<GuessedTrust | undefined> {
  try {
    const settings = await loadSettings({ env, cwd, gitConfig: '' });
    return { settings, trust: await loadTrust(settings, crypto) };
  } catch (error) {
    // what the environment says may be wrong and yet of no account: the real settings decide
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

/** The trust in force: the guess where the settings that decide are the same, else read anew. */
async function trustFor(
  settings: Settings,
  early: Promise<GuessedTrust | undefined>,
  crypto: Crypto,
): Promise<TrustMaterial> {
  const guess = await early;
  const same =
    guess !== undefined && TRUST_SETTINGS.every((name) => guess.settings[name] === settings[name]);
  return same ? guess.trust : loadTrust(settings, crypto);
}

async function judge(call: GpgsmCall, invocation: Invocation): Promise<Answer> {
  const { env, cwd, now, terminal } = invocation;
  const crypto = await loadCrypto();
  // git prints its configuration in a process of its own: meanwhile, read what will be needed
  const asked = loadSettings({ env, cwd });
  const early = guessTrust(invocation, crypto);
  for (const started of [asked, early]) started.catch(() => undefined);
  const question = readQuestion(call, invocation);
  const settings = await asked;
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  const policy = await configuredPolicy(settings, invocation, crypto);
  const trust = await trustFor(settings, early, crypto);
  const context = { crypto, trust, now: now(), ...(policy === undefined ? {} : { policy }) };
  const verdict = await verifyLookedUp(question, context, settings, invocation);
  const foreign = verdict.status === 'undecided' && verdict.code === 'foreign-issuer';
  if (foreign && settings.x509Fallback !== undefined) {
    const { handOver } = await import('./x509-fallback.ts');
    const answer = await handOver(settings.x509Fallback, question.payload, invocation);
    if (answer !== undefined) return answer;
  }
  await verdictTalk(verdict, question, invocation);
  const { lines, exitCode } = reportOf(verdict, settings.trustWithoutPolicy);
  return { block: statusBlock(lines), exitCode };
}

/** Where status lines go; nowhere without `--status-fd`. */
function statusWriter(call: GpgsmCall, { streams }: Invocation): (text: string) => void {
  if (call.statusDescriptor < 0) return () => undefined;
  return streams.status(call.statusDescriptor).write;
}

async function verify(call: GpgsmCall, invocation: Invocation): Promise<ExitCode> {
  const write = statusWriter(call, invocation);
  let answer: Answer;
  try {
    answer = await judge(call, invocation);
  } catch (error) {
    write(statusBlock(BROKEN_LINES));
    throw error;
  }
  write(answer.block);
  return answer.exitCode as ExitCode;
}

/** git's call, in all its spellings. Exit codes: design §3. */
export const run: Command = async (invocation) => {
  const call = readGpgsmCall(invocation.args);
  if (call.unattended) invocation.terminal.neverAsk();
  if (call.action === 'verify') return verify(call, invocation);
  if (call.action === 'sign') {
    const { sign } = await import('./gpgsm-sign.ts');
    return sign(call, invocation, statusWriter(call, invocation));
  }
  const { run: answer } =
    call.action === 'help' ? await import('./help.ts') : await import('./version.ts');
  return answer({ ...invocation, args: [] });
};
