/** What a verifier refuses is never signed. */

import { describe, expect, it } from 'vitest';
import { checkPayload } from '../../../src/core/git/signable.ts';
import { vectors } from '../../support/gitsign-vectors.ts';
import { historyObjects } from '../../support/history-objects.ts';
import { malformedPayloads, payloadOf, unsignable } from '../../support/unsignable.ts';

describe('checkPayload', () => {
  it.each([...unsignable, ...malformedPayloads])(
    'a payload that must not be signed is refused: $name (D28)',
    ({ payload, names }) => {
      expect(() => checkPayload(payload)).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          exitCode: 2,
          message: expect.stringMatching(names),
        }),
      );
    },
  );

  it.each(historyObjects)('an old commit or tag may be signed again: $name', (one) => {
    expect(checkPayload(payloadOf(one.type, one.raw))).toBe(one.type);
  });

  it.each(vectors)(
    'a payload that gitsign has signed may be signed: $file',
    ({ type, payload }) => {
      expect(checkPayload(payload)).toBe(type);
    },
  );
});
