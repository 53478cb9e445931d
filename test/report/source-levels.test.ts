import { describe, expect, it } from 'vitest';
import { sourceLevels } from '../../src/report/source-levels.ts';

const tip = { id: 'e'.repeat(40), type: 'commit', name: 'main~2..main' };
const subjects = [{ ...tip, base: ['b'.repeat(40)] }];
const proof = { ref: 'refs/heads/main', twoParty: true, leftOut: [] };
const run = { proof, subjects, carried: 0 };

const SIGNED = 'ORG_SOURCE_SIGNED';
const TWO_PARTY = 'ORG_SOURCE_TWO_PARTY';

describe('the levels of a run that passed', () => {
  it('a range under a rule for two persons claims both properties, and says what level 2 needs', () => {
    const { verified, notClaimed } = sourceLevels(run);
    expect(verified).toEqual(['SLSA_SOURCE_LEVEL_1', SIGNED, TWO_PARTY]);
    expect(Object.keys(notClaimed)).toEqual(['SLSA_SOURCE_LEVEL_2']);
    expect(notClaimed['SLSA_SOURCE_LEVEL_2']).toContain('every change of the refs');
  });

  it.each([
    ['a rule for one person', { proof: { ...proof, twoParty: false } }, [TWO_PARTY]],
    ['a carried commit', { carried: 1 }, [SIGNED]],
    ['no certificate log', { proof: { ...proof, leftOut: ['sct'] } }, [SIGNED, TWO_PARTY]],
    ['a single commit', { subjects: [tip] }, [SIGNED, TWO_PARTY]],
    ['one range and one single commit', { subjects: [...subjects, tip] }, [SIGNED, TWO_PARTY]],
    ['two sides of a range', { subjects: [{ ...tip, base: [] }] }, [SIGNED, TWO_PARTY]],
  ])(
    'a run with %s does not claim what it did not prove, and says why (Z1)',
    (_, more, missing) => {
      const { verified, notClaimed } = sourceLevels({ ...run, ...more });
      for (const name of [SIGNED, TWO_PARTY]) {
        expect(verified.includes(name)).toBe(!missing.includes(name));
        expect(notClaimed[name] === undefined).toBe(!missing.includes(name));
      }
    },
  );
});
