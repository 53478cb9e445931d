import { describe, expect, it } from 'vitest';
import {
  chooseServices,
  type ServiceSettings,
  searchableLog,
} from '../../src/services/choose-servers.ts';
import type { SigningConfig, SigningService } from '../../src/trust/signing-services.ts';

const NOW = 1_800_000_000;
const service = (url: string, majorApiVersion = 1, start = 0, end?: number): SigningService => ({
  url,
  majorApiVersion,
  validFor: { start, ...(end === undefined ? {} : { end }) },
  operator: url,
});
const CONFIG: SigningConfig = {
  source: 'test',
  caUrls: [service('https://ca')],
  oidcUrls: [service('https://issuer')],
  rekorTlogUrls: [service('https://log')],
  rekorTlogConfig: { selector: 'ANY' },
  tsaUrls: [service('https://tsa')],
  tsaConfig: { selector: 'ANY' },
};
const SETTINGS: ServiceSettings = { log: 'required', rekorMode: 'offline', timestamp: 'auto' };
const choose = (settings: Partial<ServiceSettings> = {}, config: Partial<SigningConfig> = {}) =>
  chooseServices({ ...SETTINGS, ...settings }, { ...CONFIG, ...config }, NOW);
const configError = expect.objectContaining({ code: 'CONFIG', exitCode: 2 });

describe('chooseServices', () => {
  it('the signing config names the servers, without a timestamp if the log vouches for the time', () => {
    expect(choose()).toEqual({
      issuerUrl: 'https://issuer',
      fulcioUrl: 'https://ca',
      log: { url: 'https://log', version: 1 },
    });
  });

  it('settings win over the signing config', () => {
    expect(
      choose({
        issuer: 'https://i',
        fulcioUrl: 'https://f',
        rekorUrl: 'https://r',
        rekorVersion: 2,
        timestampUrl: 'https://t',
      }),
    ).toEqual({
      issuerUrl: 'https://i',
      fulcioUrl: 'https://f',
      log: { url: 'https://r', version: 2 },
      timestampUrl: 'https://t',
    });
  });

  it('the newest valid service of the highest version is taken', () => {
    const rekorTlogUrls = [
      service('https://v1'),
      service('https://old', 2, 10),
      service('https://new', 2, 20),
      service('https://later', 2, NOW + 1),
      service('https://past', 2, 30, NOW - 1),
      service('https://unknown', 3, 40),
    ];
    expect(choose({}, { rekorTlogUrls }).log).toEqual({ url: 'https://new', version: 2 });
    expect(choose({ rekorVersion: 1 }, { rekorTlogUrls }).log).toEqual({
      url: 'https://v1',
      version: 1,
    });
    expect(choose({}, { rekorTlogUrls: [service('https://edge', 1, NOW, NOW)] }).log?.url).toBe(
      'https://edge',
    );
  });

  it('a service with an unknown API version is passed over, also if all operators are asked for (T09)', () => {
    const unknown = [service('https://known'), service('https://unknown', 9)];
    const ALL = { selector: 'ALL' } as const;
    const config = { caUrls: unknown, oidcUrls: unknown, rekorTlogUrls: unknown, tsaUrls: unknown };
    const chosen = choose(
      { timestamp: 'always' },
      { ...config, rekorTlogConfig: ALL, tsaConfig: ALL },
    );
    expect(chosen).toEqual({
      issuerUrl: 'https://known',
      fulcioUrl: 'https://known',
      log: { url: 'https://known', version: 1 },
      timestampUrl: 'https://known',
    });
    const two = [...unknown, service('https://second')];
    expect(() => choose({}, { rekorTlogUrls: two, rekorTlogConfig: ALL })).toThrow(configError);
    expect(() => choose({}, { caUrls: [service('https://unknown', 0)] })).toThrow(configError);
  });

  it('a timestamp is asked for if the setting says always, with v2, and if an authority is named', () => {
    const v2 = { rekorTlogUrls: [service('https://v2', 2)] };
    expect(choose({}, v2).timestampUrl).toBe('https://tsa');
    expect(choose({ timestamp: 'always' }).timestampUrl).toBe('https://tsa');
    expect(choose({ timestampUrl: 'https://mine' }).timestampUrl).toBe('https://mine');
    expect(() => choose({}, { ...v2, tsaUrls: [] })).toThrow(configError);
  });

  it.each<[string, Partial<ServiceSettings>, Partial<SigningConfig>]>([
    ['no CA', {}, { caUrls: [] }],
    ['no issuer', {}, { oidcUrls: [] }],
    ['no log', {}, { rekorTlogUrls: [] }],
    ['no log of the version asked for', { rekorVersion: 2 }, {}],
    ['an expired log only', {}, { rekorTlogUrls: [service('https://log', 1, 0, NOW - 1)] }],
    ['two logs where one fits', {}, { rekorTlogConfig: { selector: 'EXACT', count: 2 } }],
    [
      'all of several logs',
      {},
      {
        rekorTlogConfig: { selector: 'ALL' },
        rekorTlogUrls: [service('https://a'), service('https://b')],
      },
    ],
    [
      'two timestamps where one fits (R08 R10)',
      { timestamp: 'always' },
      { tsaConfig: { selector: 'EXACT', count: 2 } },
    ],
    [
      'timestamps of all of several authorities',
      { timestamp: 'always' },
      { tsaConfig: { selector: 'ALL' }, tsaUrls: [service('https://a'), service('https://b')] },
    ],
    [
      'a log that cannot be searched, for the online form',
      { rekorMode: 'online', rekorVersion: 2, rekorUrl: 'https://r' },
      {},
    ],
  ])('the signing config is refused: %s', (_name, settings, config) => {
    expect(() => choose(settings, config)).toThrow(configError);
  });
});

describe('several operators', () => {
  const all = { selector: 'ALL' } as const;
  it('services count only within their validity', () => {
    const past = service('https://past', 1, 0, NOW - 1);
    expect(
      choose({}, { rekorTlogConfig: all, rekorTlogUrls: [past, service('https://log')] }).log?.url,
    ).toBe('https://log');
  });
  it('services for timestamps do not matter if no timestamp is asked for', () => {
    const tsaUrls = [service('https://a'), service('https://b')];
    expect(choose({}, { tsaConfig: all, tsaUrls }).timestampUrl).toBeUndefined();
  });
});

describe('searchableLog', () => {
  it('the log of the online form is a v1 log, or none', () => {
    expect(searchableLog(SETTINGS, CONFIG, NOW)).toBe('https://log');
    expect(searchableLog({ ...SETTINGS, rekorUrl: 'https://r' }, CONFIG, NOW)).toBe('https://r');
    expect(
      searchableLog({ ...SETTINGS, rekorUrl: 'https://r', rekorVersion: 2 }, CONFIG, NOW),
    ).toBe('https://log');
    expect(
      searchableLog(SETTINGS, { ...CONFIG, rekorTlogUrls: [service('https://v2', 2)] }, NOW),
    ).toBeUndefined();
  });
});
