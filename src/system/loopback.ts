/** Recognizes loopback hosts, for which plain http is allowed and no proxy is used. */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Returns whether a URL's host is loopback. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}
