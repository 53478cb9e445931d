import { describe, expect, it } from 'vitest';
import { payloadKind } from '../../../src/core/git/payload-kind.ts';
import { checkPayload } from '../../../src/core/git/signable.ts';
import { checkSignable } from '../../../src/core/statement/signable.ts';
import { paeOf, STATEMENT } from '../../support/forge/statement.ts';
import { PAYLOAD } from '../../support/forge.ts';
import { bytes } from '../../support/odd-objects.ts';

const REFUSED = expect.objectContaining({ code: 'USAGE', exitCode: 2 });

describe('a payload to sign', () => {
  it('that is a statement is signed for the commands that make one, and not for git (A7)', () => {
    expect(payloadKind(STATEMENT)).toBe('statement');
    expect(checkSignable(STATEMENT)).toBe('statement');
    expect(() => checkPayload(STATEMENT)).toThrow(REFUSED);
  });

  it('that git hands over is signed for every caller', () => {
    expect(checkSignable(PAYLOAD)).toBe('commit');
    expect(checkPayload(PAYLOAD)).toBe('commit');
  });

  it.each([
    ['a statement behind a space', Buffer.concat([bytes(' '), STATEMENT])],
    ['a statement behind a byte order mark', Buffer.concat([bytes('\xef\xbb\xbf'), STATEMENT])],
    ['two statements', Buffer.concat([STATEMENT, STATEMENT])],
    ['an encoded statement', paeOf(STATEMENT)],
    ['a statement that ends early', STATEMENT.subarray(0, -1)],
    ['a statement with a line behind it', Buffer.concat([STATEMENT, bytes('\ntree x')])],
    ['a commit behind a statement', Buffer.concat([STATEMENT, PAYLOAD])],
    ['other JSON', bytes('{}')],
    ['nothing', bytes('')],
  ])('that is %s is refused (A1, A7)', (_name, payload) => {
    expect(() => checkSignable(payload)).toThrow(REFUSED);
    expect(() => checkPayload(payload)).toThrow(REFUSED);
  });
});
