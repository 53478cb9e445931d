/** A verdict as a piece of each report: the part of a format that runs where the verdict is reached, in workers too. */

import { githubPiece } from './github.ts';
import { htmlPiece } from './html.ts';
import { type Judged, jsonText, objectResult } from './json.ts';
import { junitPiece } from './junit.ts';
import { sarifPiece } from './sarif.ts';
import { textRow, textSentence } from './text.ts';
import { isMatterOfTrust } from './trust-age.ts';
import { viewOf } from './view.ts';
import type { Output, Rendered } from './writer.ts';

/** Makes a verdict ready to print. */
export function renderResult(judged: Judged, output: Output): Rendered {
  const piece = pieceOf(judged, output);
  return isMatterOfTrust(judged.verdict) ? { ...piece, distrusted: true } : piece;
}

function pieceOf(judged: Judged, output: Output): Rendered {
  const { status } = judged.verdict;
  if (output === 'json') return { status, json: jsonText(objectResult(judged)) };
  if (output === 'row') return { status, row: textRow(judged) };
  if (output === 'line') return { status, line: textSentence(judged) };
  if (output === 'tally') return { status };
  const view = viewOf(judged);
  if (output === 'github') return { status, row: textRow(judged), ...githubPiece(view) };
  if (output === 'html') return { status, ...htmlPiece(view) };
  if (output === 'junit') return { status, piece: junitPiece(view) };
  return { status, ...sarifPiece(view) };
}
