/** What `doctor` says about git: its version, the keys that make it sign and verify with a login, the program it starts. */

import { visible } from '../../core/escape.ts';
import { type ConfigEntry, gitBoolean, listGitConfig, parseGitConfig } from '../../git/config.ts';
import { gitEnvironment } from '../../git/environment.ts';
import { fsckObjects } from '../../git/fsck-objects.ts';
import { findGit } from '../../git/process.ts';
import { openGit } from '../../git/simple-git.ts';
import { type AskedSetting, askedHere } from '../../settings/allowed.ts';
import type { Invocation } from '../../system/invocation.ts';
import { type DoctorCheck, fail, ok, warn } from './check.ts';
import { checkPrograms, INIT } from './program.ts';

export type DoctorInvocation = Pick<Invocation, 'cwd' | 'env' | 'entry'>;

type Keys = ReadonlyMap<string, ConfigEntry>;

/** The last value of each of git's keys. @throws ConfigError */
export async function gitKeys(place: Pick<DoctorInvocation, 'cwd' | 'env'>): Promise<Keys> {
  return lastOf(parseGitConfig(await listGitConfig(place)));
}

const lastOf = (entries: readonly ConfigEntry[]): Keys =>
  new Map(entries.map((entry) => [entry.key, entry]));

/** x509 signatures came with 2.19. */
const OLDEST: readonly [number, number] = [2, 19];

export async function checkGit({
  cwd,
  env,
}: Pick<DoctorInvocation, 'cwd' | 'env'>): Promise<DoctorCheck> {
  const git = findGit(env);
  if (git === undefined) return fail('git', 'git is not on PATH', 'install git');
  const version = await (await openGit({ git, cwd, env: gitEnvironment(env) })).version();
  const { major, minor } = version;
  const where = `${version} (${git})`;
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
    ? ok('git', where)
    : fail('git', `${where} knows no x509 signatures`, `install git ${OLDEST.join('.')} or newer`);
}

const shown = (found: ConfigEntry): string =>
  `${visible(found.value ?? 'true')} (${visible(found.origin)})`;

function checkFormat(keys: Keys): DoctorCheck {
  const format = keys.get('gpg.format');
  if (format?.value === 'x509') return ok('gpg.format', shown(format));
  const now = format === undefined ? 'not set: git signs with OpenPGP' : shown(format);
  return warn('gpg.format', now, INIT);
}

function checkAutomatic(keys: Keys): readonly DoctorCheck[] {
  return (['commit.gpgsign', 'tag.gpgsign'] as const).map((key) => {
    const found = keys.get(key);
    const [what = ''] = key.split('.');
    const name = `${what}.gpgSign`;
    const on = found !== undefined && gitBoolean(found.value) === true;
    if (on) return ok(name, shown(found));
    const how = what === 'commit' ? 'git commit -S' : 'git tag -s';
    return warn(name, `not set: ${what}s are signed with ${how} only`, INIT);
  });
}

function checkPush(keys: Keys): readonly DoctorCheck[] {
  const found = keys.get('push.gpgsign');
  const wanted = found?.value === 'if-asked' || (found && gitBoolean(found.value) === true);
  if (found === undefined || !wanted || keys.get('gpg.format')?.value !== 'x509') return [];
  return [ok('push.gpgSign', `${shown(found)}: each push that you sign becomes public`)];
}

/** Without a policy every good signature is "undefined" to git (`%G?` U). */
function checkTrustLevel(keys: Keys): readonly DoctorCheck[] {
  const level = keys.get('gpg.mintrustlevel');
  const policy = keys.has('signet.policy') || keys.get('signet.trustwithoutpolicy')?.value;
  if (level === undefined || /^(?:undefined|never)$/i.test(level.value ?? '') || policy) return [];
  return [
    warn(
      'gpg.minTrustLevel',
      `${shown(level)}: no good signature reaches it without a policy`,
      'git signet policy use FILE',
    ),
  ];
}

/** A bare repository is pushed to, any other fetches. */
function checkFsck(keys: Keys): DoctorCheck {
  const bare = gitBoolean(keys.get('core.bare')?.value ?? 'false') === true;
  const arrival = bare ? 'receive' : 'fetch';
  const entry = fsckObjects(keys, arrival);
  const name = `${arrival}.fsckObjects`;
  if (entry !== undefined) return ok(name, `${shown(entry)}: git refuses malformed objects`);
  return warn(
    name,
    'off: git takes in malformed objects, and git verify-commit cannot see that they are',
    bare ? 'git config receive.fsckObjects true' : 'git config --global transfer.fsckObjects true',
  );
}

/** What the repository sets, and what of it does not count. */
async function checkRepository(place: DoctorInvocation): Promise<readonly DoctorCheck[]> {
  const { asked } = (await askedHere(place)) ?? { asked: [] };
  const line = (...answers: readonly AskedSetting['allowed'][]): string =>
    asked
      .filter(({ allowed }) => answers.includes(allowed))
      .map(({ key, entry }) => visible(`${key} (${entry.origin})`))
      .join(', ');
  const [waiting, never] = [line('no'), line('never')];
  return [
    ...(waiting === ''
      ? []
      : [warn('repository', `does not count until you allow it: ${waiting}`, 'git signet allow')]),
    ...(never === '' ? [] : [warn('repository', `counts from git config --global only: ${never}`)]),
  ];
}

function checkPerson(keys: Keys, { env }: DoctorInvocation): DoctorCheck {
  const first = (...named: readonly string[]): string | undefined =>
    named.map((key) => keys.get(key)?.value).find((value) => value !== undefined);
  const name = env.GIT_COMMITTER_NAME ?? first('committer.name', 'user.name');
  const email = env.GIT_COMMITTER_EMAIL ?? first('committer.email', 'user.email') ?? env.EMAIL;
  if (name !== undefined && email !== undefined) {
    return ok('user', visible(`${name} <${email}>`));
  }
  const missing = email === undefined ? 'user.email' : 'user.name';
  return warn('user', `${missing} is not set`, `git config --global ${missing} …`);
}

/** Everything about git's keys. @throws ConfigError where they cannot be read */
export async function checkKeys(place: DoctorInvocation): Promise<readonly DoctorCheck[]> {
  const entries = parseGitConfig(await listGitConfig(place));
  const keys = lastOf(entries);
  return [
    checkFormat(keys),
    ...(await checkPrograms(entries, place)),
    ...checkAutomatic(keys),
    ...checkPush(keys),
    ...checkTrustLevel(keys),
    checkFsck(keys),
    checkPerson(keys, place),
    ...(await checkRepository(place)),
  ];
}
