/** Encodes and decodes bytes. Decoders are strict, so each value has exactly one text. */

const utf8Encoder = new TextEncoder();
const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Lossy = new TextDecoder('utf-8', { ignoreBOM: true });

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Decodes an even number of hexadecimal digits. Returns undefined for any other text. */
export function fromHex(text: string): Uint8Array | undefined {
  // as below, because the decoder stops silently at an unknown character
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Decodes canonical base64 (padding present, unused bits zero, no white space). Returns undefined for any other text. */
export function fromBase64(text: string): Uint8Array | undefined {
  // the decoder accepts nearly everything, so the result is encoded again and compared
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Encodes base64 in lines of 64 characters, as PEM and armor have it (RFC 7468 §2), without a final line end. */
export function toBase64Lines(bytes: Uint8Array): string {
  const text = toBase64(bytes);
  let lines = text.slice(0, 64);
  for (let at = 64; at < text.length; at += 64) lines += `\n${text.slice(at, at + 64)}`;
  return lines;
}

export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Decodes well-formed UTF-8. Returns undefined for any other bytes. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes text for display only. Bytes that are not UTF-8 become U+FFFD. */
export function fromUtf8Lossy(bytes: Uint8Array): string {
  return utf8Lossy.decode(bytes);
}

/** Decodes one character a byte, for comparing header names, never for display. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function concat(...chunks: readonly Uint8Array[]): Uint8Array {
  return concatAll(chunks);
}

/** Joins any number of chunks. Spread as arguments, many chunks would overflow the stack. */
export function concatAll(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    out.set(chunk, offset);
    offset += chunk.length;
  }
  return out;
}

/** Compares public bytes. The time is not constant. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
