/**
 * Finds the user at the other end of a loopback connection. Only Linux tells (proc(5), /proc/net/tcp), where addresses are
 * words in the machine's byte order.
 */

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>;

const hexPort = (port = 0): string => port.toString(16).toUpperCase().padStart(4, '0');

/** Returns `[table, address]` for 127.0.0.1 or ::1, as the tables write them. A socket of both families is in the second table. */
function entriesOf(address: string): readonly (readonly [string, string])[] {
  const word = (bytes: string): string =>
    endianness() === 'LE' ? (bytes.match(/../g) ?? []).reverse().join('') : bytes;
  const zero = '00000000';
  if (address === '::1') return [['tcp6', `${zero}${zero}${zero}${word('00000001')}`]];
  const loopback = word('7F000001');
  return [
    ['tcp', loopback],
    ['tcp6', `${zero}${zero}${word('0000FFFF')}${loopback}`],
  ];
}

/** Returns the user id that owns the peer's socket, or undefined if it is not known. */
export function peerUser({ remoteAddress, remotePort, localPort }: Ends): number | undefined {
  const address = (remoteAddress ?? '').replace(/^::ffff:/, '');
  if (address !== '127.0.0.1' && address !== '::1') return undefined;
  for (const [table, name] of entriesOf(address)) {
    let text: string;
    try {
      text = readFileSync(`/proc/net/${table}`, 'latin1');
    } catch {
      continue;
    }
    const local = `${name}:${hexPort(remotePort)}`;
    for (const line of text.split('\n')) {
      const [, from, to, , , , , uid] = line.trim().split(/\s+/);
      if (from === local && to?.endsWith(`:${hexPort(localPort)}`)) return Number(uid);
    }
  }
  return undefined;
}

/** Returns whether the peer is known to be another user. root is allowed, because it can read everything anyway. */
export function peerIsForeign(ends: Ends): boolean {
  const me = process.getuid?.();
  if (me === undefined || me === 0) return false;
  const peer = peerUser(ends);
  return peer !== undefined && peer !== 0 && peer !== me;
}
