/** Writes `text`: a table, or one sentence for a single object, and the next step. */

import { wrapText } from '../system/layout.ts';
import type { ReportContext, ReportFormat, Writer } from './format.ts';
import type { Judged } from './judged.ts';
import { helpLine, mendCommand } from './mend.ts';
import { factsLine } from './run-facts.ts';
import {
  type TextRow,
  textLine,
  textRow,
  textSentence,
  textSummary,
  type Widths,
  widthsOf,
} from './text.ts';

/** Number of reason codes whose help is named at a terminal: the first ones that occur. */
const EXPLAINED = 3;

/** Returns the reason code of a verdict that is not verified. `unsigned` says all by itself. */
function codesOf({ verdict }: Judged): readonly string[] {
  return 'code' in verdict && verdict.status !== 'unsigned' ? [verdict.code] : [];
}

/** Number of first rows that decide the width of the columns. */
const ALIGNED_ROWS = 500;

function createTable({ put, colour, columns }: ReportContext) {
  const held: TextRow[] = [];
  let widths: Widths | undefined;
  const release = (): void => {
    widths ??= widthsOf(held);
    for (const row of held.splice(0)) put(wrapText(textLine(row, widths, colour), columns));
  };
  const add = (row: TextRow): void => {
    held.push(row);
    if (widths !== undefined || held.length >= ALIGNED_ROWS) release();
  };
  return { add, release };
}

export const text: ReportFormat = {
  meaning: 'a table',
  piece: (judged) => ({ row: textRow(judged), codes: codesOf(judged) }),
  open: (context): Writer => {
    const { columns, noun, asked, hint, shown } = context;
    const codes = new Set<string>();
    const put = (piece: string): void => context.put(wrapText(piece, columns));
    const { add, release } = createTable(context);
    let tabled = false;
    return {
      add: ({ row, piece, codes: found = [] }) => {
        for (const code of found) if (codes.size < EXPLAINED) codes.add(code);
        if (row === undefined) return put(`${piece ?? ''}\n`);
        tabled = true;
        add(row);
      },
      abandon: release,
      finish: (counts) => {
        release();
        const mend = mendCommand(counts, asked);
        if (tabled) put(textSummary(counts, noun, factsLine(context), mend));
        else if (mend !== undefined) hint(mend);
        if (shown) for (const code of codes) put(helpLine(code));
      },
    };
  },
};

/** The same for a single object. */
export const sentence: ReportFormat = {
  ...text,
  piece: (judged) => ({ piece: textSentence(judged), codes: codesOf(judged) }),
};
