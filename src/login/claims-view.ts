/**
 * Shows the claims of an identity token, never the token. Claims without a signature cannot be used to log in. The
 * identifiers of one login or session are left out too.
 */

import { fromUtf8 } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import { isRecord } from '../core/json.ts';
import type { Secret } from '../system/secret.ts';

const LEFT_OUT = new Set(['nonce', 'at_hash', 'c_hash', 's_hash', 'sid', 'jti']);

/** Returns the claims by name, with control characters escaped, or none if it is not a JSON web token. */
export function visibleClaims(token: Secret): Readonly<Record<string, unknown>> {
  const [, part = ''] = token.reveal().split('.');
  try {
    const claims: unknown = JSON.parse(fromUtf8(Buffer.from(part, 'base64url')) ?? '');
    if (!isRecord(claims)) return {};
    return Object.fromEntries(
      Object.entries(claims)
        .filter(([name]) => !LEFT_OUT.has(name))
        .map(([name, value]) => [visible(name), escaped(value)]),
    );
  } catch {
    return {};
  }
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(escaped);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [visible(name), escaped(each)]),
  );
}
