import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acceptExpected } from '../../../src/core/expected-account.ts';
import type { IdentityClaims } from '../../../src/core/identity-claims.ts';
import { isSignetError } from '../../../src/errors.ts';
import { becomesPublic } from '../../../src/login/becomes-public.ts';
import {
  failurePage,
  foreignUserPage,
  openedBeforePage,
  otherBrowserPage,
  type SigningContext,
  startPage,
  strayPage,
  successPage,
} from '../../../src/login/browser/page.ts';
import { PAGE_STYLE } from '../../../src/login/browser/page-frame.ts';
import { contrast, pairsOf } from '../../support/contrast.ts';

const context: SigningContext = { repository: 'parser', kind: 'commit', subject: 'fix: bytes' };
const TAG: SigningContext = { repository: 'parser', kind: 'tag', tag: 'v1.2', subject: 'release' };
const LOGIN: SigningContext = { repository: 'parser', kind: 'login', subject: '' };
const choices = [{ label: 'Continue with Google', href: 'https://issuer.example.test/auth' }];

/** What a person reads: the body without its marks. */
function read({ html }: { readonly html: string }): string {
  const body = html.slice(html.indexOf('<body>'));
  return body
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
}

const start = (about: SigningContext, identity?: string, timeout = 120) =>
  startPage({ context: about, identity, choices, timeout });

/** Every kind of page that a browser can get. */
const allPages = (about: SigningContext, words = 'words') => [
  start(about, words),
  start(about),
  successPage(about, words, true),
  successPage(about, words, false),
  failurePage(about, { message: words, hint: words }),
  failurePage(about, { message: words }),
  strayPage(404, words),
  openedBeforePage(),
  otherBrowserPage(),
  foreignUserPage(),
];

describe('the pages of a login', () => {
  it('a hostile subject, tag, repository, account or error is shown as text (O07)', () => {
    const hostile = '<script>alert(1)</script>"\'&\u202e\u001b[31m</title>';
    const about = { repository: hostile, kind: 'tag', tag: hostile, subject: hostile } as const;
    const pages = [
      ...allPages(about, hostile),
      failurePage(about, { message: 'x', hint: `do this: git ${hostile}` }),
      startPage({
        ...{ context: about, timeout: 1 },
        choices: [{ label: hostile, href: 'https://x/"><script>' }],
      }),
    ];
    for (const { html } of pages) {
      expect(html).not.toMatch(/<script|\u202e|\u001b/);
      expect(html).not.toContain('"><'.concat('script'));
      expect(html.match(/<\/title>/g)).toHaveLength(1);
    }
  });

  it('a page runs no script, loads nothing, is not kept, framed or told to others (O07)', () => {
    for (const { headers, html } of allPages(context)) {
      const [, nonce] =
        /style-src 'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '') ?? [];
      expect(headers['content-security-policy']).toBe(
        `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      expect(html).toContain(`<style nonce="${nonce}">`);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(html).not.toMatch(/<script|<img|@import|url\(|\son\w+=|style="/);
    }
  });

  it('every page names the product, its language, one main heading, one banner and one main part', () => {
    for (const { html } of allPages(context)) {
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
      expect(html).toMatch(/<title>[^<]+ – git-signet<\/title>/);
      expect(html).toContain('<header>git-signet</header>');
      expect(html.match(/<h[1-6]\b/g)).toEqual(['<h1']);
      expect(html.match(/<main>/g)).toHaveLength(1);
    }
  });

  it('the page of a commit says what asked, who signs, what becomes public, and for how long', () => {
    expect(read(start(context))).toBe(
      ' git-signet git wants to sign a commit as you Repository parser Commit fix: bytes ' +
        'Signing as the account you choose next This will be public forever: your e-mail address, the time, ' +
        'and a fingerprint of the signature. The content of the commit is not published. Continue with Google ' +
        'This page expires in 2 minutes. If you did not run git just now, close this page. Nothing is signed then. ',
    );
    expect(read(start(context, 'alice@example.test', 90))).toContain(
      'Signing as alice@example.test This will be public forever: alice@example.test, the time,',
    );
    expect(read(start(context, undefined, 90))).toContain('expires in 90 seconds');
    expect(read(start(context, undefined, 60))).toContain('expires in 1 minute.');
    expect(read(start(context, ''))).toContain('Signing as the account you choose next');
  });

  it("the page of a tag says the tag's name, and that of a login names no object", () => {
    const page = start(TAG);
    expect(page.html).toContain('<title>Sign the tag v1.2 – git-signet</title>');
    expect(read(page)).toContain('git wants to sign the tag v1.2 as you');
    expect(read(page)).toContain('Tag v1.2 Message release Signing as');
    expect(read(start(LOGIN))).toContain(
      'git wants to sign commits and tags as you Repository parser Signing as',
    );
    expect(read(successPage(TAG, 'alice@example.test', false))).toContain(
      'Tag v1.2 Message release',
    );
  });

  it('no link has the focus, and each is described by what becomes public', () => {
    const { html } = start(context);
    expect(html).not.toMatch(/autofocus|tabindex/);
    expect(html).toMatch(/<p id="public">This will be public forever/);
    expect(html).toMatch(/<a class="go" rel="noreferrer" aria-describedby="public" href=/);
  });

  it('the page after a login says what to do next in one sentence', () => {
    const done = read(successPage(context, 'alice@example.test', false));
    expect(done).toContain(
      '✓ Logged in as alice@example.test You can close this page. git has continued.',
    );
    expect(read(successPage(context, 'alice@example.test', true))).toContain(
      'Go back to the terminal, which asks you to confirm. Nothing is published before you answer.',
    );
  });

  it('a refusal says the remedy of the terminal, in the same words', () => {
    const claims: IdentityClaims = {
      ...{ kind: 'email' as const, challenge: 'bob@example.test', names: ['bob@example.test'] },
      ...{ issuer: 'https://issuer.example.test', certificateIssuers: [], expires: 0 },
    };
    let error: unknown;
    try {
      acceptExpected('alice@example.test', claims);
    } catch (thrown) {
      error = thrown;
    }
    if (!isSignetError(error)) throw new Error('bob was accepted');
    const page = failurePage(context, error);
    const [, command = 'no command'] = /: (git .*)$/.exec(error.hint ?? '') ?? [];
    expect(command).toBe('git signet login --identity alice@example.test');
    expect(page.html).toContain(`<p><code>${command}</code></p>`);
    expect(read(page)).toContain(
      '✗ Nothing was signed Logged in as bob@example.test, but this repository expects alice@example.test ' +
        `(signet.identity). Nothing was published. To log in as the expected account: ${command} Repository`,
    );
    expect(page.html).not.toContain('run the git command again');
  });

  it('a refusal without a remedy of its own says to run the command again, and that nothing was published', () => {
    const page = failurePage(LOGIN, { message: 'the login was refused (access_denied)' });
    expect(read(page)).toContain(
      '✗ You are not logged in The login was refused (access_denied). Nothing was published. ' +
        'To try again, run the git command again. Repository parser You can close this page.',
    );
  });

  it('a refusal differs from a success in words, mark and colour', () => {
    expect(failurePage(context, { message: 'x' }).html).toMatch(
      /<h1 class="bad">✗ Nothing was signed/,
    );
    expect(successPage(context, 'x', false).html).toMatch(/<h1 class="good">✓ Logged in as/);
    expect(PAGE_STYLE).toMatch(/h1\.bad\{color:var\(--bad\)/);
    expect(PAGE_STYLE).toMatch(/h1\.good\{color:var\(--ok\)/);
  });
});

describe('the colours of the pages', () => {
  it('every text has a contrast of at least 4.5 on every ground, in light and dark', () => {
    const pairs = pairsOf(PAGE_STYLE);
    expect(pairs.length).toBe(26);
    expect(pairs.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  });

  it('contrast is computed as WCAG does, and a pale colour is found', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#fff')).toBeCloseTo(4.48, 2);
    const pale = PAGE_STYLE.replace('--soft:#56606d', '--soft:#8a94a1');
    expect(pairsOf(pale).some(({ ratio }) => ratio < 4.5)).toBe(true);
  });
});

describe('what becomes public', () => {
  it('the line names the account, or the e-mail address of an unknown one', () => {
    expect(becomesPublic('alice@example.test')).toBe(
      'this will be public forever: alice@example.test, the time, and a fingerprint of the signature',
    );
    expect(becomesPublic()).toContain('forever: your e-mail address, the time,');
  });

  it('a login for a statement says what it is about, and that its digest becomes public (A5)', () => {
    const subject = 'urn:x:review about commit 111111111111';
    const page = read(start({ repository: 'parser', kind: 'statement', subject }));
    expect(page).toContain('git-signet wants to sign a statement as you');
    expect(page).toContain(subject);
    expect(page).toContain('the digest of the statement.');
    expect(page).toContain('The content of the statement is not published.');
    const received = "The log's server receives the content to check it.";
    expect(page).not.toContain(received);
    const sent = start({ repository: 'parser', kind: 'statement', subject, sent: true });
    expect(read(sent)).toContain(`the digest of the statement. ${received}`);
    expect(read(start(context))).not.toContain('statement');
  });

  it('a login for a push says that each signed push becomes public (K4)', () => {
    const push: SigningContext = { repository: 'parser', kind: 'push', subject: 'refs/heads/main' };
    const page = read(start(push));
    expect(page).toContain('git wants to sign a push as you');
    expect(page).toContain('refs/heads/main');
    expect(page).toContain('signature, and so for each push that you sign.');
    expect(read(start(context))).not.toContain('push');
  });

  it('README and the page about logins use the same words', () => {
    const words = (path: string): string =>
      readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8').replace(/[\s*]+/g, ' ');
    expect(words('docs/logins.md')).toContain(`"${becomesPublic('alice@example.com')}"`);
    const [, things = ''] = /forever: (.*)/.exec(becomesPublic()) ?? [];
    expect(words('README.md')).toContain(things);
  });
});
