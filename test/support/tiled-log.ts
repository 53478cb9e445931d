/**
 * A tiled log of any size in memory, under the forge's log key: entries are made when they are asked for, so that a log of
 * a million costs a tree of hashes and nothing else. It can be made to lie.
 */

import { hash } from 'node:crypto';
import { utf8 } from '../../src/core/bytes.ts';
import type { TrustedLog, TrustMaterial } from '../../src/core/trust/trust-material.ts';
import type { HttpAnswer, HttpSend } from '../../src/http/message.ts';
import { MerkleTree } from '../../src/sandbox/rekor/merkle-tree.ts';
import { logKey } from './forge/entry.ts';
import { bodyV1, bodyV2, logIdOf, note } from './forge/log.ts';
import { base64, ORIGIN, type Overrides } from './forge/spec.ts';
import { ext, general } from './forge/x509.ts';
import { forge } from './forge.ts';

/** The entry at a position. It is good until the next one is asked for. */
export type Bodies = (index: number) => Uint8Array;

export interface TiledLog {
  readonly url: string;
  readonly trusted: TrustedLog;
  readonly send: HttpSend;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  readonly size: () => number;
  readonly grow: (by: number) => void;
  /** Its signed note of a size, the present one unless said. */
  readonly note: (size?: number) => string;
  /** Answers in place of the log. */
  intercept: ((path: string) => HttpAnswer | undefined) | undefined;
}

export const answer = (status: number, body: Uint8Array | string = ''): HttpAnswer => ({
  status,
  headers: {},
  body: typeof body === 'string' ? utf8(body) : body,
});

const LEAF = Uint8Array.of(0);

function tileOf(path: string): { index: number; width: number } {
  const [, groups = '', width = '256'] = /\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
  return { index: Number(groups.replaceAll(/[x/]/g, '')), width: Number(width) };
}

/** An entry bundle: each entry after its length in two octets. */
export function bundleOf(bodies: Bodies, from: number, to: number): Uint8Array {
  let bundle = Buffer.allocUnsafe((to - from) * 2048);
  let end = 0;
  for (let index = from; index < to; index += 1) {
    const body = bodies(index);
    if (end + 2 + body.length > bundle.length) bundle = Buffer.concat([bundle], 2 * bundle.length);
    bundle.writeUInt16BE(body.length, end);
    bundle.set(body, end + 2);
    end += 2 + body.length;
  }
  return bundle.subarray(0, end);
}

/** Opens a log of `size` entries. */
export function tiledLog(size: number, bodies: Bodies, origin: string = ORIGIN.v2): TiledLog {
  const key = logKey('v2');
  const id = logIdOf(key, origin);
  const tree = new MerkleTree();
  const grow = (by: number): void => {
    const leaf = Buffer.alloc(1 + 0xffff);
    for (let end = tree.size + by; tree.size < end; ) {
      const body = bodies(tree.size);
      leaf.set(body, 1);
      tree.append(hash('sha256', leaf.subarray(0, 1 + body.length), 'buffer'));
    }
  };
  grow(size);
  const signed = (at = tree.size): string =>
    note({
      ...{ origin, size: String(at), root: base64(tree.root(at)), more: [] },
      signatures: [{ name: origin, hint: id, key }],
    });
  const serve = (path: string): HttpAnswer => {
    if (path === '/api/v2/checkpoint') return answer(200, signed());
    const { index, width } = tileOf(path);
    const level = /\/tile\/([a-z0-9]+)\//.exec(path)?.[1] ?? '';
    const [from, to] = [index * 256, index * 256 + width];
    const there =
      level === 'entries' ? tree.size : MerkleTree.nodeCount(8 * Number(level), tree.size);
    if (to > there) return answer(404);
    if (level !== 'entries') return answer(200, tree.nodes(8 * Number(level), from, to));
    return answer(200, bundleOf(bodies, from, to));
  };
  const url = `https://${origin}`;
  const log: TiledLog = {
    url,
    trusted: {
      id: Buffer.from(id).toString('hex'),
      baseUrl: url,
      key: { kind: 'ed25519', spki: key.spki },
      validFor: { start: 0 },
    },
    asked: [],
    send: async (request) => {
      const path = new URL(request.url).pathname;
      log.asked.push(path);
      return log.intercept?.(path) ?? serve(path);
    },
    size: () => tree.size,
    grow,
    note: signed,
    intercept: undefined,
  };
  return log;
}

/** An entry as the log holds it, by a name of the forge's own authority. */
export interface ForgedEntry {
  readonly body: Uint8Array;
  readonly leaf: string;
  readonly trust: TrustMaterial;
}

/** An entry by this e-mail address, or by this workflow. `count` makes each a different one. */
export function entryBy(
  name: string,
  {
    count = 0,
    version = 'v2',
    ...change
  }: { count?: number; version?: 'v1' | 'v2' } & Overrides = {},
): ForgedEntry {
  const forged = forge({
    payload: utf8(
      `tree ${'0'.repeat(40)}\nauthor A <a@a.test> 1 +0000\ncommitter A <a@a.test> 1 +0000\n\n${count}\n`,
    ),
    leaf: (spec) => ({
      ...spec,
      extensions: spec.extensions.with(
        4,
        ext.san(name.includes('://') ? general.uri(name) : general.email(name)),
      ),
    }),
    ...change,
  });
  const body = (version === 'v1' ? bodyV1 : bodyV2)(forged.record);
  const leaf = hash('sha256', Buffer.concat([LEAF, body]), 'hex');
  return { body, leaf, trust: forged.trust };
}

/** Names that hold a watched name, or nearly. */
const NEAR = ['xalice@example.test', 'alice@example.test.evil.test', 'alice@example.tes'];
const FAR = [
  ...['mallory@example.test', 'carol@corp.test', 'someone@elsewhere.test'],
  'https://github.com/acme/apps/.github/workflows/release.yml@refs/heads/main',
];
const NEAR_EVERY = 1024;

/** Entries of other people, each different and as long as real ones. Of every 1024, one is a near miss. */
export function strangerBodies(): Bodies {
  const made = (names: readonly string[]) =>
    names.map((name) => {
      const body = Buffer.from(entryBy(name).body);
      return { body, at: body.indexOf('"digest":"') + 10 };
    });
  const [near, far] = [made(NEAR), made(FAR)];
  return (index) => {
    const among = index % NEAR_EVERY === 0 ? near : far;
    const { body, at } = among[Math.floor(index / 7) % among.length] as (typeof near)[number];
    // in place: the caller that keeps an entry copies it
    body.write(String(index).padStart(12, 'A'), at, 12, 'latin1');
    return body;
  };
}
