/**
 * Reads metadata of a TUF repository (specification 1.0.31) strictly. tuf-proof.ts proves it later. Text that two readers
 * could read differently is refused, because signatures cover the canonical form of the parsed value.
 */

import { ConfigError } from '../../errors.ts';
import { fromHex, utf8 } from '../bytes.ts';
import { isRecord, type Json } from '../json.ts';
import { canonicalJson } from './canonical-json.ts';

export type TufRole = 'root' | 'targets' | 'snapshot' | 'timestamp';

/** One metadata file, read but not yet proved. */
export interface TufMetadata {
  readonly version: number;
  /** Unix seconds. */
  readonly expires: number;
  readonly signed: Json;
  /** The bytes that the signatures cover. */
  readonly bytes: Uint8Array;
  /** Key id → signature. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const MAX_METADATA = 5_000_000;

/** @throws ConfigError `TRUST_FILE`, always */
export function refuse(role: TufRole, why: string): never {
  throw new ConfigError(`${role} metadata ${why}`, { code: 'TRUST_FILE' });
}

/** Returns a field of the text, never an inherited one. */
export function own(json: Json, key: string): unknown {
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Reads metadata of a role. @throws ConfigError `TRUST_FILE` if it is malformed */
export function readTufMetadata(text: string, role: TufRole): TufMetadata {
  if (text.length > MAX_METADATA) refuse(role, 'is too long');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    refuse(role, 'is not JSON');
  }
  const signed = isRecord(json) ? own(json, 'signed') : undefined;
  if (!isRecord(json) || !isRecord(signed)) refuse(role, 'has no signed part');
  if (own(signed, '_type') !== role) refuse(role, `is of type ${String(own(signed, '_type'))}`);
  if (!/^1\./.test(String(own(signed, 'spec_version')))) refuse(role, 'is not of TUF version 1');
  const version = own(signed, 'version');
  const expires = own(signed, 'expires');
  if (!isCount(version)) refuse(role, 'has no version');
  if (typeof expires !== 'string' || !TIME.test(expires)) refuse(role, 'has no expiry');
  const canonical = canonicalJson(signed);
  if (canonical === undefined) refuse(role, 'has no canonical form');
  return {
    ...{ version, signed, bytes: utf8(canonical) },
    expires: Math.floor(Date.parse(expires) / 1000),
    signatures: readSignatures(own(json, 'signatures'), role),
  };
}

function readSignatures(value: unknown, role: TufRole): ReadonlyMap<string, Uint8Array> {
  if (!Array.isArray(value)) refuse(role, 'has no list of signatures');
  const signatures = new Map<string, Uint8Array>();
  for (const item of value) {
    const { keyid, sig } = (isRecord(item) ? item : {}) as { keyid?: unknown; sig?: unknown };
    const bytes = typeof sig === 'string' ? fromHex(sig) : undefined;
    // a signer that could not sign leaves an empty signature
    if (typeof keyid !== 'string' || (bytes === undefined && sig !== ''))
      refuse(role, 'has an unreadable signature');
    if (signatures.has(keyid)) refuse(role, 'names a key twice among its signatures');
    signatures.set(keyid, bytes ?? new Uint8Array());
  }
  return signatures;
}
