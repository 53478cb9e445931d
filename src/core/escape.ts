/**
 * Makes hostile text harmless for a terminal or a status line (threats S03, S10). Control characters, DEL, C1,
 * bidirectional and other format characters, line and paragraph separators and lone surrogates never pass.
 * The two joiners that scripts and emoji need (U+200C, U+200D) pass for people, but not in status lines.
 */

const PLAIN = /^[\x20-\x7e]*$/;
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Matches `##[command]`, `##vso[…]` and the like, which a CI system obeys anywhere in a line of its log (threat S11). */
const LOG_COMMAND = /##(\w*)\[/g;
const UNSAFE_OR_PERCENT = /[%\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Escapes text for people: unsafe characters as `\x1b` or `\u{202e}`, the bracket of a log command of CI as `\x5b`. */
export function visible(text: string): string {
  const inert = text.includes('##') ? text.replace(LOG_COMMAND, '##$1\\x5b') : text;
  if (PLAIN.test(inert)) return inert;
  return inert.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** Escapes text for status lines (GnuPG DETAILS): unsafe characters and `%` as %XX of their UTF-8 bytes. */
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

/** Removes JSON web tokens and the user part of URLs, so that no secret reaches a stream or a log (threats S14, F7). */
export function withoutSecrets(text: string): string {
  return text.replace(TOKEN, '<token>').replace(USER_INFO, '$1');
}
