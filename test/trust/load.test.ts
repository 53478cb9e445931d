import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embeddedModules } from '../../scripts/embed-trust.ts';
import { loadSettings, type Settings } from '../../src/settings/load.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { loadSigningConfig, loadTrust } from '../../src/trust/load.ts';
import { parseSigningConfig } from '../../src/trust/signing-config.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const vectors = fileURLToPath(new URL('../vectors/gitsign/trust/', import.meta.url));
const home = scratchDirectory('trust');
const settings = (more: Partial<Record<keyof Settings, string>> = {}) =>
  loadSettings({
    env: {},
    cwd: home,
    gitConfig: '',
    flags: more as Partial<Record<never, string>>,
  });
const trust = async (more?: Partial<Record<keyof Settings, string>>) =>
  loadTrust(await settings(more), nodeCrypto);
const signing = async (more?: Partial<Record<keyof Settings, string>>) =>
  loadSigningConfig(await settings(more));
const text = (name: string): string => readFileSync(join(vectors, name), 'utf8');

describe('the built-in root', () => {
  it('the built-in root equals the one in the pinned version of @sigstore/tuf', () => {
    for (const [path, text] of Object.entries(embeddedModules())) {
      const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
      expect(readFileSync(file, 'utf8'), path).toBe(text);
    }
  });
  it('the built-in root names two CAs, two CT logs, Rekor v1 and a TSA', async () => {
    const material = await trust();
    expect(material.source).toBe('public-good (embedded)');
    expect(material.certificateAuthorities).toHaveLength(2);
    expect(material.ctLogs).toHaveLength(2);
    expect(material.timestampAuthorities).toHaveLength(1);
    expect(material.tlogs.map((log) => log.baseUrl)).toContain('https://rekor.sigstore.dev');
  });
  it('the built-in root goes with the public services', async () => {
    const config = await signing();
    expect(config.caUrls.map(({ url }) => url)).toEqual(['https://fulcio.sigstore.dev']);
    expect(config.oidcUrls.map(({ url }) => url)).toEqual(['https://oauth2.sigstore.dev/auth']);
  });
});

describe('a trust file', () => {
  const root = join(vectors, 'trusted_root.json');
  it('a trust file replaces the built-in root', async () => {
    const material = await trust({ trust: root });
    expect([material.source, material.certificateAuthorities.length]).toEqual([root, 1]);
  });
  it('a trust file wins over key files', async () => {
    expect((await trust({ trust: root, fulcioRoot: '/nowhere' })).source).toBe(root);
  });
  it('a trust file goes with the signing config beside it', async () => {
    const config = await signing({ trust: root });
    expect(config.source).toBe(join(vectors, 'signing_config.json'));
    expect(config.caUrls[0]?.url).toBe('http://127.0.0.1:18809');
  });
  it('a trust file goes with the signing config that a setting names', async () => {
    const named = join(vectors, 'signing_config_rekor_v2.json');
    expect(
      (await signing({ trust: root, signingConfig: named })).rekorTlogUrls[0]?.majorApiVersion,
    ).toBe(2);
  });
  it('a trust file alone goes with no services, never with the public ones', async () => {
    const alone = join(home, 'root.json');
    copyFileSync(root, alone);
    const config = await signing({ trust: alone });
    expect([config.caUrls, config.oidcUrls, config.rekorTlogUrls, config.tsaUrls]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
  it('a trust file may hold trusted root and signing config (ClientTrustConfig)', async () => {
    const both = join(home, 'client.json');
    const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
    const parts = {
      trustedRoot: JSON.parse(text('trusted_root.json')),
      signingConfig: JSON.parse(text('signing_config.json')),
    };
    writeFileSync(both, JSON.stringify({ mediaType, ...parts }));
    expect((await trust({ trust: both })).tlogs.length).toBeGreaterThan(0);
    expect((await signing({ trust: both })).caUrls[0]?.url).toBe('http://127.0.0.1:18809');
  });
  it.each([
    ['that is not there', '/nowhere/root.json', /ENOENT|no such file/],
    ['that is a folder', home, /EISDIR|illegal/],
    ['that is no JSON', join(vectors, 'rekor.pub'), /not JSON/],
    [
      'of another kind',
      join(vectors, 'signing_config.json'),
      /mediaType is not that of a trusted root/,
    ],
  ])('a trust file that is %s is an error with exit code 2', async (_name, path, says) => {
    await expect(trust({ trust: path })).rejects.toMatchObject({
      code: 'TRUST_FILE',
      exitCode: 2,
      message: expect.stringMatching(says),
    });
  });
});

describe("gitsign's key files", () => {
  const files = {
    fulcioRoot: join(vectors, 'fulcio-chain.pem'),
    rekorPublicKey: join(vectors, 'rekor.pub'),
    ctLogPublicKey: join(vectors, 'ctlog.pub'),
  };
  it('key files make a trust root', async () => {
    const material = await trust(files);
    expect(
      [material.certificateAuthorities, material.tlogs, material.ctLogs].map((list) => list.length),
    ).toEqual([1, 1, 1]);
    expect(material.timestampAuthorities).toEqual([]);
    expect(material.source).not.toContain('public-good');
  });
  it('key files take missing parts from the built-in root, as gitsign does', async () => {
    const mixed = await trust({ fulcioRoot: files.fulcioRoot });
    const own = await trust(files);
    const publicGood = await trust();
    expect(mixed.certificateAuthorities).toEqual(own.certificateAuthorities);
    expect(mixed.tlogs).toEqual(publicGood.tlogs);
    expect(mixed.source).toContain('public-good');
    expect(new Set([mixed.digest, own.digest, publicGood.digest]).size).toBe(3);
  });
  it('key files never go with the public service that they replace', async () => {
    const config = await signing(files);
    expect([config.caUrls, config.rekorTlogUrls]).toEqual([[], []]);
    expect(config.oidcUrls).toHaveLength(1);
  });
  it('key files without a key are an error', async () => {
    await expect(trust({ ...files, rekorPublicKey: files.fulcioRoot })).rejects.toMatchObject({
      code: 'TRUST_FILE',
    });
  });
});

describe('a signing config', () => {
  const valid = JSON.parse(text('signing_config.json')) as Record<string, unknown>;
  const service = {
    url: 'https://x.test/',
    majorApiVersion: 1,
    validFor: { start: '2020-01-01T00:00:00Z' },
  };
  it('a signing config is read with its dates', () => {
    const { caUrls } = parseSigningConfig({ ...valid, caUrls: [service] }, 'x');
    expect(caUrls).toEqual([
      {
        url: 'https://x.test',
        majorApiVersion: 1,
        validFor: { start: 1_577_836_800 },
        operator: '',
      },
    ]);
  });
  it('a signing config keeps an issuer exactly as it is written', () => {
    expect(parseSigningConfig({ ...valid, oidcUrls: [service] }, 'x').oidcUrls[0]?.url).toBe(
      'https://x.test/',
    );
  });
  it.each<[string, object, string]>([
    [
      'version 0.1',
      { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' },
      'mediaType',
    ],
    ['no list', { caUrls: {} }, 'caUrls'],
    ['no address', { caUrls: [{ ...service, url: 'ftp://x' }] }, 'caUrls[0].url'],
    ['no version', { caUrls: [{ ...service, majorApiVersion: 'one' }] }, 'majorApiVersion'],
    ['no time', { caUrls: [{ ...service, validFor: { start: 'x' } }] }, 'validFor.start'],
    [
      'a time without its zone',
      { caUrls: [{ ...service, validFor: { start: '2020-01-01T00:00:00' } }] },
      'validFor.start',
    ],
    ['half a version', { caUrls: [{ ...service, majorApiVersion: 1.5 }] }, 'majorApiVersion'],
    ['another selector', { tsaConfig: { selector: 'SOME' } }, 'tsaConfig.selector'],
  ])('a signing config with %s is an error that names the place', (_name, change, place) => {
    const read = () => parseSigningConfig({ ...valid, ...change }, 'x');
    expect(read).toThrow(place);
    expect(read).toThrow(expect.objectContaining({ code: 'TRUST_FILE' }));
  });

  it('a signing config takes null as absent, in every field (T10)', async () => {
    const nulled = join(home, 'nulls.json');
    const operator = null;
    const validFor = { ...service.validFor, end: null };
    const caUrls = [{ ...service, operator, validFor }];
    const absent = { oidcUrls: null, tsaUrls: null, rekorTlogConfig: null, tsaConfig: null };
    writeFileSync(nulled, JSON.stringify({ ...valid, ...absent, caUrls }));
    const config = await signing({ signingConfig: nulled });
    expect(config).toMatchObject({
      ...parseSigningConfig({ ...valid, caUrls: [service] }, nulled),
      ...{ oidcUrls: [], tsaUrls: [] },
    });
  });
  it('a signing config may write a version as protobuf JSON does, and an absent one is 0 (T10)', () => {
    const { majorApiVersion: _, ...unversioned } = service;
    const caUrls = [{ ...service, majorApiVersion: '2' }, unversioned];
    const config = parseSigningConfig({ ...valid, caUrls }, 'x');
    expect(config.caUrls.map(({ majorApiVersion }) => majorApiVersion)).toEqual([2, 0]);
  });
});
