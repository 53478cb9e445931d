/**
 * What a person may see of an identity token: its claims, never the token. Claims without their signature
 * let nobody in; what ties them to one login or session is left out all the same.
 */

import { fromUtf8 } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import type { Secret } from '../system/secret.ts';

const LEFT_OUT = new Set(['nonce', 'at_hash', 'c_hash', 's_hash', 'sid', 'jti']);

/** Claims by name, control characters escaped; empty for what is no JSON web token. */
export function visibleClaims(token: Secret): Readonly<Record<string, unknown>> {
  const [, part = ''] = token.reveal().split('.');
  try {
    const claims: unknown = JSON.parse(fromUtf8(Buffer.from(part, 'base64url')) ?? '');
    if (typeof claims !== 'object' || claims === null) return {};
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
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [visible(name), escaped(each)]),
  );
}
