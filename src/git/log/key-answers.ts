/**
 * Asks git about signatures that are not keyless, for a log. git asks ssh-keygen and gpg, with the user's own allowed
 * signers and keyring. What the repository itself sets chooses neither a program nor a key (threat I02).
 */

import { fromUtf8Lossy } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import type { GpgFields } from '../../core/git/gpg-fields.ts';
import type { KeyKind } from '../../core/identity-kind.ts';
import type { Environment } from '../../system/environment.ts';
import { type ConfigEntry, ownValue } from '../config.ts';
import { keyEnvironment } from '../environment.ts';
import { findGit, runGit } from '../process.ts';

/** git's answer about one commit. All text is escaped. */
export interface KeyAnswer {
  readonly fields: GpgFields;
  /** What ssh-keygen or gpg said, line by line. */
  readonly said: readonly string[];
}

export interface KeyAsker {
  /** True if git can check signatures of that kind here. Without a file of allowed signers, git takes an SSH signature for none. */
  readonly can: (kind: KeyKind) => boolean;
  /** Returns git's answers by full hash. A commit is left out if git failed. */
  readonly ask: (ids: readonly string[]) => Promise<ReadonlyMap<string, KeyAnswer>>;
}

/** Without `GT`: git aborts there if gpg states no trust, as it does for a key that it does not have (git 2.39). */
const FIELDS = ['H', 'G?', 'GS', 'GK', 'GF', 'GP', 'GG'] as const;
const FORMAT = `--format=tformat:${FIELDS.map((field) => `%${field}%x00`).join('')}`;
const LOG = ['log', '--no-walk=unsorted', '--no-show-signature', '--no-color', '-s'];
/** git's words. It knows more grades than this program, and those stand for signatures that do not count. */
const GRADES = ['G', 'U', 'B', 'E', 'X', 'Y', 'R'] as const;

function readAnswer([
  ,
  grade,
  name = '',
  key = '',
  fingerprint = '',
  ...more
]: readonly string[]): KeyAnswer {
  const [primary = '', said = ''] = more;
  return {
    fields: {
      grade: GRADES.find((each) => each === grade) ?? 'E',
      ...{ name: visible(name), key: visible(key) },
      ...{ fingerprint: visible(fingerprint), primary: visible(primary) },
      trust: grade === 'G' ? 'fully' : 'undefined',
    },
    said: said.split('\n').flatMap((line) => (line === '' ? [] : [visible(line)])),
  };
}

/** The programs and the file of allowed signers that the user's own configuration names, for git's `-c`. */
function ownSettings(entries: readonly ConfigEntry[]): readonly string[] {
  const gpg = ownValue(entries, 'gpg.openpgp.program', 'gpg.program') ?? 'gpg';
  const settings = {
    'gpg.program': gpg,
    'gpg.openpgp.program': gpg,
    'gpg.x509.program': ownValue(entries, 'gpg.x509.program') ?? 'gpgsm',
    'gpg.ssh.program': ownValue(entries, 'gpg.ssh.program') ?? 'ssh-keygen',
    'gpg.ssh.allowedSignersFile': ownValue(entries, ALLOWED) ?? '',
    'gpg.ssh.revocationFile': ownValue(entries, 'gpg.ssh.revocationfile') ?? '',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

const ALLOWED = 'gpg.ssh.allowedsignersfile';

/** Returns one who asks git here, with these entries of its configuration. */
export function keyAsker(
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
  entries: readonly ConfigEntry[],
): KeyAsker {
  const place = { git: findGit(env) ?? 'git', cwd, env: keyEnvironment(env) };
  const settings = ownSettings(entries);
  const ask: KeyAsker['ask'] = async (ids) => {
    const { stdout } = await runGit(place, [
      '--no-replace-objects',
      ...settings,
      ...LOG,
      FORMAT,
      ...ids,
      '--',
    ]);
    const words = fromUtf8Lossy(stdout).split('\0');
    const answers = new Map<string, KeyAnswer>();
    for (let at = 0; at + FIELDS.length <= words.length; at += FIELDS.length) {
      const answer = words.slice(at, at + FIELDS.length);
      answers.set((answer[0] ?? '').trim(), readAnswer(answer));
    }
    return answers;
  };
  return { can: (kind) => kind !== 'ssh' || ownValue(entries, ALLOWED) !== undefined, ask };
}
