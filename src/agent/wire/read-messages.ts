/** Reads messages. Every field must be in the protocol's table and within its bound (threats D08, D13). */

import { fromBase64, fromUtf8, utf8 } from '../../core/bytes.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { Secret } from '../../system/secret.ts';
import {
  type AgentReply,
  type AgentRequest,
  CREDENTIAL,
  type Field,
  GREETING,
  type Greeting,
  type MessageFields,
  NAMED,
  PROTOCOL,
  ProtocolError,
  REPLIES,
  REQUESTS,
} from './protocol.ts';
import { isRequestNetwork } from './request-network.ts';

/** Reads the request in a frame. @throws ProtocolError for anything that is not exactly one */
export function readRequest(frame: Uint8Array): AgentRequest {
  const json = readJson(frame);
  return checked(json, fieldsIn(REQUESTS, json['op']), 'op') as unknown as AgentRequest;
}

/** Reads the reply in a frame. @throws ProtocolError for anything that is not exactly one */
export function readReply(frame: Uint8Array): AgentReply {
  const json = readJson(frame);
  return checked(json, fieldsIn(REPLIES, json['reply']), 'reply') as unknown as AgentReply;
}

/** Reads the agent's first frame. @throws ProtocolError also for another version */
export function readGreeting(frame: Uint8Array): Greeting {
  const json = readJson(frame);
  if (json['agent'] !== 'git-signet') throw new ProtocolError('not an agent of git-signet');
  if (json['protocol'] !== PROTOCOL) throw new ProtocolError('the agent speaks another version');
  return checked(json, GREETING) as unknown as Greeting;
}

function readJson(frame: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(frame) ?? '');
  } catch {
    value = undefined;
  }
  if (!isRecord(value)) throw new ProtocolError('not a JSON object');
  return value;
}

function fieldsIn(table: Readonly<Record<string, MessageFields>>, word: unknown): MessageFields {
  const fields = typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;
  if (fields === undefined) throw new ProtocolError('an unknown message');
  return fields;
}

/** `named`: the field that names the message. @throws ProtocolError */
function checked(json: Json, fields: MessageFields, named?: keyof typeof NAMED): Json {
  const problem = problemOf(
    json,
    named === undefined ? fields : { [named]: NAMED[named], ...fields },
  );
  if (problem !== undefined) throw new ProtocolError(problem);
  return json;
}

/** Returns what is wrong with an object, or undefined if it has exactly these fields, each within its bound. */
function problemOf(json: Json, fields: MessageFields): string | undefined {
  if (!Object.keys(json).every((name) => Object.hasOwn(fields, name))) return 'an unknown field';
  const wrong = Object.entries(fields).find(
    ([name, field]) => !Object.hasOwn(json, name) || !fits(json[name], field),
  );
  return wrong && `the field ${wrong[0]} is missing, or has a wrong value`;
}

function fits(value: unknown, field: Field): boolean {
  switch (field) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'whole':
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case 'network':
      return isRequestNetwork(value);
    case 'texts':
      return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
    case 'credentials':
      return (
        Array.isArray(value) &&
        value.every((one) => isRecord(one) && problemOf(one, CREDENTIAL) === undefined)
      );
    default:
      return typeof value === 'string' && value.length <= field;
  }
}

/** Returns the bytes in a field of base64. @throws ProtocolError */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new ProtocolError('not base64');
  return bytes;
}

/** Returns the secret in a field, or undefined for an empty one. */
export function secretOf(text: string): Secret | undefined {
  return text === '' ? undefined : new Secret(text);
}

/** Compares in a time that does not tell how much was right. */
export function sameSecret(given: string, right: string): boolean {
  const [a, b] = [utf8(given), utf8(right)];
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
