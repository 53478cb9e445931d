/**
 * Draws a page of a browser as SVG: its HTML and its style, light or dark as the reader's system is. It is text that can
 * be read, searched and compared, on machines with other fonts too.
 */

/** What Chromium knows of a page. */
export interface SeenPage {
  /** The body as XHTML. */
  readonly body: string;
  readonly style: string;
  /** CSS pixels. */
  readonly height: number;
}

/** Another font may need more lines than the one of the machine that made the picture. */
const SLACK = 1.06;
const BAR = 34;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Returns the style without rules for other widths and for paper: a picture has one width, at whatever size it is shown. */
function pictureStyle(style: string): string {
  return style
    .replace(/@media ?(?:\(max-width:[^)]*\)|print)\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '')
    .replace(/\n+/g, '\n')
    .trim();
}

/** Returns an SVG 1.1 document that shows a page below a bar with `title`. */
export function svgOfPage(
  { body, style, height }: SeenPage,
  { title, width }: { readonly title: string; readonly width: number },
): string {
  const tall = Math.ceil((height * SLACK) / 20) * 20;
  const whole = tall + BAR;
  const dots = [0, 1, 2].map((n) => `<circle cx="${20 + n * 18}" cy="17" r="5"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}</title>
<style>${escaped(pictureStyle(style))}
body{max-width:none;padding:1.5rem 2rem}
.paper{fill:var(--page)}.bar{fill:var(--card)}.edge{fill:none;stroke:var(--line)}.dots{fill:var(--line)}.name{fill:var(--soft);font:14px system-ui,sans-serif}</style>
<rect class="paper" width="${width}" height="${whole}" rx="8"/>
<path class="bar" d="M0 8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${BAR - 8}H0z"/>
<g class="dots">${dots.join('')}</g>
<text class="name" x="${width / 2}" y="22" text-anchor="middle">${escaped(title)}</text>
<foreignObject x="0" y="${BAR}" width="${width}" height="${tall}">${body}</foreignObject>
<rect class="edge" x="0.5" y="0.5" width="${width - 1}" height="${whole - 1}" rx="8"/>
</svg>
`;
}

/** Returns the picture without the heights, which depend on the fonts of a machine. */
function shown(svg: Uint8Array): string {
  return Buffer.from(svg)
    .toString()
    .replace(/(?<=^<svg [^>]*) height="[^"]*" viewBox="[^"]*"/, '')
    .replace(/(?<=^<(?:rect|foreignObject) [^>]*) height="[^"]*"/gm, '');
}

/** Returns true if two pictures show the same page. */
export function samePage(one: Uint8Array, other: Uint8Array): boolean {
  return shown(one) === shown(other);
}
