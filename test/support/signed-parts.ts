/** A signed object taken apart as git does it, for tests that hand git's program what git would hand it. */

export interface SignedParts {
  readonly payload: string;
  readonly signature: string;
}

/** The payload without its signature, and the signature; one character a byte. */
export function signedParts(type: 'commit' | 'tag', raw: Uint8Array): SignedParts {
  const text = Buffer.from(raw).toString('latin1');
  if (type === 'tag') {
    const at = text.indexOf('-----BEGIN SIGNED MESSAGE-----');
    return { payload: text.slice(0, at), signature: text.slice(at) };
  }
  const header = /^gpgsig (.*\n(?: .*\n)*)/m.exec(text);
  if (header === null) throw new Error('the commit is not signed');
  const [whole, folded = ''] = header;
  return { payload: text.replace(whole, ''), signature: folded.replaceAll('\n ', '\n') };
}
