/**
 * The sandbox issuer's page, which asks which of its people you are. Plain forms, no script, light and dark. Each
 * person has a button, and so has the refusal. The suggested person comes first and has the focus.
 */

export interface SandboxUser {
  readonly email: string;
  /** What the token's email_verified says. */
  readonly emailVerified: boolean;
}

/** Text inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; }
form { margin: 0.6rem 0; }
button { font: inherit; width: 100%; padding: 0.7rem 1rem; text-align: left; border: 1px solid; border-radius: 0.4rem; }
button.deny { text-align: center; margin-top: 1.2rem; background: none; }
p, small { opacity: 0.8; }
`;

/** One of the issuer's pages. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

function userButton(user: SandboxUser, suggested: boolean): string {
  const note = user.emailVerified ? '' : ' <small>(e-mail not verified)</small>';
  const focus = suggested ? ' autofocus' : '';
  return `<button name="user" value="${escapeHtml(user.email)}"${focus}>${escapeHtml(user.email)}${note}</button>`;
}

/** Returns the page of one login. Its forms post to the address it was loaded from. */
export function consentPage(
  users: readonly SandboxUser[],
  suggested: string | undefined,
  client: string,
): string {
  const ordered = users.toSorted(
    (a, b) => Number(b.email === suggested) - Number(a.email === suggested),
  );
  const buttons = ordered
    .map((user, at) => `<form method="post">${userButton(user, at === 0)}</form>`)
    .join('\n');
  return page(
    'Sandbox login',
    `<p>${escapeHtml(client)} wants to know who you are. Choose one of the sandbox's people:</p>
${buttons}
<form method="post"><button class="deny" name="deny" value="yes">Deny</button></form>
<p><small>This is a private Sigstore on this machine. None of these people is real.</small></p>`,
  );
}

/** What a person reads when the request itself is wrong. */
export function errorPage(error: string, description: string | undefined): string {
  return page(
    'Login failed',
    `<p>${escapeHtml(error)}${description === undefined ? '' : `: ${escapeHtml(description)}`}</p>`,
  );
}
