/**
 * Whose process is at the other end of a connection on loopback. Linux tells (proc(5), /proc/net/tcp); elsewhere
 * nothing is known. Addresses there are words in the byte order of the machine.
 */

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>;

const hexPort = (port = 0): string => port.toString(16).toUpperCase().padStart(4, '0');

/** 127.0.0.1 and ::1 as the tables write them: `[table, address]`; a socket of both families is in the second table. */
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

/** The user that owns the peer's socket; undefined where that cannot be told. */
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

/** True where the peer is known to be another user. The administrator may look at everything anyway. */
export function peerIsForeign(ends: Ends): boolean {
  const me = process.getuid?.();
  if (me === undefined || me === 0) return false;
  const peer = peerUser(ends);
  return peer !== undefined && peer !== 0 && peer !== me;
}
