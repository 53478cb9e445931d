/** The order of publication, counted at the sandbox: what fails before the log is asked leaves no entry. */

import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { CmsOid, readArmor, readSignedData } from '../../src/core/cms/signed-data.ts';
import { ANYBODY } from '../../src/core/expected-account.ts';
import { createHttpClient } from '../../src/http/http.ts';
import { readIdentityToken } from '../../src/login/token-claims.ts';
import type { Intercept, Sandbox } from '../../src/sandbox/index.ts';
import { chooseServices } from '../../src/services/choose-servers.ts';
import type { SigningParts } from '../../src/signing/login.ts';
import type { SigningWatch } from '../../src/signing/publication.ts';
import { obtainCredential, signWithCredential } from '../../src/signing/sign.ts';
import { Secret } from '../../src/system/secret.ts';
import { scratchSandbox, useSandbox } from '../support/sandbox.ts';
import { COMMIT, type RequestOptions, signRequest } from '../support/signing.ts';

const sandbox = useSandbox();
afterEach(() => sandbox().intercept(undefined));

/** The services in the order in which they were asked. */
function asked(): readonly string[] {
  const names: string[] = [];
  sandbox().intercept((service) => {
    names.push(service);
    return undefined;
  });
  return names;
}

const entries = (): number => sandbox().parts.rekor.tree.size + sandbox().parts.rekorV2.tree.size;

interface More {
  readonly watch?: SigningWatch;
  /** Run when the certificate is there. */
  readonly before?: () => void;
  readonly at?: Sandbox;
}

/** One signature with a credential of its own, so that only what is asked after that is seen. */
async function sign(options: RequestOptions = {}, { watch, before, at = sandbox() }: More = {}) {
  const request = await signRequest(at, options);
  const { settings, signingConfig, env, now } = request;
  const { send, close } = createHttpClient();
  const parts: SigningParts = {
    ...request,
    send,
    services: chooseServices(settings, signingConfig, now()),
  };
  const token = new Secret(env['SIGSTORE_ID_TOKEN'] ?? '');
  const { clientId, issuer } = settings;
  const claims = readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() });
  try {
    const credential = await obtainCredential({ token, claims }, ANYBODY, parts);
    before?.();
    return await signWithCredential(COMMIT, credential, parts, watch);
  } finally {
    close();
  }
}

const V2: RequestOptions = { rekorVersion: 2 };
const STAMPED: Readonly<Record<string, RequestOptions>> = {
  'Rekor v1': { flags: { timestamp: 'always' } },
  'Rekor v1 by name': { flags: { timestamp: 'always', rekorMode: 'online' } },
  'Rekor v2': V2,
};
const forms = Object.entries(STAMPED).map(([form, options]) => ({ form, options }));

describe('publication', () => {
  it.each(forms)(
    '$form: the timestamp is asked for before the log is (R21)',
    async ({ form, options }) => {
      let order: readonly string[] = [];
      await sign(options, { before: () => (order = asked()) });
      expect(order).toEqual(['tsa', form === 'Rekor v2' ? 'rekorV2' : 'rekor']);
    },
  );

  it('where no timestamp is due the log is the only one that is asked', async () => {
    let order: readonly string[] = [];
    await sign({}, { before: () => (order = asked()) });
    expect(order).toEqual(['rekor']);
  });

  it.each(forms)(
    '$form: a timestamp authority that is down leaves no entry (R21)',
    async ({ options }) => {
      const before = entries();
      const down: Intercept = (service) => (service === 'tsa' ? { status: 503 } : undefined);
      const failed = sign(options, { before: () => sandbox().intercept(down) });
      await expect(failed).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
      expect(entries()).toBe(before);
    },
  );

  it('a timestamp authority that is not trusted leaves no entry (R21)', async () => {
    const other = await scratchSandbox();
    try {
      const before = entries();
      const failed = sign({ ...V2, flags: { timestampUrl: other.urls.tsa } });
      await expect(failed).rejects.toMatchObject({
        code: 'SELF_VERIFICATION',
      });
      expect(entries()).toBe(before);
    } finally {
      await other.close();
    }
  });

  it.each([
    ['slow', -3_600_000],
    ['fast', 3_600_000],
  ])('a timestamp authority whose clock is an hour %s leaves no entry (R21)', async (_name, by) => {
    let shift = 0;
    const at = await scratchSandbox({ clock: () => Date.now() + shift });
    try {
      await sign(V2, { at });
      const before = () => {
        shift = by;
      };
      await expect(sign(V2, { at, before })).rejects.toMatchObject({ code: 'SELF_VERIFICATION' });
      expect(at.parts.rekorV2.tree.size).toBe(1);
    } finally {
      await at.close();
    }
  });

  it.each([['Rekor v1 without a timestamp', {}], ...Object.entries(STAMPED)] as const)(
    '%s: what the caller throws before the log is asked leaves no entry (R21)',
    async (_form, options) => {
      const before = entries();
      const gone = new Error('the client has gone');
      const beforeLog = (): never => {
        throw gone;
      };
      await expect(sign(options, { watch: { beforeLog } })).rejects.toBe(gone);
      expect(entries()).toBe(before);
    },
  );

  it.each([['Rekor v1 without a timestamp', {}], ...Object.entries(STAMPED)] as const)(
    '%s: the signature is shown once, bare, while a server is asked',
    async (_form, options) => {
      const shown: string[] = [];
      const { signature } = await sign(options, {
        watch: { onSigned: (text) => shown.push(text) },
      });
      const read = (text: string) => readSignedData(readArmor(utf8(text))).signer;
      expect(shown).toHaveLength(1);
      expect(read(shown[0] ?? '').unsignedAttrs).toEqual([]);
      expect(read(shown[0] ?? '').signature).toEqual(read(signature).signature);
    },
  );

  it('a log that has the entry already is asked again with another signature, and another timestamp', async () => {
    let refused = 0;
    const conflict: Intercept = (service) => {
      if (service !== 'rekorV2' || refused > 0) return undefined;
      refused += 1;
      return { status: 409, body: '{}' };
    };
    const { signature } = await sign(V2, { before: () => sandbox().intercept(conflict) });
    expect(refused).toBe(1);
    const { unsignedAttrs } = readSignedData(readArmor(utf8(signature))).signer;
    expect(unsignedAttrs.map(({ oid }) => oid)).toEqual([
      CmsOid.transparencyLogEntry,
      CmsOid.timeStampToken,
    ]);
  });
});
