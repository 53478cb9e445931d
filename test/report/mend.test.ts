import { describe, expect, it } from 'vitest';
import { mendCommand } from '../../src/report/mend.ts';

const counts = { verified: 1, refused: 0, unsigned: 1, 'not-allowed': 0, undecided: 0 };

describe('mendCommand', () => {
  it('the command that repairs is given for a range and for HEAD, if a commit is unsigned or broken', () => {
    expect(mendCommand(counts, ['origin/main..HEAD'])).toBe(
      'to sign your own again: git signet resign origin/main..HEAD',
    );
    expect(mendCommand(counts, [])).toContain('git commit --amend');
    expect(mendCommand({ ...counts, unsigned: 0, refused: 1 }, ['a..b'])).toContain('resign a..b');
    expect(mendCommand({ ...counts, unsigned: 0, 'not-allowed': 1 }, ['a..b'])).toBeUndefined();
    expect(mendCommand(counts, ['a...b'])).toBeUndefined();
    expect(mendCommand(counts, ['a..b', 'c'])).toBeUndefined();
    expect(mendCommand(counts, ['v1.0'])).toBeUndefined();
  });

  it('a hostile name stays one quoted word in the command (I01)', () => {
    expect(mendCommand(counts, ["a'$(x);b..HEAD"])).toBe(
      `to sign your own again: git signet resign 'a'\\''$(x);b..HEAD'`,
    );
    expect(mendCommand(counts, ['a b..HEAD'])).toContain("resign 'a b..HEAD'");
  });
});
