/**
 * The services that go with a trust root (application/vnd.dev.sigstore.signingconfig.v0.2+json): named, or inside
 * a ClientTrustConfig, or `signing_config.json` beside the trusted root, or what the mirror serves beside its own.
 * A private trust root never falls back to public services: that would publish what was meant to stay private.
 */

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import type { ValidityWindow } from '../core/trust/trust-material.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from './config.ts';
import { type MirrorSource, publicGood, trustSourceOf } from './trust-source.ts';
import { readState, SIGNING_CONFIG_TARGET } from './trust-state-file.ts';
import {
  parseJson,
  readNamedTrust,
  readTrustFile,
  type ServiceSelection,
  type SigningConfig,
  type SigningService,
} from './trust-store.ts';

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.signingconfig\.v0\.2\+json$/;

function fault(source: string, place: string, expected: string): ConfigError {
  return new ConfigError(`${source}: ${place} is not ${expected}`, { code: 'TRUST_FILE' });
}

function asTime(value: unknown, source: string, place: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw fault(source, place, 'an RFC 3339 time');
  return Math.floor(time / 1000);
}

function asWindow(value: unknown, source: string, place: string): ValidityWindow {
  if (value === undefined) return { start: 0 };
  if (typeof value !== 'object' || value === null) throw fault(source, place, 'a time window');
  const { start, end } = value as { start?: unknown; end?: unknown };
  return {
    start: start === undefined ? 0 : asTime(start, source, `${place}.start`),
    ...(end === undefined ? {} : { end: asTime(end, source, `${place}.end`) }),
  };
}

function asService(value: unknown, source: string, place: string): SigningService {
  if (typeof value !== 'object' || value === null) throw fault(source, place, 'a service');
  const { url, majorApiVersion, validFor, operator } = value as Readonly<Record<string, unknown>>;
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:/.test(url)) {
    throw fault(source, `${place}.url`, 'an http or https address');
  }
  if (typeof majorApiVersion !== 'number')
    throw fault(source, `${place}.majorApiVersion`, 'a number');
  return {
    // an issuer is an identifier: its last slash belongs to it
    url: place.startsWith('oidcUrls') ? url : url.replace(/\/+$/, ''),
    majorApiVersion,
    validFor: asWindow(validFor, source, `${place}.validFor`),
    operator: typeof operator === 'string' ? operator : '',
  };
}

function asSelection(value: unknown, source: string, place: string): ServiceSelection {
  if (value === undefined) return { selector: 'ANY' };
  const { selector, count } = (value ?? {}) as { selector?: unknown; count?: unknown };
  if (selector !== 'ANY' && selector !== 'ALL' && selector !== 'EXACT') {
    throw fault(source, `${place}.selector`, 'ANY, ALL or EXACT');
  }
  return { selector, ...(typeof count === 'number' ? { count } : {}) };
}

/** Reads a signing config. @throws ConfigError TRUST_FILE, naming the place in the file */
export function parseSigningConfig(json: unknown, source: string): SigningConfig {
  if (typeof json !== 'object' || json === null) throw fault(source, 'signingConfig', 'an object');
  const config = json as Readonly<Record<string, unknown>>;
  const { mediaType } = config;
  if (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)) {
    throw fault(source, 'mediaType', 'that of a signing config v0.2');
  }
  const services = (key: string): readonly SigningService[] => {
    const list = config[key] ?? [];
    if (!Array.isArray(list)) throw fault(source, key, 'a list');
    return list.map((item: unknown, index) => asService(item, source, `${key}[${index}]`));
  };
  return {
    source,
    caUrls: services('caUrls'),
    oidcUrls: services('oidcUrls'),
    rekorTlogUrls: services('rekorTlogUrls'),
    rekorTlogConfig: asSelection(config.rekorTlogConfig, source, 'rekorTlogConfig'),
    tsaUrls: services('tsaUrls'),
    tsaConfig: asSelection(config.tsaConfig, source, 'tsaConfig'),
  };
}

function nothingFor(source: string): SigningConfig {
  const any = { selector: 'ANY' } as const;
  const none = { caUrls: [], oidcUrls: [], rekorTlogUrls: [], tsaUrls: [] };
  return { source, ...none, rekorTlogConfig: any, tsaConfig: any };
}

/** The public-good instance's, as its mirror served it when this was released. */
async function builtIn(): Promise<SigningConfig> {
  const { PUBLIC_GOOD_SIGNING_CONFIG } = await import('./embedded-trust.ts');
  const source = 'public-good (embedded)';
  return parseSigningConfig(parseJson(PUBLIC_GOOD_SIGNING_CONFIG, source), source);
}

/** What the mirror served last beside its trusted root. */
async function fromMirror(source: MirrorSource, crypto: Crypto): Promise<SigningConfig> {
  const { anchor, name } = source;
  const isPublic = anchor.kind === 'embedded' && anchor.instance === 'public-good';
  const state = readState(source);
  if (state === undefined) return isPublic ? builtIn() : nothingFor(name);
  const { proveState } = await import('./trust-state.ts');
  const proven = await proveState(source, state, crypto);
  if (proven === undefined) return builtIn();
  const text = proven.state.files[SIGNING_CONFIG_TARGET];
  if (text === undefined) return isPublic ? builtIn() : nothingFor(name);
  const says = `${name} (mirror)`;
  return parseSigningConfig(parseJson(text, says), says);
}

/** Beside key files: public services, except where a key file replaces what would vouch for their answers. */
async function withKeyFiles(settings: Settings, crypto: Crypto): Promise<SigningConfig> {
  const { fulcioRoot, ctLogPublicKey, rekorPublicKey, timestampCertChain } = settings;
  return {
    ...(await fromMirror(publicGood(settings, crypto), crypto)),
    ...(fulcioRoot === undefined && ctLogPublicKey === undefined ? {} : { caUrls: [] }),
    ...(rekorPublicKey === undefined ? {} : { rekorTlogUrls: [] }),
    ...(timestampCertChain === undefined ? {} : { tsaUrls: [] }),
  };
}

function besideTrust(path: string, settings: Settings, crypto: Crypto): SigningConfig {
  const json = parseJson(readNamedTrust(path, settings, crypto), path);
  if ('signingConfig' in json) return parseSigningConfig(json.signingConfig, path);
  const beside = join(dirname(path), 'signing_config.json');
  if (statSync(beside, { throwIfNoEntry: false })?.isFile() !== true) return nothingFor(path);
  return parseSigningConfig(parseJson(readTrustFile(beside), beside), beside);
}

/** The signing configuration that goes with the trust in force. @throws ConfigError TRUST_FILE */
export async function signingConfigFor(settings: Settings, crypto: Crypto): Promise<SigningConfig> {
  const { signingConfig } = settings;
  if (signingConfig !== undefined) {
    const json = parseJson(readTrustFile(signingConfig), signingConfig);
    return parseSigningConfig(json, signingConfig);
  }
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'file') return besideTrust(source.path, settings, crypto);
  return source.kind === 'mirror' ? fromMirror(source, crypto) : withKeyFiles(settings, crypto);
}
