/**
 * Reads the services that belong to a trust root (application/vnd.dev.sigstore.signingconfig.v0.2+json). A setting names
 * the file, a ClientTrustConfig holds it, `signing_config.json` lies beside the trusted root, or the mirror serves it.
 * A private trust root never falls back to public services, because that would publish private signatures.
 */

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import {
  asList,
  asName,
  asObject,
  asTimeRange,
  fault,
  inside,
  type Place,
  parseProtoJson,
} from '../core/proto-json.ts';
import type { Settings } from '../settings/load.ts';
import { readNamedTrust, readTrustFile } from './named.ts';
import type { ServiceSelection, SigningConfig, SigningService } from './signing-services.ts';
import { type MirrorSource, publicGood, trustSourceOf } from './source.ts';
import { readState, SIGNING_CONFIG_TARGET } from './state-file.ts';

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.signingconfig\.v0\.2\+json$/;

/** Reads a uint32, given as a number or as decimal digits. Returns 0 if it is absent. */
function asCount(value: unknown, place: Place): number {
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (count === undefined) return 0;
  if (!Number.isSafeInteger(count) || (count as number) < 0) throw fault(place, 'a number');
  return count as number;
}

function asService(value: unknown, place: Place, isIssuer: boolean): SigningService {
  const { url, majorApiVersion, validFor, operator } = asObject(value, place);
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:/.test(url))
    throw fault(inside(place, 'url'), 'an http or https address');
  return {
    // an issuer is an identifier, so its last slash belongs to it
    url: isIssuer ? url : url.replace(/\/+$/, ''),
    majorApiVersion: asCount(majorApiVersion, inside(place, 'majorApiVersion')),
    validFor: { start: 0, ...asTimeRange(validFor, inside(place, 'validFor')) },
    operator: asName(operator),
  };
}

function asSelection(value: unknown, place: Place): ServiceSelection {
  if (value === undefined) return { selector: 'ANY' };
  const { selector, count } = asObject(value, place);
  if (selector !== 'ANY' && selector !== 'ALL' && selector !== 'EXACT')
    throw fault(inside(place, 'selector'), 'ANY, ALL or EXACT');
  if (count === undefined) return { selector };
  return { selector, count: asCount(count, inside(place, 'count')) };
}

/** Reads a signing config. @throws ConfigError TRUST_FILE with the place in the file */
export function parseSigningConfig(json: unknown, source: string): SigningConfig {
  const at = (key: string): Place => inside({ source, path: '' }, key);
  const config = asObject(json, { source, path: 'signingConfig' });
  const { mediaType } = config;
  if (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType))
    throw fault(at('mediaType'), 'that of a signing config v0.2');
  const services = (key: string): readonly SigningService[] =>
    asList(config[key], at(key), (item, place) => asService(item, place, key === 'oidcUrls'));
  const selection = (key: string): ServiceSelection => asSelection(config[key], at(key));
  return {
    source,
    caUrls: services('caUrls'),
    oidcUrls: services('oidcUrls'),
    rekorTlogUrls: services('rekorTlogUrls'),
    rekorTlogConfig: selection('rekorTlogConfig'),
    tsaUrls: services('tsaUrls'),
    tsaConfig: selection('tsaConfig'),
  };
}

function nothingFor(source: string): SigningConfig {
  const any = { selector: 'ANY' } as const;
  const none = { caUrls: [], oidcUrls: [], rekorTlogUrls: [], tsaUrls: [] };
  return { source, ...none, rekorTlogConfig: any, tsaConfig: any };
}

/** Returns the public-good instance's signing config, as its mirror served it when this version was released. */
async function builtIn(): Promise<SigningConfig> {
  const { PUBLIC_GOOD_SIGNING_CONFIG } = await import('./embedded.ts');
  const source = 'public-good (embedded)';
  return parseSigningConfig(parseProtoJson(PUBLIC_GOOD_SIGNING_CONFIG, source), source);
}

/** Reads the signing config that the mirror served last. */
async function fromMirror(source: MirrorSource, crypto: Crypto): Promise<SigningConfig> {
  const { anchor, name } = source;
  const isPublic = anchor.kind === 'embedded' && anchor.instance === 'public-good';
  const state = await readState(source);
  if (state === undefined) return isPublic ? builtIn() : nothingFor(name);
  const { proveState } = await import('./state.ts');
  const proven = await proveState(source, state, crypto);
  if (proven === undefined) return builtIn();
  const text = proven.state.files[SIGNING_CONFIG_TARGET];
  if (text === undefined) return isPublic ? builtIn() : nothingFor(name);
  const says = `${name} (mirror)`;
  return parseSigningConfig(parseProtoJson(text, says), says);
}

/** Returns public services, without those whose answers a key file replaces the keys of. */
async function withKeyFiles(settings: Settings, crypto: Crypto): Promise<SigningConfig> {
  const { fulcioRoot, ctLogPublicKey, rekorPublicKey, timestampCertChain } = settings;
  return {
    ...(await fromMirror(publicGood(settings, crypto), crypto)),
    ...(fulcioRoot === undefined && ctLogPublicKey === undefined ? {} : { caUrls: [] }),
    ...(rekorPublicKey === undefined ? {} : { rekorTlogUrls: [] }),
    ...(timestampCertChain === undefined ? {} : { tsaUrls: [] }),
  };
}

async function besideTrust(
  path: string,
  settings: Settings,
  crypto: Crypto,
): Promise<SigningConfig> {
  const json = parseProtoJson(await readNamedTrust(path, settings, crypto), path);
  if ('signingConfig' in json) return parseSigningConfig(json.signingConfig, path);
  const beside = join(dirname(path), 'signing_config.json');
  if (statSync(beside, { throwIfNoEntry: false })?.isFile() !== true) return nothingFor(path);
  return parseSigningConfig(parseProtoJson(await readTrustFile(beside), beside), beside);
}

/** Reads the signing configuration of the trust root in force. @throws ConfigError TRUST_FILE */
export async function signingConfigFor(settings: Settings, crypto: Crypto): Promise<SigningConfig> {
  const { signingConfig } = settings;
  if (signingConfig !== undefined) {
    const json = parseProtoJson(await readTrustFile(signingConfig), signingConfig);
    return parseSigningConfig(json, signingConfig);
  }
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'file') return besideTrust(source.path, settings, crypto);
  return source.kind === 'mirror' ? fromMirror(source, crypto) : withKeyFiles(settings, crypto);
}
