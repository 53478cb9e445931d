/**
 * The sandbox issuer's pages for a login on another device (RFC 8628 §3.3): enter the code, compare it, agree. One
 * more page shows a code to be typed on the machine where git runs. The forms are oidc-provider's, the buttons ours.
 */

import { escapeHtml, page } from './consent-page.ts';

const button = (form: string, label: string, more = ''): string =>
  `<p><button type="submit" form="${form}"${more}>${label}</button></p>`;

/** Where the person types the code. */
export function deviceInputPage(form: string, again: boolean): string {
  const word = again ? '<p>That code is not known, or was used. Try again.</p>' : '';
  return page(
    'Log in for another device',
    `${word}<p>Enter the code that git shows:</p>\n${form}\n${button('op.deviceInputForm', 'Continue')}`,
  );
}

/** Where the person compares it. */
export function confirmPage(form: string, code: string): string {
  return page(
    'Is this your code?',
    `<p><strong>${escapeHtml(code)}</strong></p>
<p>It stands at the terminal where you ran git. If it does not, somebody else wants to log in as you.</p>
${form}
${button('op.deviceConfirmForm', 'Yes, log me in')}
${button('op.deviceConfirmForm', 'Deny', ' class="deny" name="abort" value="yes"')}`,
  );
}

export function deviceDonePage(): string {
  return page('Logged in', '<p>You can close this page; git goes on by itself.</p>');
}

/** The code of a login that cannot be sent to git by itself. */
export function codePage(code: string): string {
  return page(
    'Your code',
    `<p>Type it where git asks for it:</p>\n<p><code>${escapeHtml(code)}</code></p>`,
  );
}
