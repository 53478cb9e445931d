/** Bytes and their spellings. Decoders are strict: one text for one value. */

const utf8Encoder = new TextEncoder();
const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Lossy = new TextDecoder('utf-8', { ignoreBOM: true });

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes of an even number of hexadecimal digits; undefined for anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  // as below: the decoder stops silently at what it does not know
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes of canonical base64 (padding present, unused bits zero, no white space); undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  // the decoder forgives nearly everything; writing it again forgives nothing
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Base64 in lines of 64 characters, as PEM and armor have it (RFC 7468 §2); without a final line end. */
export function toBase64Lines(bytes: Uint8Array): string {
  const text = toBase64(bytes);
  let lines = text.slice(0, 64);
  for (let at = 64; at < text.length; at += 64) lines += `\n${text.slice(at, at + 64)}`;
  return lines;
}

export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Text of well-formed UTF-8; undefined for anything else. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Text for showing only: what is not UTF-8 becomes U+FFFD. */
export function fromUtf8Lossy(bytes: Uint8Array): string {
  return utf8Lossy.decode(bytes);
}

/** One character a byte: for comparing header names, never for showing. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function concat(...chunks: readonly Uint8Array[]): Uint8Array {
  return concatAll(chunks);
}

/** As many chunks as somebody else decides: spread as arguments they would overflow the stack. */
export function concatAll(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    out.set(chunk, offset);
    offset += chunk.length;
  }
  return out;
}

/** Equality of public bytes; not constant in time. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
