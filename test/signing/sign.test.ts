import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { CmsOid, readArmor, readSignedData } from '../../src/core/cms/signed-data.ts';
import { logLookupOf } from '../../src/core/log-lookup.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { createHttpClient } from '../../src/http/http.ts';
import { createLogFinder } from '../../src/services/rekor-search.ts';
import { type SignRequest, signPayload } from '../../src/signing/sign.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, fakeTerminal, type RequestOptions, signRequest, TAG } from '../support/signing.ts';
import { malformedPayloads, unsignable } from '../support/unsignable.ts';

const sandbox = useSandbox();

const verify = (
  payload: Uint8Array,
  armor: string,
  { crypto, trust, now }: SignRequest,
  found?: Parameters<typeof verifyDetached>[3],
) => verifyDetached(payload, utf8(armor), { crypto, trust, now: now() }, found);

async function sign(payload: Uint8Array, options: RequestOptions = {}) {
  const request = await signRequest(sandbox(), options);
  return { request, result: await signPayload(payload, request) };
}

const oids = (armor: string) =>
  readSignedData(readArmor(utf8(armor))).signer.unsignedAttrs.map(({ oid }) => oid);

describe('signPayload', () => {
  it.each([
    ['a commit', COMMIT],
    ['a tag', TAG],
  ])('a signature of %s verifies as alice', async (_name, payload) => {
    const { request, result } = await sign(payload);
    expect(result).toMatchObject({
      identity: 'alice@example.test',
      issuer: sandbox().urls.issuer,
      publicKeyAlgorithm: 19,
      certificateHashAlgorithm: 9,
    });
    expect(oids(result.signature)).toEqual([CmsOid.transparencyLogEntry]);
    expect(await verify(payload, result.signature, request)).toMatchObject({
      status: 'verified',
      signer: { value: 'alice@example.test' },
      certificate: { sha1: result.certificateSha1 },
      logEntry: { logIndex: result.logIndex, kindVersion: 'hashedrekord 0.0.1' },
      times: [{ source: 'rekor' }],
    });
    const other = Buffer.concat([payload, Buffer.from('x')]);
    expect(await verify(other, result.signature, request)).toMatchObject({
      status: 'refused',
      check: 'content',
    });
  });

  it('stamps what goes to a log that vouches for no time', async () => {
    const { request, result } = await sign(COMMIT, { rekorVersion: 2 });
    expect(oids(result.signature)).toEqual([CmsOid.transparencyLogEntry, CmsOid.timeStampToken]);
    expect(await verify(COMMIT, result.signature, request)).toMatchObject({
      status: 'verified',
      logEntry: { kindVersion: 'hashedrekord 0.0.2' },
      times: [{ source: 'timestamp-authority' }],
    });
  });

  it('a slow server is named while signing waits (O18)', async () => {
    const terminal = fakeTerminal();
    const slowly = async (): Promise<undefined> => {
      await new Promise((resolve) => setTimeout(resolve, 3300));
    };
    sandbox().intercept((service) => (service === 'rekor' ? slowly() : undefined));
    await sign(COMMIT, { terminal });
    sandbox().intercept(() => undefined);
    await sign(COMMIT, { terminal });
    const { host } = new URL(sandbox().urls.rekor);
    expect(terminal.lines.filter((line) => line.includes('waiting'))).toEqual([
      `waiting for the log (${host}, up to 30 s)`,
    ]);
  });

  it('a timestamp is asked for if the setting says always, and not otherwise', async () => {
    const { request, result } = await sign(COMMIT, { flags: { timestamp: 'always' } });
    expect(await verify(COMMIT, result.signature, request)).toMatchObject({
      status: 'verified',
      times: [{ source: 'rekor' }, { source: 'timestamp-authority' }],
    });
    const before = sandbox().requests.tsa;
    await sign(COMMIT);
    expect(sandbox().requests.tsa).toBe(before);
  });

  it.each([
    ['commit', COMMIT],
    ['tag', TAG],
  ])('a %s in gitsign’s online form is found in the log', async (_name, payload) => {
    const { request, result } = await sign(payload, { flags: { rekorMode: 'online' } });
    expect(oids(result.signature)).toEqual([]);
    expect(await verify(payload, result.signature, request)).toMatchObject({
      code: 'log-entry-absent',
    });
    const lookup = logLookupOf(payload, utf8(result.signature), request.crypto);
    const { send, close } = createHttpClient();
    const finder = createLogFinder({
      crypto: request.crypto,
      log: async () => ({ send, rekorUrl: sandbox().urls.rekor }),
    });
    const found = await finder.find(lookup!);
    close();
    expect(await verify(payload, result.signature, request, found)).toMatchObject({
      status: 'verified',
      logEntry: { logIndex: result.logIndex },
    });
  });

  it('the online form is refused with a log that cannot be searched', async () => {
    await expect(
      sign(COMMIT, { rekorVersion: 2, flags: { rekorMode: 'online' } }),
    ).rejects.toMatchObject({
      code: 'CONFIG',
    });
  });

  it.each([...unsignable, ...malformedPayloads])(
    'what no verifier would take is not signed in place, and no request leaves: $name (D28)',
    async ({ payload, names }) => {
      const before = { ...sandbox().requests };
      await expect(sign(Buffer.from(payload))).rejects.toMatchObject({
        ...{ code: 'USAGE', exitCode: 2 },
        message: expect.stringMatching(names),
      });
      expect(sandbox().requests).toEqual(before);
    },
  );

  it('the identity and its source are said, quiet or not (O15)', async () => {
    const terminal = fakeTerminal();
    const { result } = await sign(COMMIT, { terminal });
    expect(terminal.lines).toEqual(['identity from SIGSTORE_ID_TOKEN: alice@example.test']);
    expect(result.freshLogin).toBe(false);
  });

  it.each<[string, object, RequestOptions['flags']]>([
    ['expired token (O09)', { expiresIn: -120 }, {}],
    ['wrong audience (O09)', { audience: 'other' }, {}],
    ['unverified e-mail (O09)', { emailVerified: false }, {}],
    ['another issuer (O09)', { issuer: 'https://other.example' }, {}],
    ['another account (O13)', {}, { identity: 'bob@example.test' }],
    ['another committer (O13)', { email: 'bob@example.test' }, { matchCommitter: 'yes' }],
  ])('%s: no request leaves', async (_name, claims, flags) => {
    const before = { ...sandbox().requests };
    const token = await sandbox().mintToken(claims);
    const failure = sign(COMMIT, { env: { SIGSTORE_ID_TOKEN: token }, flags });
    await expect(failure).rejects.toMatchObject({ exitCode: 4 });
    expect(sandbox().requests).toEqual(before);
  });
});
