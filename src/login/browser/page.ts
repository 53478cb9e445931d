/**
 * Writes the pages of a login in the browser: what will be signed, and the result. They have no script and load nothing
 * from other servers. They work in light and dark, and on a phone. A subject line or an issuer's error may be hostile, so
 * all text is escaped (threat O07).
 */

import { markupText } from '../../core/markup.ts';

/** The object that is signed, for messages and pages. */
export interface SigningContext {
  /** The repository's name or path. */
  readonly repository: string;
  readonly kind: 'commit' | 'tag' | 'login';
  /** The first line of the message; '' for `git signet login`. */
  readonly subject: string;
}

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

export interface Choice {
  readonly label: string;
  readonly href: string;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8885; --good: #1a7f37; --bad: #c62828; --act: #0b57d0; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc26b; --bad: #ff7b72; --act: #8ab4f8; --on: #0b1a33; } }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 0 auto; padding: clamp(1.25rem, 8vh, 5rem) 1.25rem 2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1.25rem; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1.25rem; padding: .25rem 1rem; }
dl div { display: grid; grid-template-columns: 7rem 1fr; gap: 0 1rem; padding: .5rem 0; }
dl div + div { border-top: 1px solid var(--line); }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
dd.subject { font-weight: 600; }
a.go { display: block; margin: 0 0 .75rem; padding: .75rem 1rem; border-radius: .5rem; background: var(--act); color: var(--on);
  text-align: center; text-decoration: none; font-weight: 600; }
a.go:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
small { display: block; opacity: .7; font-size: .875rem; }
@media (max-width: 26rem) { dl div { grid-template-columns: 1fr; } }
`;

function shortened(value: string, limit: number): string {
  const characters = Array.from(value);
  return characters.length <= limit ? value : `${characters.slice(0, limit - 1).join('')}…`;
}

function page(status: number, title: string, body: string): Page {
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
<title>${markupText(title)}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`,
  };
}

function facts(
  { repository, kind, subject }: SigningContext,
  more: readonly (readonly [string, string])[],
): string {
  const object = [
    kind === 'tag' ? 'Tag' : 'Commit',
    markupText(shortened(subject, 200)) || '(no message)',
    ' class="subject"',
  ];
  const rows = [
    ['Repository', markupText(shortened(repository, 200)), ''],
    ...(kind === 'login' ? [] : [object]),
    ...more.map(([name, value]) => [name, markupText(value), '']),
  ];
  return `<dl>\n${rows.map(([name, value, attribute]) => `<div><dt>${name}</dt><dd${attribute}>${value}</dd></div>`).join('\n')}\n</dl>`;
}

export interface StartPage {
  readonly context: SigningContext;
  /** The expected account, if there is one. */
  readonly identity?: string | undefined;
  readonly choices: readonly Choice[];
  /** Seconds until the page stops working. */
  readonly timeout: number;
}

/** Returns the page before the login: the repository, the account, what becomes public, and a link for each choice. */
export function startPage({ context, identity, choices, timeout }: StartPage): Page {
  const account = identity ?? 'the account that you log in with';
  const links = choices.map(({ label, href }, at) => {
    const focus = at === 0 ? ' autofocus' : '';
    return `<a class="go" rel="noreferrer" href="${markupText(href)}"${focus}>${markupText(label)}</a>`;
  });
  const login = context.kind === 'login';
  return page(
    200,
    login ? 'Log in to sign' : `Sign a ${context.kind}`,
    `<h1>git wants to sign ${login ? 'commits and tags' : `a ${context.kind}`} as you</h1>
${facts(context, [['You will be', account]])}
<p>Signing makes this public forever, in a log that anyone can read: <strong>your e-mail address</strong>, the time, and a
fingerprint of ${login ? 'each commit or tag' : `this ${context.kind}`}. The content is not published.</p>
${links.join('\n')}
<small>If you did not run git just now, close this page, and nothing is signed. The page works for ${markupText(duration(timeout))}.</small>`,
  );
}

/** Returns the page after a login. With `asks`, the user must still answer at the terminal. */
export function successPage(context: SigningContext, account: string, asks: boolean): Page {
  const next = asks
    ? 'Go back to the terminal, which asks you to confirm. Nothing is published before you answer.'
    : 'You can close this page. git has continued.';
  return page(
    200,
    'Logged in',
    `<h1 class="good">✓ Logged in as ${markupText(account)}</h1>
${facts(context, [])}
<p>${next}</p>`,
  );
}

/** Returns the page after a refusal. `reason` is one line, and may hold the issuer's words. */
export function failurePage(context: SigningContext, reason: string): Page {
  return page(
    400,
    'Not signed',
    `<h1 class="bad">✗ Nothing was signed</h1>
<p>${markupText(shortened(sentence(reason), 400))}</p>
${facts(context, [])}
<p>Nothing was published. You can close this page. To try again, run the git command again.</p>`,
  );
}

/** Writes a line of the terminal as a sentence. */
function sentence(line: string): string {
  return `${line.slice(0, 1).toUpperCase()}${line.slice(1)}.`;
}

/** Returns the page for a request that belongs to no login. */
export function strayPage(status: number, reason: string): Page {
  return page(status, 'Not here', `<h1>Not here</h1>\n<p>${markupText(reason)}</p>`);
}

/** Returns a page that says what happened and what to do. */
function turnedAway(title: string, lines: readonly string[]): Page {
  const paragraphs = lines.map((line) => `<p>${markupText(line)}</p>`);
  return page(403, title, `<h1>${markupText(title)}</h1>\n${paragraphs.join('\n')}`);
}

const THIS_BROWSER =
  'To use this browser instead, open the address that the terminal shows in it, or run the git command again.';

/** Returns the page for the second browser that asks for a start page. */
export function openedBeforePage(): Page {
  return turnedAway('This login page was opened before', [
    'It works in one browser, and another browser has it. If you opened it there, go on there.',
    'If it was not you, press Ctrl-C at the terminal. Nothing is signed then.',
    `${THIS_BROWSER} A browser without cookies cannot log in here, but git signet login --device works without cookies.`,
  ]);
}

/** Returns the page for an answer that arrives in another browser, or another container of it, than the login began in. */
export function otherBrowserPage(): Page {
  return turnedAway('This login began in another browser', [
    'The page that said what will be signed was opened in another browser, profile, container or private window. Go on there.',
    `Nothing was signed, and git is still waiting. ${THIS_BROWSER}`,
  ]);
}

/** Returns the page for another user of this machine. */
export function foreignUserPage(): Page {
  return turnedAway('This login page is not yours', [
    'It belongs to another user of this machine. If you are that user, open the address that the terminal shows.',
  ]);
}

/** Writes seconds as `2 min` or `90 s`. */
export function duration(seconds: number): string {
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
