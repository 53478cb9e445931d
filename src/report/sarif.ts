/**
 * Writes SARIF 2.1.0 (OASIS), with a result for each object that is not verified, and for each note. A fault of a commit
 * lies in no file, so the location of a result is the commit itself, as `commit/ID`. Viewers that need a file show that.
 */

import { visible } from '../core/escape.ts';
import type { Rendered, ReportContext, ReportFormat, Writer } from './format.ts';
import { jsonText } from './json.ts';
import type { Counts } from './judged.ts';
import { factsJson } from './run-facts.ts';
import { SHORT_ID, STATUS_WORDS } from './text.ts';
import { type ResultView, titleOf, viewOf } from './view.ts';

const HEAD =
  '{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[';

/** Escapes a message. Brackets would form links, and braces would form placeholders (§3.11.5, §3.11.6). */
function messageText(text: string): string {
  return visible(text)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');
}

/** Returns the commit or tag as a location, and as a fingerprint that stays the same in other runs. */
function placeOf({ id, type }: ResultView): object {
  const name = id.slice(0, SHORT_ID);
  return {
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: `${type}/${id}` },
          region: { startLine: 1 },
        },
        logicalLocations: [{ name, fullyQualifiedName: id, kind: type }],
      },
    ],
    partialFingerprints: { 'gitObject/v1': id },
  };
}

function resultOf(view: ResultView, ruleId: string, level: string, detail: string): string {
  const { id, status, who, issuer, time } = view;
  const what = [`${STATUS_WORDS[status]} ${id.slice(0, SHORT_ID)}`, who, titleOf(view), detail];
  const text = messageText(what.filter((part) => part !== '').join(': '));
  return jsonText({
    ...{ ruleId, level, message: { text }, ...placeOf(view) },
    properties: { status, who, issuer, time },
  });
}

/** Returns the results of one object: the reason why it is not verified, and its notes. Often there are none. */
function sarifPiece(view: ResultView): Pick<Rendered, 'piece' | 'codes'> {
  const { status, code = view.status, reason, notes } = view;
  const level = status === 'undecided' ? 'warning' : 'error';
  const results = [
    ...(status === 'verified' ? [] : [{ code, level, detail: reason }]),
    ...notes.map(({ code: noted, severity, detail }) => {
      return { code: noted, level: severity === 'refusal' ? 'error' : 'note', detail };
    }),
  ];
  if (results.length === 0) return {};
  return {
    piece: results.map((one) => resultOf(view, one.code, one.level, one.detail)).join(',\n'),
    codes: results.map((one) => one.code),
  };
}

function ruleOf(code: string): unknown {
  const words = code.replaceAll('-', ' ');
  return { id: code, name: code, shortDescription: { text: words } };
}

function tailOf(codes: Iterable<string>, counts: Counts, context: ReportContext): string {
  const { version, now, asked } = context;
  const driver = { name: 'git-signet', version, rules: [...codes].map(ruleOf) };
  const endTimeUtc = new Date(now * 1000).toISOString();
  const run = {
    tool: { driver },
    invocations: [{ executionSuccessful: true, endTimeUtc }],
    columnKind: 'utf16CodeUnits',
    properties: { asked, counts, ...factsJson(context) },
  };
  return `\n],${jsonText(run).slice(1)}]}\n`;
}

/** Returns the writer. It writes results as they come, and the rules that they name after them. */
function createSarif(context: ReportContext): Writer {
  const codes = new Set<string>();
  let begun = false;
  const begin = (): void => {
    if (!begun) context.put(HEAD);
    begun = true;
  };
  const add = ({ piece, codes: named = [] }: Rendered): void => {
    if (piece === undefined) return;
    const first = !begun;
    begin();
    context.put(`${first ? '\n' : ',\n'}${piece}`);
    for (const code of named) codes.add(code);
  };
  const finish = (counts: Counts): void => {
    begin();
    context.put(tailOf(codes, counts, context));
  };
  return { add, finish };
}

export const sarif: ReportFormat = {
  meaning: 'code scanning',
  piece: (judged) => sarifPiece(viewOf(judged)),
  open: createSarif,
};
