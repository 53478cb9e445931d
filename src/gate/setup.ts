/**
 * Sets up `verify` and `verify-tag`: settings, trust root, policy, repository, and access to log entries that signatures
 * do not embed. Every mistake in arguments and settings is found here, before any verdict.
 */

import type { ParsedArguments } from '../cli/spec.ts';
import type { Crypto } from '../core/crypto.ts';
import { type GitRepository, openRepository } from '../git/repository.ts';
import { resolvedHere } from '../settings/here.ts';
import type { SettingCaller, Settings } from '../settings/load.ts';
import type { PushedRef } from '../statements/refs.ts';
import { openStatements, type StatementStore } from '../statements/store.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Invocation } from '../system/invocation.ts';
import { loadTrust } from '../trust/load.ts';
import { checkGateTrust } from '../trust/origin.ts';
import type { JudgeSettings } from './judge.ts';
import { type JudgedBy, judgedBy } from './judged-by.ts';
import { createKeyJudge, type KeyJudge } from './keys/pinned-keys.ts';
import { type LogAccess, openLogAccess } from './log-entries.ts';
import { choosePolicy, type PolicyChoice } from './policy/choice.ts';
import { runProof } from './summaries/run-proof.ts';
import { acceptsUnlogged } from './unlogged.ts';

export interface VerifySetup {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  /** All settings of the judge but the report format. */
  readonly judge: Omit<JudgeSettings, 'output'>;
  readonly choice: PolicyChoice;
  /** Whether the proof store is used (`signet.store`). */
  readonly store: Settings['store'];
  /** What the reports say about this run. */
  readonly facts: JudgedBy;
  readonly log: LogAccess;
  /** How missing log entries are looked for, in a word: `offline`, or the log. */
  readonly logUse: string;
  readonly keys: KeyJudge;
  /** The address of this repository, if the caller names it. */
  readonly repositoryUri?: string | undefined;
  /** Refs that a push moves, which hold statements. The repository does not have these values yet. */
  readonly pushed?: readonly PushedRef[];
  /** The statements of the repository. They are read only if a rule asks for one. */
  readonly statements: StatementStore;
  /** Closes connections, ends child processes and removes scratch files. */
  readonly close: () => Promise<void>;
}

/** Reads everything that the arguments name. `caller` decides how far the repository's own configuration counts. `opened`: the repository here, which setup closes. @throws UsageError, ConfigError (exit 2) */
export async function setUpVerify(
  args: ParsedArguments,
  invocation: Invocation,
  caller: SettingCaller = 'command',
  opened: Promise<GitRepository> = openRepository(invocation.cwd, invocation.env),
): Promise<VerifySetup> {
  const repository = await opened;
  return setUp(args, invocation, { caller, repository }).catch((error: unknown) => {
    repository.objects.close();
    throw error;
  });
}

async function setUp(
  args: ParsedArguments,
  invocation: Invocation,
  { caller, repository }: { readonly caller: SettingCaller; readonly repository: GitRepository },
): Promise<VerifySetup> {
  const { env, now, terminal } = invocation;
  const resolved = await resolvedHere(invocation, { flags: args.flags, caller });
  const { settings } = resolved;
  const crypto = await loadCrypto();
  const sources = { args, settings, invocation, crypto, repository };
  const choice = await choosePolicy(sources);
  const { policy, ref } = choice;
  checkGateTrust(resolved, crypto);
  const trust = await loadTrust(settings, crypto);
  if (acceptsUnlogged(settings, policy)) {
    terminal.say(
      `signatures IN NO LOG count here, because of unlogged: allowed (${policy?.source}) and signet.log = none`,
    );
  }
  const judge = {
    ...{ trust, now: now(), format: repository.format },
    ignoreSct: args.switches.has('insecure-ignore-sct'),
    unlogged: acceptsUnlogged(settings, policy),
    matchCommitter: settings.matchCommitter,
    policy,
    ref,
  };
  const log = openLogAccess({ settings, crypto, env, now });
  const keys = createKeyJudge({ crypto, env, now: judge.now });
  const close = async (): Promise<void> => {
    log.close();
    repository.objects.close();
    await keys.close();
  };
  const facts = {
    ...judgedBy(choice, { trust, repository: repository.name }, args, resolved),
    proof: runProof(judge, choice.startBlob !== undefined),
  };
  const statements = openStatements(repository);
  const repositoryUri = args.values.get('repository-uri');
  const store = args.switches.has('no-store') ? 'off' : settings.store;
  const logUse = settings.offline ? 'offline' : (settings.rekorUrl ?? 'the log of the trust root');
  const reading = { repository, log, logUse, keys, statements, close };
  return { ...reading, crypto, judge, choice, store, facts, repositoryUri };
}
