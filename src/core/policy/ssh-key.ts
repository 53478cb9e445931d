/**
 * Reads SSH keys from policies and signatures. A policy holds a line of an allowed-signers file (ssh-keygen(1), ALLOWED
 * SIGNERS). An SSHSIG (OpenSSH PROTOCOL.sshsig) holds the public key that claims to have signed. ssh-keygen itself
 * verifies (gate/ssh-signature.ts).
 */

import { fromBase64, latin1, toBase64 } from '../bytes.ts';
import { fault, type Path, type Reader } from './reader.ts';

/** `TYPE BASE64`, with the other fields of the line. */
export interface SshKey {
  readonly key: string;
  readonly addresses?: readonly string[];
}

const KEY_TYPE =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Returns the length-prefixed text at the start of an SSH blob, or undefined if it is cut off. */
function firstString(blob: Uint8Array): string | undefined {
  if (blob.length < 4) return undefined;
  const length = new DataView(blob.buffer, blob.byteOffset).getUint32(0);
  return length > blob.length - 4 ? undefined : latin1(blob.subarray(4, 4 + length));
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

/** Returns the public key that an armored SSH signature names, as `TYPE BASE64`, or undefined if it cannot be read. */
export function signingSshKey(armor: Uint8Array): string | undefined {
  const match =
    /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n*$/.exec(
      latin1(armor),
    );
  const bytes = fromBase64((match?.[1] ?? '').replaceAll('\n', ''));
  if (bytes === undefined || latin1(bytes.subarray(0, 6)) !== 'SSHSIG' || bytes.length < 14) {
    return undefined;
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(10);
  if (length > bytes.length - 14) return undefined;
  const blob = bytes.subarray(14, 14 + length);
  const type = firstString(blob);
  return type === undefined || !KEY_TYPE.test(type) ? undefined : `${type} ${toBase64(blob)}`;
}
