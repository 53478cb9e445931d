/**
 * Reads the public key inside an SSHSIG (OpenSSH PROTOCOL.sshsig), which claims to have signed. Nothing here verifies.
 * ssh-keygen does that (gate/keys/ssh-signature.ts).
 */

import { fromBase64, latin1, toBase64 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';

/** The types of keys that may sign: no certificates, no DSA. */
export const KEY_TYPE =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Returns the length-prefixed text at the start of an SSH blob, or undefined if it is cut off. */
export function firstString(blob: Uint8Array): string | undefined {
  if (blob.length < 4) return undefined;
  const length = new DataView(blob.buffer, blob.byteOffset).getUint32(0);
  return length > blob.length - 4 ? undefined : latin1(blob.subarray(4, 4 + length));
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

/** Returns the fingerprint `SHA256:…` of a key `TYPE BASE64`, as ssh-keygen prints it. */
export function sshFingerprint(key: string, crypto: Crypto): string {
  const blob = fromBase64(key.split(' ')[1] ?? '') ?? new Uint8Array();
  return `SHA256:${toBase64(crypto.hash('sha256', blob)).replace(/=+$/, '')}`;
}
