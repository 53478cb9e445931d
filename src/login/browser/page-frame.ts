/**
 * Writes the frame of every page of a login: the headers, the style, the product's name. The pages have no script and load
 * nothing. They work in light and dark, on a phone, and at 200 % zoom.
 */

import { markupText } from '../../core/markup.ts';
import { PAGE_COLOURS } from '../../core/page-colours.ts';

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** How a page ends a login. The colour only repeats what its heading says. */
export type Mood = 'plain' | 'good' | 'bad';

export const PAGE_STYLE = `${PAGE_COLOURS}
*{box-sizing:border-box}
body{margin:0 auto;max-width:36rem;padding:clamp(1rem,6vh,4rem) 1rem 2rem;background:var(--page);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{margin:0 0 1.5rem;padding:0 0 .5rem;border-bottom:1px solid var(--line);color:var(--soft);font-weight:600}
p{margin:0 0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1.25rem}
h1.good,h1.bad{padding:.75rem 1rem;border-left:.4rem solid;border-radius:.35rem}
h1.good{color:var(--ok);background:var(--ok-tint)}
h1.bad{color:var(--bad);background:var(--bad-tint)}
dl{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:0 0 1.25rem;padding:.25rem 1rem}
dl div{display:grid;grid-template-columns:7rem minmax(0,1fr);gap:0 1rem;padding:.5rem 0}
dl div+div{border-top:1px solid var(--line)}
dt{color:var(--soft)}
dd{margin:0}
dd.subject{font-weight:600}
code{display:block;padding:.5rem .75rem;border-left:.2rem solid var(--line);background:var(--card);font:.9375rem/1.5 ui-monospace,monospace}
ul{list-style:none;margin:0 0 1.25rem;padding:0}
a.go{display:block;margin:0 0 .75rem;padding:.75rem 1rem;border:2px solid transparent;border-radius:.5rem;background:var(--act);
color:var(--on);text-align:center;text-decoration:none;font-weight:600}
a.go:focus-visible{outline:3px solid var(--act);outline-offset:3px}
.note{color:var(--soft);font-size:.875rem}
@media(max-width:28rem){dl div{grid-template-columns:minmax(0,1fr)}}
`;

/** Returns a whole page. `body` is HTML, and `title` is text. */
export function framed(status: number, title: string, body: string): Page {
  const nonce = globalThis.crypto.randomUUID();
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    },
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markupText(title)} – git-signet</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${PAGE_STYLE}</style>
</head>
<body>
<header>git-signet</header>
<main>
${body}
</main>
</body>
</html>
`,
  };
}
