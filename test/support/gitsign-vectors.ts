/** The objects that the real gitsign signed (test/vectors/gitsign/README.md), and the trust to judge them with. */

import { existsSync, readFileSync } from 'node:fs';
import { createEvidenceCache } from '../../src/core/evidence-cache.ts';
import {
  type ObjectFormat,
  type ObjectType,
  splitSignedObject,
} from '../../src/core/git/signed-object.ts';
import { logEntryFromRekorV1 } from '../../src/core/rekor/log-answer.ts';
import type { TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { VerifyContext } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';

const ROOT = new URL('../vectors/gitsign/', import.meta.url);

export interface Vector {
  readonly file: string;
  readonly type: ObjectType;
  readonly id: string;
  readonly raw: Uint8Array;
  readonly format: ObjectFormat;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly expected: string;
  /** The recorded answer of the log, for objects whose signature embeds no entry. */
  readonly found: TransparencyLogEntry | undefined;
}

interface ManifestRow {
  readonly file: string;
  readonly oid: string;
  readonly type: ObjectType;
  readonly expected: string;
}

const read = (path: string): Buffer => readFileSync(new URL(path, ROOT));

interface Exchange {
  readonly method: string;
  readonly response: string;
}

function recorded(file: string): TransparencyLogEntry | undefined {
  if (!existsSync(new URL(`${file}.rekor.json`, ROOT))) return undefined;
  const exchanges = JSON.parse(read(`${file}.rekor.json`).toString()) as Exchange[];
  const answer = exchanges.find(({ method }) => method === 'GET')?.response ?? '{}';
  const [entry] = Object.values(JSON.parse(answer) as Record<string, unknown>);
  return logEntryFromRekorV1(entry);
}

function load({ file, oid, type, expected }: ManifestRow): Vector {
  const raw = read(file);
  const format = oid.length === 64 ? 'sha256' : 'sha1';
  const split = splitSignedObject(type, raw, format);
  if (split === undefined) throw new Error(`${file} is unsigned`);
  return { file, type, id: oid, raw, format, ...split, expected, found: recorded(file) };
}

export const vectors: readonly Vector[] = (
  JSON.parse(read('manifest.json').toString()) as ManifestRow[]
).map(load);

/** Why vectors are refused, with and without the log. It lacks those for which the log decides. */
export const REFUSED: Readonly<Record<string, string>> = {
  'rekor2/01-offline.commit': 'refused time-missing',
  'rekor2/02-offline.commit': 'refused time-missing',
  'tampered/01-message.commit': 'refused content-digest-differs',
  'tampered/02-author.commit': 'refused content-digest-differs',
  'tampered/03-transplant.commit': 'refused content-digest-differs',
  'tampered/04-digest-and-message.commit': 'refused signature-invalid',
  'tampered/05-signature-value.commit': 'refused signature-invalid',
  'tampered/06-certificate-swapped.commit': 'refused signature-invalid',
  'tampered/07-certificate-bit.commit': 'refused log-entry-mismatch',
  'tampered/08-integrated-time.commit': 'refused inclusion-promise-invalid',
  'tampered/09-proof-hash.commit': 'refused log-entry-mismatch',
  'tampered/10-root-hash.commit': 'refused log-entry-mismatch',
  'tampered/12-online-message.commit': 'refused content-digest-differs',
};

export function vector(file: string): Vector {
  const found = vectors.find((one) => one.file === file);
  if (found === undefined) throw new Error(`no vector ${file}`);
  return found;
}

export const trust = parseTrustedRoot(
  read('trust/trusted_root.json').toString(),
  'trusted_root.json',
  nodeCrypto,
);

/** A context with an empty cache of its own, a year after the samples were made. */
export function contextOf(): VerifyContext {
  return {
    crypto: nodeCrypto,
    trust,
    now: Date.parse('2027-11-21T00:00:00Z') / 1000,
    cache: createEvidenceCache(),
  };
}
