import { describe, expect, it } from 'vitest';
import { acceptKey, accountOfKey, keyDiffers } from '../../src/login/named-key.ts';
import { COMMIT } from '../support/signing.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
const JOB = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';

describe('the account that a key names', () => {
  it.each([
    ['bob@example.test', BOB],
    ['Bob <bob@example.test>', BOB],
    ['<bob@example.test>', BOB],
    [JOB, JOB],
  ])('%s is %s', (key, account) => {
    expect(accountOfKey(key, COMMIT)).toBe(account);
  });

  it.each([
    ['the committer, as git hands it over', `Alice <${ALICE}>`],
    ['the address of the committer', ALICE],
    ['a key id', '0xDEADBEEF'],
    ['a fingerprint', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4'],
    ['a file', '/home/alice/.ssh/id_ed25519.pub'],
    ['an SSH key', 'key::ssh-ed25519 AAAAC3Nza alice@laptop'],
    ['a name', 'Alice'],
    ['nothing', ''],
    ['a name without an address', 'Alice <>'],
  ])('%s names no other account', (_name, key) => {
    expect(accountOfKey(key, COMMIT)).toBeUndefined();
  });

  it('a key is refused exactly if the expectation would refuse that account', () => {
    const refused = expect.objectContaining({ code: 'IDENTITY_UNEXPECTED', exitCode: 4 });
    for (const expected of [ALICE, `Alice <${ALICE}>`, `${ALICE}\nAlice <${ALICE}>`]) {
      expect(() => acceptKey(BOB, expected)).toThrow(refused);
      expect(() => acceptKey(JOB, expected)).toThrow(refused);
    }
    for (const expected of ['', BOB]) expect(() => acceptKey(BOB, expected)).not.toThrow();
  });

  it('a difference is said once it is known who signed', () => {
    expect(keyDiffers(BOB, ALICE)).toMatch(/alice@.*user\.signingKey.*bob@/);
    expect(keyDiffers(BOB, BOB)).toBeUndefined();
    expect(keyDiffers(undefined, ALICE)).toBeUndefined();
  });
});
