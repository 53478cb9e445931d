/**
 * Writes the pages of a login in the browser: what will be signed, and the result. A subject line, a tag's name or an
 * issuer's error may be hostile, so all text is escaped (threat O07).
 */

import { markupText } from '../../core/markup.ts';
import { becomesPublic } from '../becomes-public.ts';
import { TRY_AGAIN } from '../remedies.ts';
import { framed, type Page } from './page-frame.ts';

/** The object that is signed, for messages and pages. */
export interface SigningContext {
  /** The repository's name or path. */
  readonly repository: string;
  readonly kind: 'commit' | 'tag' | 'push' | 'statement' | 'login';
  /** The tag's name. */
  readonly tag?: string | undefined;
  /** The first line of the message, the refs of a push, what a statement is about, or '' for `git signet login`. */
  readonly subject: string;
  /** True if the log's server receives the content to check it: Rekor v1, of a statement. */
  readonly sent?: boolean | undefined;
}

export interface Choice {
  readonly label: string;
  readonly href: string;
}

function shortened(value: string, limit: number): string {
  const characters = Array.from(value);
  return characters.length <= limit ? value : `${characters.slice(0, limit - 1).join('')}…`;
}

function short(text: string): string {
  return markupText(shortened(text, 200));
}

/** Returns the rows of the object: a commit by its subject, a tag by its name and its message, a push by its refs. */
function objectRows({ kind, tag, subject }: SigningContext): readonly Row[] {
  const line = short(subject) || '(no message)';
  if (kind === 'login') return [];
  if (kind === 'push') return [{ name: 'Refs', html: line, strong: true }];
  if (kind === 'statement') return [{ name: 'Statement', html: line, strong: true }];
  if (kind === 'commit' || tag === undefined) {
    return [{ name: kind === 'tag' ? 'Tag' : 'Commit', html: line, strong: true }];
  }
  return [
    { name: 'Tag', html: short(tag), strong: true },
    { name: 'Message', html: line },
  ];
}

interface Row {
  readonly name: string;
  readonly html: string;
  readonly strong?: true;
}

function facts(context: SigningContext, more: readonly Row[] = []): string {
  const repository = { name: 'Repository', html: short(context.repository) };
  const rows: readonly Row[] = [repository, ...objectRows(context), ...more];
  const row = ({ name, html, strong }: Row): string =>
    `<div><dt>${name}</dt><dd${strong ? ' class="subject"' : ''}>${html}</dd></div>`;
  return `<dl>\n${rows.map(row).join('\n')}\n</dl>`;
}

/** Returns what is to be signed: `a commit`, `the tag v1.2`, `commits and tags`. Raw text. */
function wanted({ kind, tag }: SigningContext): string {
  if (kind === 'login') return 'commits and tags';
  return tag === undefined ? `a ${kind}` : `the tag ${shortened(tag, 60)}`;
}

/** What does not become public. */
const PRIVATE: Readonly<Record<SigningContext['kind'], string>> = {
  commit: 'The content of the commit is not published.',
  tag: 'The content of the tag is not published.',
  push: 'The names of the refs are not published.',
  statement: 'The content of the statement is not published.',
  login: 'The content of what you sign is not published.',
};

export interface StartPage {
  readonly context: SigningContext;
  /** The expected account, if there is one. */
  readonly identity?: string | undefined;
  readonly choices: readonly Choice[];
  /** Seconds until the page stops working. */
  readonly timeout: number;
}

/**
 * Returns the page before the login: the repository, the account, what becomes public, and a link for each choice. No
 * link has the focus, because a key that was meant for the terminal must not agree to anything. Each link is described
 * by what becomes public, so that a screen reader says it before the click.
 */
export function startPage({ context, identity, choices, timeout }: StartPage): Page {
  const links = choices.map(
    ({ label, href }) =>
      `<li><a class="go" rel="noreferrer" aria-describedby="public" href="${markupText(href)}">${markupText(label)}</a></li>`,
  );
  const expected = identity === '' ? undefined : identity;
  const account = short(expected ?? 'the account you choose next');
  return framed(
    200,
    context.kind === 'login' ? 'Log in to sign' : `Sign ${wanted(context)}`,
    `<h1>${context.kind === 'statement' ? 'git-signet' : 'git'} wants to sign ${markupText(wanted(context))} as you</h1>
${facts(context, [{ name: 'Signing as', html: account }])}
<p id="public">${markupText(sentence(becomesPublic(expected, context)))} ${PRIVATE[context.kind]}</p>
<ul>
${links.join('\n')}
</ul>
<p class="note">This page expires in ${inWords(timeout)}. If you did not run git just now, close this page. Nothing is signed then.</p>`,
  );
}

/** Returns the page after a login. With `asks`, the user must still answer at the terminal. */
export function successPage(context: SigningContext, account: string, asks: boolean): Page {
  const next = asks
    ? 'Go back to the terminal, which asks you to confirm. Nothing is published before you answer.'
    : 'You can close this page. git has continued.';
  return framed(
    200,
    'Logged in',
    `<h1 class="good">✓ Logged in as ${markupText(account)}</h1>
<p>${next}</p>
${facts(context)}`,
  );
}

/** An error as the terminal shows it: one line, and the next step. Both may hold the issuer's words. */
export interface Refused {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Returns the page after a refusal. It names the remedy that the terminal names, in the same words. */
export function failurePage(context: SigningContext, { message, hint = TRY_AGAIN }: Refused): Page {
  const published = hint.includes('nothing was published') ? '' : ' Nothing was published.';
  return framed(
    400,
    'Not signed',
    `<h1 class="bad">✗ ${context.kind === 'login' ? 'You are not logged in' : 'Nothing was signed'}</h1>
<p>${markupText(sentence(shortened(message, 400)))}${published}</p>
<p>${remedyHtml(hint)}</p>
${facts(context)}
<p>You can close this page.</p>`,
  );
}

/** Writes a remedy as a sentence. A command at its end stands on a line of its own and can be copied. */
function remedyHtml(hint: string): string {
  const [, words = hint, command] = /^(.*): (git [^,]+)$/s.exec(hint) ?? [];
  if (command === undefined) return markupText(sentence(words));
  return `${markupText(sentence(words).replace(/\.$/, ':'))}</p>\n<p><code>${markupText(command)}</code>`;
}

/** Writes a line of the terminal as a sentence. */
function sentence(line: string): string {
  return `${line.slice(0, 1).toUpperCase()}${line.slice(1)}.`;
}

/** Returns the page for a request that belongs to no login. */
export function strayPage(status: number, reason: string): Page {
  return framed(status, 'Not here', `<h1>Not here</h1>\n<p>${markupText(reason)}</p>`);
}

/** Returns a page that says what happened and what to do. */
function turnedAway(title: string, lines: readonly string[]): Page {
  const paragraphs = lines.map((line) => `<p>${markupText(line)}</p>`);
  return framed(403, title, `<h1>${markupText(title)}</h1>\n${paragraphs.join('\n')}`);
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

/** Writes seconds as `2 minutes`, `1 minute` or `90 seconds`. */
function inWords(seconds: number): string {
  const whole = seconds >= 60 && seconds % 60 === 0;
  const count = whole ? seconds / 60 : seconds;
  return `${count} ${whole ? 'minute' : 'second'}${count === 1 ? '' : 's'}`;
}
