/**
 * Reads push certificates, which `git push --signed` lets its program sign (send-pack.c, generate_push_cert). The grammar
 * is what git writes, in this order, and nothing else:
 *
 *     certificate version 0.1, pusher, optional pushee, optional nonce, push-option*, blank line, (old new ref)+
 *
 * git's server finds its lines by search (receive-pack.c), so a certificate with other lines could be read in two ways.
 * No certificate is a commit or a tag, because the first header tells the kinds apart (threat K1).
 */

import { fromUtf8, latin1 } from '../bytes.ts';
import { Refusal } from '../verdict.ts';
import { HeaderLines } from './header-lines.ts';
import { payloadKind } from './payload-kind.ts';

/** One line of a certificate: the ref, and its values before and after the push, in lower-case hex. Zeros mean none. */
export interface SignedUpdate {
  readonly old: string;
  readonly new: string;
  readonly ref: string;
}

export interface PushCertificate {
  readonly type: 'push';
  /** The signer's name for the key, seconds and time zone. It is a person line if no key is configured. */
  readonly pusher: Uint8Array;
  /** The address that was pushed to, without its password. */
  readonly pushee: string | undefined;
  /** What the server asked to sign, so that a certificate serves for one push. */
  readonly nonce: string | undefined;
  readonly options: readonly string[];
  readonly updates: readonly SignedUpdate[];
}

/** Most bytes of a certificate, which is room for about 64,000 refs. */
export const MAX_CERTIFICATE = 8 * 1024 * 1024;

/** git writes a second space behind the fingerprint of an SSH key. */
const PUSHER = /^[^\p{Cc}]*[^\p{Cc} ] {1,2}\d{1,15} [+-]\d{4}$/u;
const NONCE = /^[A-Za-z0-9./+=_-]{1,255}$/;
const UPDATE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.+)$/u;
/** What no ref's name may hold (git-check-ref-format(1)). */
const NO_REF = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[./]$/u;

function malformed(detail: string): Refusal {
  return new Refusal('object-malformed', `malformed push certificate: ${detail}`);
}

function textOf(bytes: Uint8Array, what: string): string {
  const text = fromUtf8(bytes);
  if (text === undefined) throw malformed(`${what} is not UTF-8`);
  return text;
}

/**
 * Reads a push certificate without its signature.
 * @throws Refusal `object-malformed` if it is not what git writes, or over 8 MiB
 */
export function readPushCertificate(bytes: Uint8Array): PushCertificate {
  if (bytes.length > MAX_CERTIFICATE) throw malformed(`it is over ${MAX_CERTIFICATE} bytes`);
  const lines = new HeaderLines(bytes);
  if (latin1(lines.take('certificate')) !== 'version 0.1')
    throw malformed('git knows no such version');
  const pusher = lines.take('pusher');
  if (!PUSHER.test(latin1(pusher).replace(/[\x80-\xff]/g, '-'))) {
    throw malformed('`pusher` has no name, or no date');
  }
  const optional = (name: string): string | undefined =>
    lines.isNamed(name) ? textOf(lines.take(name), `\`${name}\``) : undefined;
  const pushee = optional('pushee');
  if (pushee !== undefined && !/^[^\p{Cc}]+$/u.test(pushee))
    throw malformed('`pushee` is no address');
  const nonce = optional('nonce');
  if (nonce !== undefined && !NONCE.test(nonce)) throw malformed('git asks for no such `nonce`');
  const options: string[] = [];
  while (lines.isNamed('push-option')) options.push(optional('push-option') ?? '');
  if (lines.at !== lines.end) {
    throw malformed(`\`${lines.takeAny().name.slice(0, 40)}\` stands in the wrong place`);
  }
  return { type: 'push', pusher, pushee, nonce, options, updates: readRefLines(bytes, lines.end) };
}

/** Reads the ref lines behind the blank line at `blank`. @throws Refusal */
function readRefLines(bytes: Uint8Array, blank: number): readonly SignedUpdate[] {
  const lines = textOf(bytes.subarray(blank + 1), "a ref's name").split('\n');
  if (lines.length < 2) throw malformed('it names no ref');
  if (lines.pop() !== '') throw malformed('its last line does not end');
  const refs = new Set<string>();
  const updates = lines.map((line) => {
    const [, old = '', fresh = '', ref = ''] = UPDATE.exec(line) ?? [];
    if (ref === '' || NO_REF.test(ref)) throw malformed('a line names no ref with its two values');
    if (old === fresh) throw malformed('a line changes nothing');
    refs.add(ref);
    return { old, new: fresh, ref };
  });
  const [{ old: first } = { old: '' }] = updates;
  if (updates.some((one) => one.old.length !== first.length || one.new.length !== first.length)) {
    throw malformed('its object names have two lengths');
  }
  if (refs.size !== updates.length) throw malformed('it names a ref twice');
  return updates;
}

/** Reads a push certificate. Returns undefined for any other bytes, and if it is malformed. */
export function pushCertificateOf(bytes: Uint8Array): PushCertificate | undefined {
  if (payloadKind(bytes) !== 'push') return undefined;
  try {
    return readPushCertificate(bytes);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
