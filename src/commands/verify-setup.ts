/**
 * What `verify` and `verify-tag` need before the first object: settings, trust, policy, repository, and the way to
 * log entries that signatures do not embed. Everything that can be said wrongly is found here, before any verdict.
 */

import type { Crypto } from '../core/crypto.ts';
import type { SettingCaller, Settings, SettingsSources } from '../io/config.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { type GitRepository, openRepository } from '../io/git-repository.ts';
import { checkGateTrust } from '../io/trust-origin.ts';
import { loadTrust } from '../io/trust-store.ts';
import type { ParsedArguments } from './arguments.ts';
import type { Invocation } from './command.ts';
import { type LogAccess, openLogAccess } from './log-entries.ts';
import { createKeyJudge, type KeyJudge } from './pinned-keys.ts';
import { choosePolicy, type PolicyChoice } from './policy-choice.ts';
import type { JudgeSettings } from './range-judge.ts';
import { settingsHere } from './settings-here.ts';
import { acceptsUnlogged } from './unlogged.ts';

export interface VerifySetup {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  /** Everything but what to make of a verdict. */
  readonly judge: Omit<JudgeSettings, 'output'>;
  readonly choice: PolicyChoice;
  readonly log: LogAccess;
  readonly keys: KeyJudge;
  /** Ends what was started: connections, children, scratch files. */
  readonly close: () => Promise<void>;
}

/** The trust root of a gate: one that somebody named. */
async function gateTrust(
  settings: Settings,
  sources: SettingsSources,
  crypto: Crypto,
): ReturnType<typeof loadTrust> {
  await checkGateTrust(settings, sources, crypto);
  return loadTrust(settings, crypto);
}

/** Reads everything that the arguments name. `caller`: whose word the repository's own configuration is. @throws UsageError, ConfigError (exit 2) */
export async function setUpVerify(
  args: ParsedArguments,
  invocation: Invocation,
  caller: SettingCaller = 'command',
): Promise<VerifySetup> {
  const { env, cwd, now, terminal } = invocation;
  const repository = await openRepository(cwd, env);
  const settings = await settingsHere(invocation, { flags: args.flags, caller });
  const crypto = await loadCrypto();
  const sources = { args, settings, invocation, crypto, repository };
  const choice = await choosePolicy(sources);
  const { policy, ref, blobs } = choice;
  const from = { env, cwd, flags: args.flags, caller };
  const trust = await gateTrust(settings, from, crypto).catch((error: unknown) => {
    blobs?.close();
    throw error;
  });
  if (acceptsUnlogged(settings, policy)) {
    terminal.say(
      `signatures IN NO LOG count here: unlogged: allowed (${policy?.source}) and signet.log = none`,
    );
  }
  const judge = {
    ...{ trust, now: now(), format: repository.format },
    ignoreSct: args.switches.has('insecure-ignore-sct'),
    unlogged: acceptsUnlogged(settings, policy),
    matchCommitter: settings.matchCommitter,
    ...(policy === undefined ? {} : { policy }),
    ...(ref === undefined ? {} : { ref }),
  };
  const log = openLogAccess({ settings, crypto, env, now });
  const keys = createKeyJudge({ crypto, env, now: judge.now });
  const close = async (): Promise<void> => {
    log.close();
    blobs?.close();
    await keys.close();
  };
  return { repository, crypto, judge, choice, keys, log, close };
}
