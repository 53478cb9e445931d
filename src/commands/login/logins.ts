/** Finds and describes the credential that signs here, for `login`, `logout` and `status`. */

import type { CredentialStatus } from '../../agent/wire/protocol.ts';
import { visible } from '../../core/escape.ts';
import { ANYBODY, signerMeets, writeExpectation } from '../../core/expected-account.ts';
import { utcTime } from '../../core/time.ts';
import { committerHere } from '../../git/committer.ts';
import { resolveSettings, type Settings } from '../../settings/load.ts';
import { originsIn } from '../../settings/origin.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { LastFailure } from '../../system/last-failure.ts';

/**
 * Returns what a signature made here must meet, in its text form (core/expected-account.ts): `signet.identity`, and the
 * committer that git would write, if the two must match.
 */
export async function expectedHere(
  { identity, matchCommitter }: Pick<Settings, 'identity' | 'matchCommitter'>,
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'>,
): Promise<string> {
  if (!matchCommitter) return writeExpectation({ identity });
  const committer = (await committerHere(cwd, env)) ?? { name: '', email: '' };
  return writeExpectation({ identity, committer });
}

/** The account that signs here, and the settings that say so. */
export interface ChosenAccount {
  /** In the text form of core/expected-account.ts. */
  readonly expected: string;
  /** `signet.identity in ~/.gitconfig (global)`. Empty if no setting chooses. Raw text. */
  readonly by: readonly string[];
}

/**
 * Returns which account signs here, by the values that count for signing, and which settings choose it.
 * @throws ConfigError
 */
export async function chosenHere({
  cwd,
  env,
}: Pick<Invocation, 'cwd' | 'env'>): Promise<ChosenAccount> {
  const resolved = await resolveSettings({ cwd, env, caller: 'sign' });
  const { settings } = resolved;
  const expected = await expectedHere(settings, { cwd, env });
  const names = settings.matchCommitter
    ? (['identity', 'matchCommitter'] as const)
    : ['identity' as const];
  const by = originsIn(names, resolved).map(({ label, place, scope }) => {
    if (scope === undefined) return label;
    const key = label.slice(0, label.indexOf(' ('));
    return `${key} in ${atHome(place, env)}${scope === 'command' ? '' : ` (${scope})`}`;
  });
  return { expected, by };
}

/** Returns a path below the home directory as `~/…`. */
export function atHome(path: string, { HOME: home }: Invocation['env']): string {
  return home && home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** Returns the credential that the agent would sign with here: the one kept for this expectation, else one that meets it. */
export function credentialFor(
  expected: string,
  credentials: readonly CredentialStatus[],
): CredentialStatus | undefined {
  const own = credentials.find((one) => one.expected === expected);
  if (own !== undefined || expected === ANYBODY) return own;
  return credentials.find(({ identity }) => {
    const kind = identity.includes('@') && !identity.includes('/') ? 'email' : 'uri';
    return signerMeets(expected, { kind, value: identity });
  });
}

/** Describes a credential: `alice@example.test (https://accounts.example.test), until 2026-11-21 11:54:32Z, renews by itself` */
export function describeCredential(one: CredentialStatus, now: number): string {
  const { identity, issuer, notAfter, renewable } = one;
  const until = notAfter > now ? `until ${utcTime(notAfter)}` : 'expired';
  const renewal = renewable ? ', renews by itself' : '';
  return `${visible(identity)} (${visible(issuer)}), ${until}${renewal}`;
}

/** Describes the last failure to sign: `2026-11-21 11:54:32Z in ~/parser: you are not logged in`. Escaped. */
export function describeFailure(
  { time, repository, message }: LastFailure,
  env: Invocation['env'],
): string {
  return visible(`${utcTime(time)} in ${atHome(repository, env)}: ${message}`);
}
