import { describe, expect, it } from 'vitest';
import { fromBase64, utf8 } from '../../../src/core/bytes.ts';
import { verifyStatement } from '../../../src/core/statement/verify.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import { forge, type Json, PAYLOAD, T0 } from '../../support/forge.ts';
import {
  forgeStatement,
  paeOf,
  STATEMENT,
  type StatementChange,
  statementJson,
} from '../../support/forge/statement.ts';

const judged = (change: StatementChange = {}) => {
  const { bundle, context } = forgeStatement(change);
  return verifyStatement(bundle, context);
};
const codeOf = async (change: StatementChange) => {
  const { verdict, statement } = await judged(change);
  expect(statement === undefined).toBe(verdict.status !== 'verified');
  return verdict.status === 'verified' ? 'verified' : verdict.code;
};

describe('a signed statement', () => {
  it.each([
    ['on Rekor v1', {}],
    ['on Rekor v1 with a timestamp', { tokens: [{}] }],
    ['on Rekor v2 with a timestamp', { log: 'v2', tokens: [{}] }],
  ] as const)('%s verifies with signer, log entry and times', async (_name, change) => {
    const { verdict, statement } = await judged(change);
    expect(verdict).toMatchObject({
      status: 'verified',
      signer: { value: 'alice@forge.test' },
      times: [{ time: T0 }, ...('tokens' in change && !('log' in change) ? [{ time: T0 }] : [])],
    });
    expect(statement?.subjects).toEqual([{ type: 'commit', id: '1'.repeat(40) }]);
  });
});
