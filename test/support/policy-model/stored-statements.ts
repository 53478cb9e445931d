/** Makes real bundles of the statements that `attestations` ask for, signed by the forge at the time that a case wants. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { EvidenceContext } from '../../../src/core/evidence.ts';
import type { StatementStore } from '../../../src/statements/store.ts';
import { forgeStatement, type StatementChange } from '../forge/statement.ts';
import { ext, general, Oid } from '../forge/x509.ts';
import { APPROVAL_TYPE, type Statement } from './cases.ts';

/** The verifier of all forged statements. */
export const FORGED_CONTEXT: EvidenceContext = forgeStatement().context;

const REPLACED: readonly string[] = [Oid.san, Oid.issuerV1, Oid.issuerV2];

function bundleOf({ by, times, issued, holds, ...statement }: Statement): Uint8Array {
  const subjects = (key: string, ids: readonly string[]) =>
    ids.map((id) => ({ digest: { [key]: id } }));
  const json = (content: object): Uint8Array =>
    utf8(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [
          ...subjects('gitCommit', statement.commits),
          ...subjects('gitTree', statement.trees),
          ...subjects('gitTag', statement.tags),
        ],
        predicateType: statement.type,
        predicate: content,
      }),
    );
  const name = by.kind === 'email' ? general.email(by.value) : general.otherName(by.value);
  const [time = issued] = times;
  const change: StatementChange = {
    ...{ payload: json(statement.content), time },
    leaf: (base) => ({
      ...{ ...base, notBefore: issued, notAfter: issued + 600 },
      extensions: [
        ...base.extensions.filter(({ oid }) => !REPLACED.includes(oid)),
        ...[ext.san(name), ext.issuerV1(by.issuer), ext.issuerV2(by.issuer)],
      ],
    }),
    scts: (base) => [{ ...base, timestamp: issued * 1000 }],
    bundle: (made) => {
      if (holds) return;
      const other = json({ ...statement.content, added: 1 });
      made.dsseEnvelope.payload = Buffer.from(other).toString('base64');
    },
  };
  return forgeStatement(change).bundle;
}

/** Returns a store that answers each question with every statement, as a hostile repository might. */
export function storedStatements(statements: readonly Statement[]): Pick<StatementStore, 'about'> {
  const made = statements
    .filter(({ type }) => type !== APPROVAL_TYPE)
    .map((each) => ({ kind: 'bundle', bytes: bundleOf(each), place: 'made' }) as const);
  return { about: async () => ({ statements: made, problems: [] }) };
}
