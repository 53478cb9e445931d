/** Writes `text`: a table, or one sentence for a single object, and the next step. */

import type { ReportFormat, Writer } from './format.ts';
import { mendCommand } from './mend.ts';
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

/** Number of first rows that decide the width of the columns. */
const ALIGNED_ROWS = 500;

function createTable(put: (text: string) => void, colour: boolean) {
  const held: TextRow[] = [];
  let widths: Widths | undefined;
  const release = (): void => {
    widths ??= widthsOf(held);
    for (const row of held.splice(0)) put(textLine(row, widths, colour));
  };
  const add = (row: TextRow): void => {
    held.push(row);
    if (widths !== undefined || held.length >= ALIGNED_ROWS) release();
  };
  return { add, release };
}

export const text: ReportFormat = {
  meaning: 'a table',
  piece: (judged) => ({ row: textRow(judged) }),
  open: (context): Writer => {
    const { put, colour, noun, asked, hint } = context;
    const { add, release } = createTable(put, colour);
    let tabled = false;
    return {
      add: ({ row, piece }) => {
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
      },
    };
  },
};

/** The same for a single object. */
export const sentence: ReportFormat = {
  ...text,
  piece: (judged) => ({ piece: textSentence(judged) }),
};
