/** Reads trust that the user hands over: the root metadata of a mirror, or a trust file to keep. It is proved before use. */

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { parseProtoJson } from '../core/proto-json.ts';
import { firstRoot } from '../core/trust/tuf-proof.ts';
import { AnswerError, ConfigError, ServiceError, UsageError } from '../errors.ts';
import { createHttpClient } from '../http/http.ts';
import { networkOptions } from '../http/network.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import { loadSigningConfig, loadTrust } from './load.ts';
import { readTrustFile } from './named.ts';
import { mirrorSetting, noPlaceToKeep } from './source.ts';
import { notKept, writeWhole } from './state-write.ts';

const CONFIG_TYPE = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
const SHA256 = /^(?:sha256:)?([0-9a-fA-F]{64})$/;
const MAX_ROOT = 512_000;

export interface GivenMirror {
  readonly url: string;
  /** A path or an address. */
  readonly root: string | undefined;
  readonly checksum: string | undefined;
}

interface GivenContext {
  readonly settings: Settings;
  readonly crypto: Crypto;
  readonly env: Environment;
  readonly cwd: string;
}

async function fetchRoot(url: string, { settings, env }: GivenContext): Promise<string> {
  const { send, close } = createHttpClient(networkOptions(settings, env));
  try {
    const service = 'the server of the root metadata';
    const { status, body } = await send({
      service,
      method: 'GET',
      url,
      limit: MAX_ROOT,
      idempotent: true,
    });
    if (status !== 200)
      throw new ServiceError('SERVICE_ANSWER', `${service} answered HTTP ${status}: ${url}`);
    return new TextDecoder().decode(body);
  } finally {
    close();
  }
}

/**
 * Returns the setting's value for a mirror with given root metadata, and that metadata. An address as root needs a
 * checksum (gitsign does not check it). @throws UsageError, ConfigError, ServiceError, AnswerError
 */
export async function pinnedMirror(
  { url, root, checksum }: GivenMirror,
  context: GivenContext,
): Promise<{ readonly setting: string; readonly root: string }> {
  const { crypto, cwd } = context;
  const wanted = checksum === undefined ? undefined : SHA256.exec(checksum)?.[1]?.toLowerCase();
  if (checksum !== undefined && wanted === undefined)
    throw new UsageError(`--root-checksum ${checksum}: expected a SHA-256 in hex`);
  if (root === undefined)
    throw new UsageError(
      '--mirror needs --root FILE, the root metadata that its updates start from',
      {
        hint: 'ask the operator of the instance for its root.json, and do not take it from the mirror',
      },
    );
  const remote = /^https?:\/\//i.test(root);
  if (remote && wanted === undefined)
    throw new UsageError(
      '--root is an address, so --root-checksum SHA256 must say what file is expected there',
    );
  const text = remote ? await fetchRoot(root, context) : await readTrustFile(resolve(cwd, root));
  const digest = toHex(crypto.hash('sha256', utf8(text)));
  if (wanted !== undefined && wanted !== digest)
    throw new AnswerError(
      'TRUST_ANSWER',
      `the root metadata has another checksum than --root-checksum: ${digest}`,
    );
  const { version } = await firstRoot(text, crypto);
  const address = url.replace(/#.*$/, '').replace(/\/+$/, '');
  return { setting: mirrorSetting(address, version, digest), root: text };
}

/** Returns one text with the trusted root and, if there is one, the signing configuration. */
async function wholeConfig(
  from: string,
  signingConfig: string | undefined,
  cwd: string,
): Promise<string> {
  const path = resolve(cwd, from);
  const text = await readTrustFile(path);
  const json = parseProtoJson(text, path);
  if ('trustedRoot' in json && signingConfig === undefined) return text;
  const named = signingConfig === undefined ? undefined : resolve(cwd, signingConfig);
  const trustedRoot = 'trustedRoot' in json ? json.trustedRoot : json;
  const config =
    named === undefined ? await besideOf(path) : parseProtoJson(await readTrustFile(named), named);
  if (config === undefined) return text;
  return `${JSON.stringify({ mediaType: CONFIG_TYPE, trustedRoot, signingConfig: config }, null, 1)}\n`;
}

async function besideOf(path: string): Promise<object | undefined> {
  const beside = join(dirname(path), 'signing_config.json');
  try {
    return parseProtoJson(await readTrustFile(beside), beside);
  } catch (error) {
    if (error instanceof ConfigError && /ENOENT|no such file/i.test(error.message))
      return undefined;
    throw error;
  }
}

/**
 * Keeps a copy of a trust file under its digest, so that a later change is noticed, and returns the path of the copy for
 * the setting. @throws ConfigError `TRUST_FILE` if the file cannot be read
 */
export async function keepTrustFile(
  { from, signingConfig }: { readonly from: string; readonly signingConfig: string | undefined },
  { settings, crypto, cwd }: Pick<GivenContext, 'settings' | 'crypto' | 'cwd'>,
): Promise<string> {
  const { trustCache, signingConfig: _other, ...rest } = settings;
  if (trustCache === undefined) throw noPlaceToKeep();
  const text = await wholeConfig(from, signingConfig, cwd);
  const path = join(trustCache, `${toHex(crypto.hash('sha256', utf8(text)))}.json`);
  try {
    await mkdir(trustCache, { recursive: true, mode: 0o700 });
    await writeWhole(path, text);
  } catch (error) {
    throw notKept(trustCache, error) ?? error;
  }
  const set: Settings = { ...rest, trustCache, trust: path };
  try {
    await Promise.all([loadTrust(set, crypto), loadSigningConfig(set)]);
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
