/**
 * Finds the keys that signed a history, and what the user's own sources say of their holders: files that the user names,
 * git's configuration, the keyring. A name counts only from such a source. What a key, a signature, or the repository's own
 * configuration says of a holder is kept apart, as a claim.
 */

import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fromUtf8 } from '../../core/bytes.ts';
import { type ListedSshKey, readListedSshKeys } from '../../core/policy/allowed-signers.ts';
import { githubWebFlow } from '../../core/policy/github-web-flow.ts';
import type { KeyRule, Validity } from '../../core/policy/model.ts';
import { addressIn } from '../../core/policy/proposal.ts';
import { ConfigError } from '../../errors.ts';
import { type ConfigEntry, listGitConfig, parseGitConfig } from '../../git/config.ts';
import { isOfRepository } from '../../settings/authority.ts';
import type { Environment } from '../../system/environment.ts';
import { systemReason } from '../../system/system-error.ts';
import { askKeyring } from './keyring.ts';
import { holdsOpenPgp, type OpenPgpKey, readOpenPgpKeyFile } from './openpgp-keys.ts';

/** A key that may have signed, as a policy holds it. */
export interface KnownKey extends Validity {
  readonly kind: KeyRule['kind'];
  /** `TYPE BASE64`, or armored. */
  readonly key: string;
  /** The preset that holds it. */
  readonly preset?: 'github-web-flow';
  /** The holder's name, by a source of the user. */
  readonly owner?: string;
  /** The holder's address, if a source of the user states it, and not only the key itself. */
  readonly address?: string;
  /** Where it was found. */
  readonly source: string;
  /** True if a source of the user holds it. False for a key of which nothing says whose it is. */
  readonly vouched: boolean;
  /** What the key says of itself, which proves nothing. */
  readonly says?: string;
}

export interface KnownKeys {
  readonly keys: readonly KnownKey[];
  /** What the user should know: a source that was not read, or not believed. */
  readonly remarks: readonly string[];
}

/** The keys that a history's signatures claim. */
export interface ClaimedKeys {
  /** `TYPE BASE64`. An SSH signature holds its key. */
  readonly ssh: ReadonlySet<string>;
  /** Fingerprints or ids, upper-case hex. */
  readonly openpgp: ReadonlySet<string>;
}

interface Place {
  readonly cwd: string;
  readonly env: Environment;
}

const MAX_FILE = 16 * 1024 * 1024;

/** Reads a file of keys. @throws ConfigError that names it */
async function keyText(path: string): Promise<string> {
  const refuse = (why: string): ConfigError => new ConfigError(`${path}: ${why}`);
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE) throw refuse('the file is longer than 16 MiB');
      const text = fromUtf8(await file.readFile());
      if (text === undefined)
        throw refuse('the file is not text. For OpenPGP keys: gpg --export --armor');
      return text.replaceAll('\r', '');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refuse(systemReason(error) || String(error));
  }
}

/** Returns the first principal that is a name and no pattern. */
function principalOf({ principals }: ListedSshKey): string | undefined {
  return principals.find((principal) => !/[*?!]/.test(principal));
}

/** Returns an owner and the address in it. */
function held(owner: string): Pick<KnownKey, 'owner' | 'address'> {
  const address = addressIn(owner);
  return address === undefined ? { owner } : { owner, address };
}

function sshKeysOf(text: string, source: string, owner?: string): readonly KnownKey[] {
  return readListedSshKeys(text).map((listed) => {
    const { key, comment, from, until } = listed;
    const stated = owner ?? principalOf(listed);
    return {
      ...{ kind: 'ssh', key, source, vouched: true },
      ...(stated === undefined ? (comment === '' ? {} : { owner: comment }) : held(stated)),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    };
  });
}

function openPgpKey({ armored, userIds: [says] }: OpenPgpKey, source: string): KnownKey {
  const said = says === undefined ? {} : { says };
  return { kind: 'openpgp', key: armored, source, vouched: false, ...said };
}

/** Reads `--keys FILE`. The user gives it for this purpose, so its names count. */
async function namedFile(path: string, { cwd }: Place): Promise<readonly KnownKey[]> {
  const text = await keyText(resolve(cwd, path));
  const openPgp = holdsOpenPgp(text) ? await readOpenPgpKeyFile(text, path) : [];
  const given = openPgp.map((key) => {
    const [owner] = key.userIds;
    return { ...openPgpKey(key, path), vouched: true, ...(owner === undefined ? {} : { owner }) };
  });
  const keys = [...sshKeysOf(text, path), ...given];
  if (keys.length > 0) return keys;
  throw new ConfigError(`${path}: it holds no key that may sign`, {
    hint: 'it should hold armored OpenPGP keys, or SSH keys one a line (a public key, or a line of allowed signers)',
  });
}

interface OwnSettings {
  readonly allowedSigners: string | undefined;
  readonly signingKey: string | undefined;
  readonly email: string | undefined;
  readonly remarks: readonly string[];
}

/** Reads what the user's own configuration says. A name that the repository itself sets is not believed, nor is a file of its tree. */
function ownSettings(entries: readonly ConfigEntry[], env: Environment): OwnSettings {
  const last = (key: string, own: boolean) =>
    entries.findLast((entry) => entry.key === key && isOfRepository(entry) !== own)?.value;
  const path = (value: string | undefined) =>
    value?.startsWith('~/') ? join(env.HOME ?? homedir(), value.slice(2)) : value;
  const allowed = path(last('gpg.ssh.allowedsignersfile', true));
  const absolute = allowed !== undefined && isAbsolute(allowed);
  const unread = last('gpg.ssh.allowedsignersfile', false) ?? (absolute ? undefined : allowed);
  const remark = `the names in ${unread} do not count, because this repository chooses that file. If you know it, add: --keys ${unread}`;
  return {
    allowedSigners: absolute ? allowed : undefined,
    signingKey: path(last('user.signingkey', true)),
    email: last('user.email', true),
    remarks: unread === undefined ? [] : [remark],
  };
}

/** Reads the user's own SSH key: the text itself, or a file with a public key. A secret key is not opened. */
async function ownSshKey({ signingKey, email }: OwnSettings): Promise<readonly KnownKey[]> {
  if (signingKey === undefined) return [];
  const text = signingKey.replace(/^key::/, '');
  const literal = sshKeysOf(text, 'user.signingKey', email);
  if (literal.length > 0 || !isAbsolute(text)) return literal;
  const path = text.endsWith('.pub') ? text : `${text}.pub`;
  return sshKeysOf(await keyText(path).catch(() => ''), 'user.signingKey', email);
}

/** Returns the SSH keys that signed and of which no source says anything. The signatures hold them. */
function strangers(claimed: ClaimedKeys, known: readonly KnownKey[]): readonly KnownKey[] {
  const names = new Set(known.map(({ key }) => key));
  return [...claimed.ssh]
    .filter((key) => !names.has(key))
    .map((key) => ({ kind: 'ssh', key, source: 'the signatures', vouched: false }));
}

const presetKeys: readonly KnownKey[] = githubWebFlow('').map(({ kind, key, from, until }) => ({
  ...{ kind, key, preset: 'github-web-flow', source: 'the preset', vouched: true },
  ...(from === undefined ? {} : { from }),
  ...(until === undefined ? {} : { until }),
}));

/** Returns the keyring's keys that signed. Its owner's names count for keys that GnuPG holds to be valid. */
async function keyringKeys(
  wanted: readonly string[],
  { signingKey, email }: OwnSettings,
  place: Place,
): Promise<KnownKeys> {
  const keyring = await askKeyring(wanted, place);
  if (keyring === undefined) return { keys: [], remarks: [] };
  if (typeof keyring === 'string') {
    const way = 'gpg --export --armor > FILE, then add --keys FILE';
    return { keys: [], remarks: [`the keyring could not be read (${keyring}): ${way}`] };
  }
  const own = signingKey?.replace(/^0x|!$/g, '').toUpperCase() ?? '';
  const found = await readOpenPgpKeyFile(keyring.armored, 'the keyring');
  const keys = found.map((key) => {
    const mine = own.length >= 40 && key.names.includes(own) ? email : undefined;
    const owner = keyring.valid.get(key.fingerprint) ?? mine;
    const plain = openPgpKey(key, 'the keyring');
    return owner === undefined ? plain : { ...plain, vouched: true, ...held(owner) };
  });
  return { keys, remarks: [] };
}

/**
 * Returns the keys at hand for the claimed ones. `files` are those that the user names. The first source that holds a key
 * counts: these files, the preset, git's configuration, the keyring, the signatures.
 * @throws ConfigError for a file that cannot be read
 */
export async function findKeys(
  claimed: ClaimedKeys,
  files: readonly string[],
  place: Place,
): Promise<KnownKeys> {
  const own = ownSettings(parseGitConfig(await listGitConfig(place)), place.env);
  const named = (await Promise.all(files.map((file) => namedFile(file, place)))).flat();
  const allowed =
    own.allowedSigners === undefined
      ? []
      : sshKeysOf(await keyText(own.allowedSigners), own.allowedSigners);
  const keyring = await keyringKeys([...claimed.openpgp], own, place);
  const listed = [...named, ...presetKeys, ...allowed, ...(await ownSshKey(own)), ...keyring.keys];
  const keys = [...new Map(listed.toReversed().map((key) => [key.key, key])).values()].reverse();
  return {
    keys: [...keys, ...strangers(claimed, keys)],
    remarks: [...own.remarks, ...keyring.remarks],
  };
}
