import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { readPushCertificate } from '../../../src/core/git/push-certificate.ts';
import { checkPush, type ReceivedPush } from '../../../src/core/git/push-check.ts';
import { splitPushCertificate } from '../../../src/core/git/signed-object.ts';
import { Refusal } from '../../../src/core/verdict.ts';

const [NONE, ONE, TWO] = ['0', '1', '2'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
];
const HERE = 'https://git.example.test/x.git';
const HEAD = `certificate version 0.1\npusher alice@example.test 1700000000 +0000\n`;
const LINES = `${ONE} ${TWO} refs/heads/main\n${NONE} ${ONE} refs/tags/v1\n`;
const certificateOf = (top = `pushee ${HERE}\nnonce 17-ab\n`, lines = LINES) =>
  readPushCertificate(utf8(`${HEAD}${top}\n${lines}`));
const MAIN = { old: ONE, new: TWO, ref: 'refs/heads/main' };
const TAG = { old: NONE, new: ONE, ref: 'refs/tags/v1' };
const RECEIVED: ReceivedPush = {
  nonce: '17-ab',
  nonceStatus: 'OK',
  isHere: (pushee) => pushee === HERE,
  updates: [TAG, MAIN],
};

function answer(received: Partial<ReceivedPush>, certificate = certificateOf()): string {
  try {
    checkPush(certificate, { ...RECEIVED, ...received });
    return 'taken';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe('a push certificate is compared with its push', () => {
  it('and taken if nonce, address and lines are those of the push, in any order', () => {
    expect(answer({})).toBe('taken');
    expect(answer({ updates: [MAIN, TAG] })).toBe('taken');
  });

  it.each(['BAD', 'SLOP', 'MISSING', 'UNSOLICITED', undefined])(
    'and refused if git says %s of its nonce (K8)',
    (nonceStatus) => expect(answer({ nonceStatus })).toBe('push-not-fresh'),
  );

  it('and refused if it has no nonce, or another one than the server asked for (K8)', () => {
    expect(answer({ nonce: '18-ab' })).toBe('push-not-fresh');
    expect(answer({ nonce: undefined })).toBe('push-not-fresh');
    expect(answer({}, certificateOf(`pushee ${HERE}\n`))).toBe('push-not-fresh');
    expect(answer({ nonce: undefined }, certificateOf(`pushee ${HERE}\n`))).toBe('push-not-fresh');
  });

  it('and refused if it names another address, or none (K7)', () => {
    expect(answer({ isHere: () => false })).toBe('push-elsewhere');
    expect(answer({}, certificateOf('nonce 17-ab\n'))).toBe('push-elsewhere');
  });

  it('and refused if one line is added, missing or different (K9)', () => {
    const other = { ...TAG, ref: 'refs/tags/v2' };
    for (const updates of [
      [],
      [MAIN],
      [MAIN, TAG, other],
      [MAIN, other],
      [MAIN, { ...TAG, new: TWO }],
      [{ ...MAIN, old: NONE }, TAG],
      [MAIN, { ...TAG, ref: 'refs/tags/V1' }],
    ]) {
      expect(answer({ updates }), JSON.stringify(updates)).toBe('push-differs');
    }
  });

  it('and its signature begins at the last line that opens an armor, as git finds it', () => {
    const text = `${HEAD}\n${LINES}`;
    const armor = '-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n';
    const split = splitPushCertificate(utf8(text + armor));
    expect(Buffer.from(split?.payload ?? []).toString()).toBe(text);
    expect(Buffer.from(split?.signature ?? []).toString()).toBe(armor);
    const twice = splitPushCertificate(utf8(text + armor + armor));
    expect(Buffer.from(twice?.payload ?? []).toString()).toBe(text + armor);
    expect(splitPushCertificate(utf8(text))).toBeUndefined();
  });
});
