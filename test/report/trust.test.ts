import { describe, expect, it } from 'vitest';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import { type TrustFacts, trustJson, trustText } from '../../src/report/trust.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { ext, general, Oid, swap } from '../support/forge/x509.ts';
import { forge, type Json, type Overrides, T0 } from '../support/forge.ts';

const facts = (change: (json: Json) => void = () => undefined, of: Overrides = {}): TrustFacts => {
  const json = structuredClone(forge(of).trustedRoot);
  change(json);
  const trust = parseTrustedRoot(JSON.stringify(json), 'root.json', nodeCrypto);
  return { crypto: nodeCrypto, trust, chosenBy: [], services: [], unspoken: [], now: T0 };
};
const leftOut = (shown: TrustFacts): Json[] => (trustJson(shown) as Json).leftOut;
const HEAD = 'left out (listed, but without effect)';

describe('what trust show lists as left out', () => {
  it('a trust root that is used whole lists nothing as left out', () => {
    expect(leftOut(facts())).toEqual([]);
    expect(trustText(facts())).not.toContain('left out');
  });

  it('a log of an unknown kind is left out, and not among the trusted ones (T09)', () => {
    const shown = facts((json) => (json.tlogs[0].publicKey.keyDetails = 'ML_DSA_65\u001b[31m'));
    const text = trustText(shown);
    const [trusted = '', left = ''] = text.split(HEAD);
    expect(trusted).not.toContain('https://rekor.forge.test');
    expect(left).toMatch(
      /log {2}its key is of kind ML_DSA_65.*, and this program does not verify with that {2}[0-9a-f]{16} {2}https:\/\/rekor\.forge\.test\n/,
    );
    expect(text).not.toContain('\u001b');
    expect(leftOut(shown)).toMatchObject([{ kind: 'log', id: /^[0-9a-f]{64}$/.exec(idOf())?.[0] }]);
  });
  const idOf = (): string =>
    Buffer.from(forge().trustedRoot.tlogs[0].logId.keyId, 'base64').toString('hex');

  it('a log whose validity has no start is left out (T10)', () => {
    const shown = facts((json) => delete json.ctlogs[0].publicKey.validFor);
    expect(leftOut(shown)).toMatchObject([
      { kind: 'CT log', name: 'https://ct.forge.test', why: expect.stringContaining('validFor') },
    ]);
  });

  it('a CA with name constraints is left out, with the name of the certificate that has them (X15)', () => {
    const constraints = ext.nameConstraints(general.email('forge.test'), false);
    const shown = facts(undefined, {
      intermediate: (spec) => ({
        ...spec,
        extensions: swap(spec.extensions, Oid.nameConstraints, constraints),
      }),
    });
    expect(leftOut(shown)).toMatchObject([
      {
        kind: 'CA',
        name: 'https://fulcio.forge.test',
        why: expect.stringMatching(/intermediate.* has name constraints, and this program/),
      },
    ]);
    expect(trustJson(shown)).toMatchObject({ certificateAuthorities: [] });
  });

  it('a service with an unknown API version is left out (T09)', () => {
    const row = { kind: 'log', name: 'https://v9.test', id: '', why: 'API version 9' };
    const shown = { ...facts(), unspoken: [row] };
    expect(leftOut(shown)).toEqual([row]);
    expect(trustText(shown)).toContain(`${HEAD}\n  log  API version 9`);
  });
});
