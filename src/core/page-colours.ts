/**
 * The colours of the pages that this program writes: the pages of a login and the HTML report. They follow the reader's
 * light or dark setting. Every colour of text has a contrast of at least 4.5:1 on every ground (WCAG 2.2, 1.4.3).
 */

/** Grounds: `page`, `card` and the tints. Text: `ink`, `soft`, and the colours of verdicts. `on` is for text on `act`. */
const LIGHT = `--page:#fff;--card:#f6f7f9;--ok-tint:#e8f5ec;--bad-tint:#fdeeee;--warn-tint:#fbf2dc;
--ink:#1c2128;--soft:#56606d;--ok:#1a6b33;--bad:#b3202c;--warn:#7a4f00;--act:#0b57d0;--on:#fff;--line:#8a94a1`;
const DARK = `--page:#12161c;--card:#1a2029;--ok-tint:#12291a;--bad-tint:#331a1d;--warn-tint:#2e2510;
--ink:#e4e8ee;--soft:#a3adbb;--ok:#4cc46c;--bad:#ff8d8d;--warn:#e0ac4a;--act:#8ab4f8;--on:#0b1a33;--line:#66707e`;

/** Returns the rules that define the colours as CSS variables. */
export const PAGE_COLOURS = `:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}}
`;
