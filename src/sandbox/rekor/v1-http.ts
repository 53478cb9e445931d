/**
 * Rekor v1's HTTP face (its openapi.yaml): append, get, search, log information. It accepts hashedrekord 0.0.1 and dsse
 * 0.0.1 and checks, as Rekor does, that each signature holds under the given certificate or key.
 */

import { createHash } from 'node:crypto';
import { canonicalPem, readVerifier, verifyDigest } from '../digest-signature.ts';
import { type Handler, json, type Reply, type SandboxRequest, text } from '../service.ts';
import { hashedRekordV001, type RekorV1Log, type StoredEntry } from './v1.ts';
import { canonicalDsse } from './v1-dsse.ts';

type Fields = Readonly<Record<string, unknown>>;

const fail = (code: number, message: string, headers: Record<string, string> = {}): Reply =>
  json(code, { code, message }, headers);

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
const DIGEST_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Returns the canonical body of a proposed entry if its signature holds, otherwise the reason. */
function canonicalBody(proposed: Fields): Buffer | string {
  const spec = fields(proposed.spec);
  if (proposed.apiVersion !== '0.0.1') return 'entry kind not supported';
  if (proposed.kind === 'dsse') return canonicalDsse(spec);
  if (proposed.kind !== 'hashedrekord') return 'entry kind not supported';
  const { algorithm, value } = fields(fields(spec.data).hash);
  const signature = fields(spec.signature);
  const { content } = signature;
  const pem = fields(signature.publicKey).content;
  if (
    typeof algorithm !== 'string' ||
    typeof value !== 'string' ||
    typeof content !== 'string' ||
    typeof pem !== 'string'
  ) {
    return 'missing fields';
  }
  if (value.length !== DIGEST_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(value))
    return 'invalid value for hash';
  const verifier = readVerifier(Buffer.from(pem, 'base64').toString());
  if (verifier === undefined) return 'invalid public key';
  const bytes = Buffer.from(content, 'base64');
  if (!verifyDigest(verifier.key, Buffer.from(value, 'hex'), bytes)) {
    return 'verifying signature: invalid signature when validating ASN.1 encoded signature';
  }
  return hashedRekordV001({ algorithm, value }, bytes.toString('base64'), canonicalPem(verifier));
}

const keyed = (log: RekorV1Log, entry: StoredEntry) => ({ [entry.uuid]: log.answer(entry) });

function create(log: RekorV1Log, body: Fields, now: number): Reply {
  const canonical = canonicalBody(body);
  if (typeof canonical === 'string') return fail(400, `error processing entry: ${canonical}`);
  const { entry, added } = log.append(canonical, now);
  const location = `/api/v1/log/entries/${entry.uuid}`;
  if (!added) {
    return fail(
      409,
      `an equivalent entry already exists in the transparency log with UUID ${entry.uuid}`,
      { location },
    );
  }
  return json(201, keyed(log, entry), { location, etag: entry.uuid });
}

function searchKeys(query: Fields): string[] | string {
  const keys: string[] = [];
  if (typeof query.hash === 'string')
    keys.push(
      query.hash.includes(':') ? query.hash.toLowerCase() : `sha256:${query.hash.toLowerCase()}`,
    );
  if (typeof query.email === 'string') keys.push(query.email.toLowerCase());
  if (query.publicKey !== undefined) {
    const { format, content } = fields(query.publicKey);
    if (format !== 'x509') return 'the PKI format requested is not supported by this server';
    const verifier = readVerifier(Buffer.from(String(content), 'base64').toString());
    if (verifier === undefined) return 'public key provided could not be parsed';
    keys.push(createHash('sha256').update(canonicalPem(verifier)).digest('hex'));
  }
  return keys;
}

function search(log: RekorV1Log, query: Fields): Reply {
  const keys = searchKeys(query);
  if (typeof keys === 'string') return fail(400, keys);
  const found = keys.map((key) => log.search(key));
  if (query.operator !== 'and') return json(200, [...new Set(found.flat())]);
  const [first = [], ...others] = found;
  return json(
    200,
    first.filter((uuid) => others.every((list) => list.includes(uuid))),
  );
}

/** POST /log/entries/retrieve: by UUID, by index, by what the entry would be. */
function retrieve(log: RekorV1Log, query: Fields): Reply {
  const indexes = Array.isArray(query.logIndexes) ? query.logIndexes.map(Number) : [];
  const proposed = Array.isArray(query.entries)
    ? query.entries.map((entry) => canonicalBody(fields(entry)))
    : [];
  const wanted = [...indexes, ...texts(query.entryUUIDs), ...proposed];
  if (wanted.length > 10) return fail(422, 'more than max allowed 10 entries in request');
  const found = wanted.map((item) => {
    if (typeof item === 'number') return log.byIndex(item);
    if (typeof item === 'string') return log.byUuid(item);
    return log.byBody(item);
  });
  return json(
    200,
    found.filter((entry) => entry !== undefined).map((entry) => keyed(log, entry)),
  );
}

function logInfo(log: RekorV1Log): Reply {
  return json(200, {
    inactiveShards: [],
    rootHash: log.tree.root().toString('hex'),
    signedTreeHead: log.checkpoint(),
    treeID: log.treeId,
    treeSize: log.tree.size,
  });
}

function consistency(log: RekorV1Log, query: URLSearchParams): Reply {
  const first = Number(query.get('firstSize') ?? '1');
  const last = Number(query.get('lastSize'));
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 1 || first > last) {
    return fail(400, `firstSize(${first}) must be less than lastSize(${last})`);
  }
  if (last > log.tree.size) {
    return fail(
      400,
      `the tree size requested(${last}) was greater than what is currently observable(${log.tree.size})`,
    );
  }
  const hashes = log.tree.consistencyProof(first, last).map((hash) => hash.toString('hex'));
  return json(200, { hashes, rootHash: log.tree.root(last).toString('hex') });
}

function entry(log: RekorV1Log, found: StoredEntry | undefined): Reply {
  return found === undefined ? fail(404, 'entry not found') : json(200, keyed(log, found));
}

function get(log: RekorV1Log, { path, query }: SandboxRequest): Reply {
  switch (path) {
    case '/api/v1/log':
      return logInfo(log);
    case '/api/v1/log/publicKey':
      return text(
        log.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        'application/x-pem-file',
      );
    case '/api/v1/log/proof':
      return consistency(log, query);
    case '/api/v1/log/entries':
      return entry(log, log.byIndex(Number(query.get('logIndex') ?? Number.NaN)));
    case '/ping':
      return text('pong');
  }
  const uuid = /^\/api\/v1\/log\/entries\/([0-9a-f]{64}|[0-9a-f]{80})$/.exec(path)?.[1];
  return uuid === undefined
    ? fail(404, `path ${path} was not found`)
    : entry(log, log.byUuid(uuid));
}

/** `clock` is in Unix milliseconds. */
export function rekorV1Handler(log: RekorV1Log, clock: () => number): Handler {
  return (request) => {
    if (request.method === 'GET') return get(log, request);
    if (request.method !== 'POST') return fail(405, `method ${request.method} is not allowed`);
    let body: Fields;
    try {
      body = fields(JSON.parse(request.body.toString('utf8')));
    } catch {
      return fail(400, 'parsing body body from "" failed, because invalid JSON');
    }
    switch (request.path) {
      case '/api/v1/log/entries':
        return create(log, body, clock());
      case '/api/v1/log/entries/retrieve':
        return retrieve(log, body);
      case '/api/v1/index/retrieve':
        return search(log, body);
      default:
        return fail(404, `path ${request.path} was not found`);
    }
  };
}
