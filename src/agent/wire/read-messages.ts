/**
 * Messages as they are read: every field is known, typed and bounded, and an unknown one is refused, so that a request
 * cannot carry a setting (threats D08, D13).
 */

import { fromBase64, fromUtf8, utf8 } from '../../core/bytes.ts';
import type { Json } from '../../core/json.ts';
import { Secret } from '../../system/secret.ts';
import {
  type CredentialStatus,
  type Greeting,
  MAX_FRAME,
  MAX_PART,
  type Op,
  PROTOCOL,
  ProtocolError,
  type Reply,
  type Request,
} from './protocol.ts';
import { isRequestNetwork } from './request-network.ts';

/** A field: text of at most so many characters, a whole number, a switch, or a network. */
type Field = number | 'whole' | 'boolean' | 'network';

const TOKEN = 64 * 1024;
const NAME = 1024;
const SECRET = 64;
const PAYLOAD = Math.ceil(MAX_PART / 3) * 4;

const REQUESTS: Readonly<Record<Op, Readonly<Record<string, Field>>>> = {
  sign: { secret: SECRET, identity: NAME, network: 'network', payload: PAYLOAD },
  'sign-long': { secret: SECRET, identity: NAME, network: 'network', size: 'whole' },
  'forwarded-sign': { payload: PAYLOAD },
  'forwarded-sign-long': { size: 'whole' },
  part: { bytes: PAYLOAD },
  token: { token: TOKEN, refreshToken: TOKEN },
  failed: { kind: 16, code: 64, message: 8 * NAME, hint: 8 * NAME },
  offer: {
    ...{ secret: SECRET, identity: NAME, network: 'network' },
    ...{ token: TOKEN, refreshToken: TOKEN },
  },
  reach: { secret: SECRET, network: 'network' },
  status: { secret: SECRET },
  forget: { secret: SECRET, identity: NAME, all: 'boolean' },
  stop: { secret: SECRET },
};

/** The request in a frame. @throws ProtocolError for anything that is not exactly one */
export function readRequest(frame: Uint8Array): Request {
  const json = readJson(frame);
  const { op } = json;
  if (typeof op !== 'string' || !Object.hasOwn(REQUESTS, op))
    throw new ProtocolError('unknown request');
  checkFields(json, { op: SECRET, ...REQUESTS[op as Op] });
  return json as unknown as Request;
}

const FAILURE = { kind: 16, code: 64, message: 8 * NAME, hint: 8 * NAME } as const;
const REPLIES: Readonly<
  Record<Exclude<Reply['reply'], 'status' | 'credential'>, Readonly<Record<string, Field>>>
> = {
  signed: {
    armor: MAX_FRAME,
    signingTime: 'whole',
    certificateSha1: 40,
    certificateHashAlgorithm: 'whole',
    logEntry: MAX_FRAME,
  },
  login: { seconds: 'whole' },
  wait: { on: 16 },
  part: {},
  unlogged: { armor: MAX_FRAME },
  done: { count: 'whole' },
  unreached: { leaving: 'boolean', ...FAILURE },
  error: FAILURE,
};
const CREDENTIAL = {
  expected: NAME,
  identity: NAME,
  issuer: 8 * NAME,
  notAfter: 'whole',
  renewals: 'whole',
  renewable: 'boolean',
  signatures: 'whole',
} as const satisfies Readonly<Record<keyof CredentialStatus, Field>>;

/** The reply in a frame. @throws ProtocolError */
export function readReply(frame: Uint8Array): Reply {
  const json = readJson(frame);
  const { reply } = json;
  if (reply === 'credential') checkFields(json, { reply: SECRET, ...CREDENTIAL });
  else if (reply === 'status') checkState(json);
  else if (typeof reply === 'string' && Object.hasOwn(REPLIES, reply)) {
    checkFields(json, { reply: SECRET, ...REPLIES[reply as keyof typeof REPLIES] });
  } else throw new ProtocolError('unknown reply');
  return json as unknown as Reply;
}

/** The agent's first frame. @throws ProtocolError also for another version */
export function readGreeting(frame: Uint8Array): Greeting {
  const json = readJson(frame);
  if (json.agent !== 'git-signet') throw new ProtocolError('not an agent of git-signet');
  if (json.protocol !== PROTOCOL) throw new ProtocolError('it speaks another version');
  checkFields(json, {
    agent: 16,
    protocol: 'whole',
    forwarded: 'boolean',
    instance: 64,
    pid: 'whole',
  });
  return json as unknown as Greeting;
}

function readJson(frame: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(frame) ?? '');
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('not a JSON object');
  }
  return value as Json;
}

function checkFields(json: Json, fields: Readonly<Record<string, Field>>): void {
  const names = Object.keys(json);
  const odd = names.find((name) => !Object.hasOwn(fields, name));
  if (odd !== undefined) throw new ProtocolError('a field that nobody knows');
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(json, name) || !fits(json[name], field)) {
      throw new ProtocolError(`the field ${name} is missing or not what it should be`);
    }
  }
}

function fits(value: unknown, field: Field): boolean {
  if (field === 'boolean') return typeof value === 'boolean';
  if (field === 'network') return isRequestNetwork(value);
  if (field === 'whole') return Number.isSafeInteger(value) && Number(value) >= 0;
  return typeof value === 'string' && value.length <= field;
}

function checkState(json: Json): void {
  const { settings, credentials, ...rest } = json;
  checkFields(rest, {
    reply: SECRET,
    version: SECRET,
    pid: 'whole',
    instance: SECRET,
    startedAt: 'whole',
    idle: 'whole',
    forwardSocket: NAME,
    forwardProblem: NAME,
  });
  const texts =
    typeof settings === 'object' && settings !== null ? Object.values(settings) : [undefined];
  if (!texts.every((text) => typeof text === 'string')) throw new ProtocolError('odd settings');
  if (!Array.isArray(credentials)) throw new ProtocolError('odd credentials');
  for (const one of credentials) {
    if (typeof one !== 'object' || one === null) throw new ProtocolError('odd credentials');
    checkFields(one as Json, CREDENTIAL);
  }
}

/** Bytes in a field. @throws ProtocolError */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new ProtocolError('not base64');
  return bytes;
}

/** A secret in a field; undefined for an empty one. */
export function secretOf(text: string): Secret | undefined {
  return text === '' ? undefined : new Secret(text);
}

/** For comparing without telling how much was right. */
export function sameSecret(given: string, right: string): boolean {
  const [a, b] = [utf8(given), utf8(right)];
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
