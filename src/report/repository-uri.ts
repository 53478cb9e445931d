/**
 * Writes the address of a repository as a URI, in the form of SPDX download locations (`git+https://HOST/PATH`,
 * spdx.github.io/spdx-spec/v2.3/package-information). Statements are published, so no user and no password stays.
 */

const SCHEMES = new Set(['https:', 'http:', 'ssh:', 'git:']);
/** Ports that `URL` does not drop by itself. */
const USUAL_PORTS: Readonly<Record<string, string>> = { 'ssh:': '22', 'git:': '9418' };

/** Matches git's short form `[USER@]HOST:PATH`. One letter before the colon is a drive of Windows. */
const SHORT = /^(?:[^@:/\s]*@)?(\[[0-9a-f:.]+\]|[^:/@\s[\]]{2,}):(?!:|\/\/)\/*([^@/][^@]*)$/i;

function parsed(address: string): URL | null {
  const text = address.replace(/^git\+(?=[a-z]+:\/\/)/i, '');
  if (/^[a-z]+:\/\//i.test(text)) return URL.parse(text);
  const [, host, path] = SHORT.exec(address) ?? [];
  return host === undefined ? null : URL.parse(`ssh://${host}/${path}`);
}

/**
 * Returns the URI without user, password, usual port and last slash. It returns undefined for what names no repository
 * for others: a folder, `file://`, a remote helper, no path, or a query or fragment, which can hold a password.
 */
export function repositoryUri(address: string): string | undefined {
  const url = parsed(address);
  if (url === null || !SCHEMES.has(url.protocol) || url.hostname === '') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  if (path === '' || url.search !== '' || url.hash !== '') return undefined;
  const port = url.port === '' || url.port === USUAL_PORTS[url.protocol] ? '' : `:${url.port}`;
  return `git+${url.protocol}//${url.hostname.toLowerCase()}${port}${path}`;
}

/** Returns true if two such URIs differ at most in the protocol and in `.git` at the end. */
export function sameRepository(one: string, other: string): boolean {
  const place = (uri: string): string => uri.replace(/^git\+[a-z]+:/, '').replace(/\.git$/, '');
  return place(one) === place(other);
}
