/**
 * The file of a shard: a line about the run, a line for each object with the verdict on its own evidence, and a last line
 * with a digest of the others. The digest finds damage. It proves no author, because every writer can compute it. So a
 * reader (read-shard.ts) checks each field too. Rules that need several commits are settled when all shards are merged.
 */

import { toHex, utf8 } from '../../core/bytes.ts';
import type { Outcome } from '../../core/verdict.ts';
import { nodeCrypto } from '../../system/crypto.ts';

/** The version of the form. */
export const FORM = 2;
/** Most shards of a run. */
export const MAX_SHARDS = 1024;

/** What must be the same in every shard of a run, and where they are merged. By name, for messages. */
export type RunKey = Readonly<Record<string, string>>;

/** The first line. */
export interface ShardHead {
  readonly shard: number;
  readonly of: number;
  /** Unix seconds of the start. */
  readonly now: number;
  /** The arguments of `verify`, without those about shards and reports. */
  readonly words: readonly string[];
  readonly run: RunKey;
}

/** The last line. */
export interface ShardEnd {
  /** Objects of this shard, and of the whole run. */
  readonly judged: number;
  readonly total: number;
  /** Digest of the whole run's objects. */
  readonly selection: string;
  /** Digest of the lines before this one, and of the values above. */
  readonly lines: string;
}

/** The verdict on an object, before the rules that need several commits. */
export interface ShardRecord {
  readonly id: string;
  /** The name that the caller gave it, if that was not its hash. */
  readonly ref?: string;
  readonly outcome: Outcome;
}

/** A digest over many pieces, each added to the digest of those before it. */
export interface ChainedDigest {
  readonly add: (piece: Uint8Array) => void;
  /** SHA-256, lower-case hex. */
  readonly hex: () => string;
}

/** Returns the digest of nothing. */
export function chainedDigest(): ChainedDigest {
  let digest = new Uint8Array();
  return {
    add: (piece) => {
      digest = new Uint8Array(nodeCrypto.hash('sha256', digest, piece));
    },
    hex: () => toHex(digest),
  };
}

/** Writes the lines of a shard. */
export interface ShardLines {
  /** Returns a line with its end. */
  readonly line: (text: string) => string;
  /** Returns the last line. */
  readonly end: (end: Omit<ShardEnd, 'lines'>) => string;
}

/** Returns the values of the last line as the digest of a file takes them. */
export const endValues = ({ judged, total, selection }: Omit<ShardEnd, 'lines'>): Uint8Array =>
  utf8(`${judged} ${total} ${selection}`);

/** Begins the lines of a file. */
export function shardLines(): ShardLines {
  const digest = chainedDigest();
  return {
    line: (text) => {
      digest.add(utf8(text));
      return `${text}\n`;
    },
    end: (end) => {
      digest.add(endValues(end));
      return `${JSON.stringify({ end: true, ...end, lines: digest.hex() })}\n`;
    },
  };
}

/** Returns the first line of a file. */
export function headLine(head: ShardHead): string {
  return JSON.stringify({ gitSignetShard: FORM, ...head });
}
