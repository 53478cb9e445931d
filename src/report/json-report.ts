/** Writes `json`, one document of all results, and `jsonl`, one result a line with the facts of the run. */

import type { ReportFormat } from './format.ts';
import { jsonText, objectResult, SCHEMA_VERSION } from './json.ts';
import type { Judged } from './judged.ts';
import { factsJson, reusedText } from './run-facts.ts';

const piece = (judged: Judged) => ({ piece: jsonText(objectResult(judged)) });

export const json: ReportFormat = {
  meaning: 'one document',
  piece,
  open: ({ put, ...facts }) => {
    const head = `{"schemaVersion":${SCHEMA_VERSION},"results":[\n`;
    let begun = false;
    const begin = (): void => {
      if (!begun) put(head);
      begun = true;
    };
    return {
      add: (result) => {
        if (begun) put(',\n');
        begin();
        put(result.piece ?? '');
      },
      finish: (counts) => {
        begin();
        put(`\n],${jsonText({ counts, ...factsJson(facts) }).slice(1)}\n`);
      },
    };
  },
};

export const jsonl: ReportFormat = {
  meaning: 'a line each',
  piece,
  open: ({ put, ...facts }) => {
    // each line repeats the facts, because a reader may see one line alone. How much came from the store is not known yet
    const tail = `,${jsonText(factsJson({ ...facts, store: undefined })).slice(1)}\n`;
    return {
      add: (result) => put((result.piece ?? '').slice(0, -1) + tail),
      finish: () => {
        const reused = reusedText(facts);
        if (reused !== undefined) facts.hint(`from the store: ${reused}`);
      },
    };
  },
};
