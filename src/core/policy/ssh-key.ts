/**
 * Reads SSH keys from policies. A policy holds a line of an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS).
 */

import { fromBase64 } from '../bytes.ts';
import { firstString, KEY_TYPE } from '../git/ssh-signature.ts';
import { fault, type Path, type Reader } from './reader.ts';

/** `TYPE BASE64`, with the other fields of the line. */
export interface SshKey {
  readonly key: string;
  readonly addresses?: readonly string[];
}

/**
 * Reads `[PRINCIPALS] [namespaces="git"] TYPE BASE64 [COMMENT]`. Principals are taken as the signer's addresses.
 * @throws ConfigError POLICY_FILE for other options, patterns, certificates and keys that do not say their own type
 */
export function readSshKey(reader: Reader, text: string, path: Path): SshKey {
  const words = text.trim().split(/[ \t]+/);
  const at = words.findIndex((word) => KEY_TYPE.test(word));
  const [type, base64] = [words[at], words[at + 1]];
  const blob = at === -1 || base64 === undefined ? undefined : fromBase64(base64);
  if (text.includes('\n') && text.trim().includes('\n')) {
    throw fault(reader, path, "'ssh' must be one key, on one line");
  }
  if (type === undefined || blob === undefined || firstString(blob) !== type) {
    throw fault(reader, path, "'ssh' must be a public key such as ssh-ed25519 AAAA…");
  }
  const before = words.slice(0, at);
  const options = before.slice(1);
  const [principals] = before;
  if (options.some((option) => option !== 'namespaces="git"')) {
    throw fault(
      reader,
      path,
      'the only option allowed here is namespaces="git" (for dates use from and until)',
    );
  }
  if (principals === undefined) return { key: `${type} ${base64}` };
  if (/[*?!"=]/.test(principals)) {
    throw fault(reader, path, 'principals must be addresses, not patterns or options');
  }
  return { key: `${type} ${base64}`, addresses: principals.split(',') };
}
