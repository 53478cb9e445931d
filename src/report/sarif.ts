/**
 * SARIF 2.1.0 (OASIS): one result for each object that is not verified. What was wrong with a commit lies in no
 * file, so a result's place is the commit itself, as `commit/ID`; viewers that need a file show that name.
 */

import { visible } from '../core/escape.ts';
import { type Counts, jsonText, type ReportSource } from './json.ts';
import { SHORT_ID, STATUS_WORDS } from './text.ts';
import { type ResultView, titleOf } from './view.ts';
import type { Rendered, ReportContext, Writer } from './writer.ts';

const HEAD =
  '{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[';

/** Text of a message: brackets would form links, braces placeholders (§3.11.5, §3.11.6). */
function messageText(text: string): string {
  return visible(text)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');
}

const levelOf = (status: ResultView['status']): 'error' | 'warning' =>
  status === 'undecided' ? 'warning' : 'error';

/** The result of one object; undefined for what is verified, which SARIF has nothing to say about. */
export function sarifPiece(view: ResultView): string | undefined {
  const { id, type, status, code, who, issuer, time, reason } = view;
  if (status === 'verified') return undefined;
  const what = [`${STATUS_WORDS[status]} ${id.slice(0, SHORT_ID)}`, who, titleOf(view), reason];
  return jsonText({
    ruleId: code,
    level: levelOf(status),
    message: { text: messageText(what.filter((part) => part !== '').join(': ')) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: `${type}/${id}` },
          region: { startLine: 1 },
        },
        logicalLocations: [{ name: id.slice(0, SHORT_ID), fullyQualifiedName: id, kind: type }],
      },
    ],
    partialFingerprints: { 'gitObject/v1': id },
    properties: { status, ...{ who, issuer, time } },
  });
}

function ruleOf(code: string): unknown {
  const words = code.replaceAll('-', ' ');
  return { id: code, name: code, shortDescription: { text: words } };
}

const pick = ({ source, digest }: ReportSource) => ({ source, digest });

function tailOf(
  codes: Iterable<string>,
  counts: Counts,
  { version, policy, trust, now, asked }: ReportContext,
): string {
  const driver = { name: 'git-signet', version, rules: [...codes].map(ruleOf) };
  const endTimeUtc = new Date(now * 1000).toISOString();
  const run = {
    tool: { driver },
    invocations: [{ executionSuccessful: true, endTimeUtc }],
    columnKind: 'utf16CodeUnits',
    properties: {
      ...{ asked, counts, trust: pick(trust) },
      policy: policy === undefined ? null : pick(policy),
    },
  };
  return `\n],${jsonText(run).slice(1)}]}\n`;
}

/** Results go out as they come; the rules that they name follow them. */
export function createSarif(context: ReportContext): Writer {
  const codes = new Set<string>();
  let begun = false;
  const begin = (): void => {
    if (!begun) context.put(HEAD);
    begun = true;
  };
  const add = ({ piece, code }: Rendered): void => {
    if (piece === undefined) return;
    const first = !begun;
    begin();
    context.put(`${first ? '\n' : ',\n'}${piece}`);
    if (code !== undefined) codes.add(code);
  };
  const finish = (counts: Counts): void => {
    begin();
    context.put(tailOf(codes, counts, context));
  };
  return { add, finish };
}
