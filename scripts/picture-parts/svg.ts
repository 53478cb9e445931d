/** Draws a screen as SVG: text that can be read, searched and copied, light or dark as the reader's system is. */

import type { Run } from './screen.ts';

const [LETTER, LINE, MARGIN, BAR] = [8.4, 20, 16, 34];

/** Light first, then dark. Every pair of text and background has a contrast of at least 4.5 (WCAG 2.2, 1.4.3). */
export const PALETTE: Readonly<Record<string, readonly [string, string]>> = {
  paper: ['#ffffff', '#0d1117'],
  bar: ['#f0f2f4', '#161b22'],
  text: ['#1f2328', '#e6edf3'],
  dim: ['#59636e', '#9198a1'],
  red: ['#c1121f', '#ff8a80'],
  green: ['#116329', '#56d364'],
  yellow: ['#7d4e00', '#e3b341'],
  blue: ['#0550ae', '#79c0ff'],
  magenta: ['#6639ba', '#d2a8ff'],
  cyan: ['#0a6470', '#56d4dd'],
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function styles(): string {
  const colours = (which: 0 | 1): string =>
    Object.entries(PALETTE)
      .map(([name, pair]) => `.${name}{fill:${pair[which]}}`)
      .join('');
  return `${colours(0)}.bold{font-weight:700}.edge{stroke:#8c959f;stroke-opacity:.5}@media (prefers-color-scheme:dark){${colours(1)}}`;
}

/** Pins the width of each piece, so that columns stay columns in any font. */
function line(runs: readonly Run[], index: number): string {
  const y = BAR + MARGIN + LINE * (index + 0.5);
  let at = 0;
  const pieces = runs.map(({ text, style }) => {
    const x = (MARGIN + at * LETTER).toFixed(1);
    const length = [...text].length;
    at += length;
    const width = (length * LETTER).toFixed(1);
    return text.trim() === ''
      ? ''
      : `<tspan class="${style === '' || style === 'bold' ? `text ${style}`.trim() : style}" x="${x}" textLength="${width}">${escaped(text)}</tspan>`;
  });
  return pieces.length === 0
    ? ''
    : `<text y="${y}" xml:space="preserve">${pieces.join('')}</text>\n`;
}

/** Returns an SVG 1.1 document that shows these rows under a bar with `title`. */
export function svgOf(rows: readonly (readonly Run[])[], columns: number, title: string): string {
  const width = Math.ceil(columns * LETTER + 2 * MARGIN);
  const height = BAR + 2 * MARGIN + rows.length * LINE;
  const dots = [0, 1, 2].map((n) => `<circle class="dim" cx="${20 + n * 18}" cy="17" r="5"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;dominant-baseline:central}${styles()}</style>
<rect class="paper edge" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<path class="bar" d="M0 8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${BAR - 8}H0z"/>
${dots.join('')}
<text class="dim" x="${width / 2}" y="17" text-anchor="middle">${escaped(title)}</text>
${rows.map(line).join('')}</svg>
`;
}
