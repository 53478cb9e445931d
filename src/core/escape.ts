/**
 * Hostile text made harmless for a terminal or a status line (threats S03, S10): control characters, DEL, C1,
 * bidirectional and other format characters, line and paragraph separators and lone surrogates never pass.
 * The two joiners that scripts and emoji need (U+200C, U+200D) do pass for people; in status lines they do not.
 */

const PLAIN = /^[\x20-\x7e]*$/;
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** `##[command]`, `##vso[…]` and kin: orders that a CI system obeys wherever they stand in a line of its log (S11). */
const LOG_COMMAND = /##(\w*)\[/g;
const UNSAFE_OR_PERCENT = /[%\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** For people: unsafe characters as `\x1b` or `\u{202e}`; the bracket of a CI system's log command as `\x5b`. */
export function visible(text: string): string {
  const inert = text.includes('##') ? text.replace(LOG_COMMAND, '##$1\\x5b') : text;
  if (PLAIN.test(inert)) return inert;
  return inert.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** For status lines (GnuPG DETAILS): unsafe characters and `%` as %XX of their UTF-8 bytes. */
export function percentEscaped(text: string): string {
  if (PLAIN.test(text) && !text.includes('%')) return text;
  return text.replace(UNSAFE_OR_PERCENT, (character) => {
    let escaped = '';
    for (const byte of Buffer.from(character, 'utf8')) {
      escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    }
    return escaped;
  });
}

const TOKEN = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s?#]*@/gi;

/** Last net for secrets: JSON web tokens and the user part of URLs never reach a stream or a log (S14, F7). */
export function withoutSecrets(text: string): string {
  return text.replace(TOKEN, '<token>').replace(USER_INFO, '$1');
}
