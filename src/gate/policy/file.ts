/**
 * Reads policy files, a strict subset of YAML. Duplicate and unknown keys, anchors, aliases, tags, several documents,
 * tabs and a byte-order mark are errors with line and column (threat P11). The YAML library is loaded on use.
 */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Document } from 'yaml';
import { fromUtf8, toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { type Locate, policyFromData } from '../../core/policy/policy.ts';
import { POLICY_HINT } from '../../core/policy/reader.ts';
import type { IdentityPolicy } from '../../core/verdict.ts';
import { ConfigError } from '../../errors.ts';
import type { Environment } from '../../system/environment.ts';
import { reasonOf } from '../../system/system-error.ts';

/** Most bytes of a policy. A stranger may push one, so the cost of reading it is bounded first (threat P23). */
export const MAX_POLICY = 64 * 1024;
/** Most list items and keys. */
const MAX_ENTRIES = 8192;
/** Most levels of lists and maps. A valid policy needs six. */
const MAX_DEPTH = 32;

/** What a first adoption needs: the gate takes the policy from the base, so the base must have one. */
const NO_POLICY_YET =
  'no policy there yet? write one and merge it first: git signet policy init --write';

function refuse(source: string, problem: string, hint: string = POLICY_HINT): ConfigError {
  return new ConfigError(`${source}: ${problem}`, { code: 'POLICY_FILE', hint });
}

function tooLong(source: string): ConfigError {
  const hint = "describe many signers by one 'identity-pattern' (git signet help policy)";
  return refuse(source, `the policy is longer than ${MAX_POLICY} bytes`, hint);
}

function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function checkedText(bytes: Uint8Array, source: string): string {
  if (bytes.length > MAX_POLICY) throw tooLong(source);
  const text = fromUtf8(bytes);
  if (text === undefined) throw refuse(source, 'the policy is not UTF-8');
  if (text.startsWith('\ufeff')) {
    throw refuse(source, 'line 1, column 1: begins with a byte-order mark');
  }
  for (const [index, line] of text.split('\n').entries()) {
    const column = line.search(/[\0-\x08\t\x0b-\x1f\x7f]/) + 1;
    if (column > 0 && line.slice(column - 1) !== '\r') {
      const what = line[column - 1] === '\t' ? 'a tab' : 'a control character';
      throw refuse(source, `line ${index + 1}, column ${column}: ${what}`);
    }
  }
  return text;
}

type Yaml = typeof import('yaml');

const REFUSED_TOKENS: Readonly<Record<string, string>> = {
  alias: 'an alias',
  anchor: 'an anchor',
  tag: 'a tag',
  'directive-line': 'a directive',
};

/** Tokens that add an entry, and tokens that open another level in their line or brackets. */
const ENTRIES: readonly string[] = ['seq-item-ind', 'map-value-ind', 'comma'];
const OPENING: readonly string[] = ['flow-seq-start', 'flow-map-start'];
const CLOSING: readonly string[] = ['flow-seq-end', 'flow-map-end'];
const COMPACT: readonly string[] = ['seq-item-ind', 'explicit-key-ind'];

/** Counts entries and levels. @returns a counter that says which limit a token breaks */
function budget(): (type: string) => string | undefined {
  let entries = 0;
  let brackets = 0;
  let compact = 0;
  return (type) => {
    if (ENTRIES.includes(type)) entries += 1;
    if (OPENING.includes(type)) brackets += 1;
    if (CLOSING.includes(type)) brackets -= 1;
    if (COMPACT.includes(type)) compact += 1;
    if (type === 'newline') compact = 0;
    if (entries > MAX_ENTRIES) return `more than ${MAX_ENTRIES} entries`;
    return brackets + compact > MAX_DEPTH ? `more than ${MAX_DEPTH} levels` : undefined;
  };
}

/**
 * Refuses tokens before the library builds a document. The document no longer tells an explicit tag from an implied
 * one, and the library would build any size.
 */
function refuseTokens(yaml: Yaml, text: string, source: string): void {
  const tooMuch = budget();
  let offset = 0;
  let isText = false;
  for (const token of new yaml.Lexer().lex(text)) {
    const type = yaml.CST.tokenType(token);
    const refused = isText || type === null ? undefined : (REFUSED_TOKENS[type] ?? tooMuch(type));
    if (refused !== undefined) throw refuse(source, `${place(text, offset)}: ${refused}`);
    isText = type === 'scalar' && token === yaml.CST.SCALAR;
    const mark = isText || token === yaml.CST.DOCUMENT || token === yaml.CST.FLOW_END;
    if (!mark) offset += token.length;
  }
}

/** Refuses duplicate keys. The library compares each key with all earlier ones, which took minutes for 1 MiB (threat I05). */
function refuseTwins(yaml: Yaml, document: Document, text: string, source: string): void {
  yaml.visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = yaml.isScalar(key) ? key.value : key;
        if (seen.has(name)) {
          const offset = (yaml.isNode(key) ? key.range?.[0] : undefined) ?? 0;
          throw refuse(source, `${place(text, offset)}: the keys of a map must be unique`);
        }
        seen.add(name);
      }
    },
  });
}

/** Finds a path in the document: the key itself or, if it is missing, the map that should have it. */
function locator(yaml: Yaml, document: Document, text: string): Locate {
  return (path) => {
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
    const key = path.at(-1);
    const pair = yaml.isMap(parent)
      ? parent.items.find(({ key: each }) => yaml.isScalar(each) && each.value === key)
      : undefined;
    const node = pair?.key ?? (path.length > 0 ? document.getIn(path, true) : undefined) ?? parent;
    return place(text, (yaml.isNode(node) ? node.range?.[0] : undefined) ?? 0);
  };
}

/** Parses a policy. Messages name it `source`. @throws ConfigError POLICY_FILE with line and column */
export async function parsePolicy(
  bytes: Uint8Array,
  source: string,
  crypto: Crypto,
): Promise<IdentityPolicy> {
  const text = checkedText(bytes, source);
  const yaml = await import('yaml');
  refuseTokens(yaml, text, source);
  const documents = yaml.parseAllDocuments(text, {
    prettyErrors: false,
    schema: 'core',
    strict: true,
    stringKeys: true,
    uniqueKeys: false,
    version: '1.2',
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) throw refuse(source, 'the policy is empty');
  if (second !== undefined) throw refuse(source, 'the policy holds more than one YAML document');
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw refuse(source, `${place(text, problem.pos[0])}: ${problem.message.split('\n')[0]}`);
  }
  refuseTwins(yaml, document, text, source);
  const digest = toHex(crypto.hash('sha256', bytes));
  return policyFromData(document.toJS(), source, digest, locator(yaml, document, text));
}

/** Reads a policy from a file. @throws ConfigError POLICY_FILE */
export async function readPolicyFile(path: string, crypto: Crypto): Promise<IdentityPolicy> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new ConfigError(`${path}: ${reasonOf(error)}`, { code: 'POLICY_FILE' });
  }
  return parsePolicy(bytes, path, crypto);
}

/** A file at a revision, named `REV:PATH`. */
export interface FileAt {
  readonly revision: string;
  readonly path: string;
}

/** Splits `REV:PATH`. Returns undefined for any other text. */
export function fileAt(name: string): FileAt | undefined {
  const [, revision, path] = /^([^:]+):(.+)$/s.exec(name) ?? [];
  return revision === undefined || path === undefined ? undefined : { revision, path };
}

/** Where a policy is read, and with what. */
export interface PolicyReading {
  readonly cwd: string;
  readonly env: Environment;
  readonly crypto: Crypto;
}

/** Reads a policy at a revision. Messages name it `source`. @throws ConfigError POLICY_FILE if it is not there */
export async function readPolicyAt(
  file: FileAt,
  { cwd, env, crypto }: PolicyReading,
  source = `${file.revision}:${file.path}`,
): Promise<IdentityPolicy> {
  const { namesCommit, readBlob } = await import('../../git/blob.ts');
  const bytes = await readBlob(file, { cwd, env }, crypto);
  if (bytes === undefined && !(await namesCommit(file.revision, { cwd, env }))) {
    const hint = `if a remote has ${file.revision}, run: git fetch`;
    throw refuse(source, 'there is no such revision', hint);
  }
  if (bytes === undefined) {
    throw refuse(source, 'there is no such file in that revision', NO_POLICY_YET);
  }
  return parsePolicy(bytes, source, crypto);
}

/**
 * Reads the policy that `signet.policy` names: an absolute path, `~/PATH`, or `REV:PATH`. A relative path is refused,
 * because it would be read from the tree that is being verified (threat P04). @throws ConfigError POLICY_FILE
 */
export async function loadConfiguredPolicy(
  name: string,
  reading: PolicyReading,
): Promise<IdentityPolicy> {
  const { env, crypto } = reading;
  if (name.startsWith('~/')) {
    return readPolicyFile(join(env.HOME ?? homedir(), name.slice(2)), crypto);
  }
  if (isAbsolute(name)) return readPolicyFile(name, crypto);
  const file = fileAt(name);
  if (file !== undefined) return readPolicyAt(file, reading);
  const what = `signet.policy is '${name}', a relative path: the tree that is verified could change it`;
  throw new ConfigError(what, {
    hint: 'use an absolute path, ~/PATH, or REV:PATH such as origin/main:.signet.yaml',
  });
}
