/**
 * Reads files that list SSH keys: allowed signers (ssh-keygen(1), ALLOWED SIGNERS), and public keys as ssh-keygen writes
 * them, one a line. A line that does not allow its key to sign for git is left out.
 */

import { fromBase64 } from '../bytes.ts';
import { firstString, KEY_TYPE } from '../git/ssh-signature.ts';
import type { Validity } from './model.ts';

/** A key with what its line says of it. */
export interface ListedSshKey extends Validity {
  /** `TYPE BASE64`. */
  readonly key: string;
  /** Principals of an allowed signer. They may be patterns. Empty for a public key. */
  readonly principals: readonly string[];
  /** What stands behind the key. */
  readonly comment: string;
}

const WORDS = /(?:[^\s"]|"[^"]*")+/g;
const OPTION = /^([\w-]+)(?:="([^"]*)")?$/;
const STAMP = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/;

/** Reads `YYYYMMDD[HHMM[SS]]` as UTC, in Unix seconds. ssh-keygen takes it in local time, unless `Z` follows. */
function instantOf(text: string): number | undefined {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = STAMP.exec(text) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time / 1000;
}

/** Returns the dates of a line's options, or undefined if they do not allow the key to sign for git. */
function validityOf(options: string): Validity | undefined {
  let validity: Validity = {};
  for (const option of options.match(/(?:[^,"]|"[^"]*")+/g) ?? []) {
    const [, name, value = ''] = OPTION.exec(option) ?? [];
    const time = instantOf(value);
    if (name === 'namespaces' && value.split(',').includes('git')) continue;
    if (name === 'valid-after' && time !== undefined) validity = { ...validity, from: time };
    else if (name === 'valid-before' && time !== undefined) validity = { ...validity, until: time };
    else return undefined;
  }
  return validity;
}

function readLine(line: string): ListedSshKey | undefined {
  const words = line.match(WORDS) ?? [];
  const at = words.findIndex((word) => KEY_TYPE.test(word));
  const [type, base64 = ''] = [words[at], words[at + 1]];
  const blob = fromBase64(base64);
  if (type === undefined || blob === undefined || firstString(blob) !== type) return undefined;
  const [principals = '', ...options] = words.slice(0, at);
  const validity = validityOf(options.join(','));
  if (validity === undefined) return undefined;
  return {
    key: `${type} ${base64}`,
    principals: principals.replaceAll('"', '').split(',').filter(Boolean),
    comment: words.slice(at + 2).join(' '),
    ...validity,
  };
}

/** Returns the keys of a file, in its order. Comments, certificate authorities and lines for other purposes are left out. */
export function readListedSshKeys(text: string): readonly ListedSshKey[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => readLine(line.trim()) ?? []);
}
