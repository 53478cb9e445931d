/**
 * Reads the `revoked` entries of a policy. Each takes back exactly one of: an account within a window, a certificate, a
 * log entry, a key. A window has full times in UTC, because a day alone does not say where it begins (threat V5).
 */

import { readUtc } from '../time.ts';
import type { Revocation, RevokedTarget } from './model.ts';
import { asMap, asText, asTexts, type Fields, fault, type Path, type Reader } from './reader.ts';

const TARGETS = ['identity', 'certificate', 'log', 'key'] as const;
const ACCOUNT = ['issuer', 'from', 'until'] as const;
const KEYS = [...TARGETS, ...ACCOUNT, 'index', 'reason', 'except'];

function readTime(reader: Reader, value: unknown, path: Path): number {
  const time = typeof value === 'string' ? readUtc(value) : undefined;
  if (time !== undefined) return time;
  const form = 'such as 2026-03-01T12:00Z (no day alone, no other time zone)';
  throw fault(reader, path, `'${path.at(-1)}' must be a time in UTC, ${form}`);
}

function readAccount(reader: Reader, entry: Fields, path: Path): RevokedTarget {
  const { from, until } = entry;
  if (entry.issuer === undefined) throw fault(reader, path, "an identity without 'issuer'");
  const first = from === undefined ? undefined : readTime(reader, from, [...path, 'from']);
  const end = until === undefined ? undefined : readTime(reader, until, [...path, 'until']);
  if (first !== undefined && end !== undefined && end <= first) {
    throw fault(reader, [...path, 'until'], "'until' is not later than 'from'");
  }
  return {
    kind: 'account',
    identity: asText(reader, entry.identity, [...path, 'identity']),
    issuer: asText(reader, entry.issuer, [...path, 'issuer']),
    ...(first === undefined ? {} : { from: first }),
    ...(end === undefined ? {} : { until: end }),
  };
}

function readLogEntry(reader: Reader, entry: Fields, path: Path): RevokedTarget {
  const logId = asText(reader, entry.log, [...path, 'log']);
  if (!/^[0-9a-f]{64}$/.test(logId)) {
    const problem = "'log' must be the log's id, 64 hex digits in lower case (logEntry.logId)";
    throw fault(reader, [...path, 'log'], problem);
  }
  const { index } = entry;
  const text = Number.isSafeInteger(index) ? String(index) : index;
  if (typeof text !== 'string' || !/^(?:0|[1-9]\d{0,19})$/.test(text)) {
    throw fault(reader, [...path, 'index'], "'index' must be the number of the entry in the log");
  }
  return { kind: 'log-entry', logId, index: text };
}

function readTarget(
  reader: Reader,
  kind: (typeof TARGETS)[number],
  entry: Fields,
  path: Path,
): RevokedTarget {
  if (kind === 'identity') return readAccount(reader, entry, path);
  if (kind === 'log') return readLogEntry(reader, entry, path);
  const at = [...path, kind];
  const text = asText(reader, entry[kind], at);
  if (kind === 'certificate') {
    if (/^[0-9a-f]{64}$/.test(text)) return { kind, sha256: text };
    const problem = "'certificate' must be the SHA-256 of its DER, 64 hex digits in lower case";
    throw fault(reader, at, problem);
  }
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) return { kind, fingerprint: text };
  if (/^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/.test(text)) {
    return { kind, fingerprint: text.toUpperCase() };
  }
  throw fault(reader, at, "'key' must be a fingerprint: SHA256:… (SSH), or hex digits (OpenPGP)");
}

/** Keys that go with one kind of target only. */
const ONLY_WITH: Readonly<Record<string, string>> = {
  issuer: 'identity',
  from: 'identity',
  until: 'identity',
  index: 'log',
};

function readEntry(reader: Reader, value: unknown, path: Path): Revocation {
  const entry = asMap(reader, value, path, KEYS);
  const [kind, second] = TARGETS.filter((each) => entry[each] !== undefined);
  if (kind === undefined) {
    throw fault(reader, path, "expected one of 'identity', 'certificate', 'log' and 'key'");
  }
  if (second !== undefined) {
    throw fault(reader, [...path, second], `give only one of '${kind}' and '${second}'`);
  }
  for (const [key, owner] of Object.entries(ONLY_WITH)) {
    if (entry[key] === undefined || owner === kind) continue;
    throw fault(reader, [...path, key], `'${key}' goes with '${owner}' only`);
  }
  if (entry.reason === undefined) throw fault(reader, path, "an entry without 'reason'");
  const reason = asText(reader, entry.reason, [...path, 'reason']);
  const target = readTarget(reader, kind, entry, path);
  if (entry.except === undefined) return { target, reason };
  const except = asTexts(reader, entry.except, [...path, 'except']);
  for (const [index, id] of except.entries()) {
    if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) continue;
    const problem = "'except' must hold full hashes of commits or tags, in lower case";
    throw fault(reader, [...path, 'except', index], problem);
  }
  return { target, reason, except };
}

/** Reads `revoked`. @throws ConfigError POLICY_FILE with line and column */
export function readRevoked(reader: Reader, value: unknown): readonly Revocation[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(reader, ['revoked'], "'revoked' must be a list, and not empty");
  }
  return value.map((entry: unknown, index) => readEntry(reader, entry, ['revoked', index]));
}
