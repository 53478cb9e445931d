/**
 * Verifies one commit with the library: bytes in, verdict out.
 *
 *   git cat-file commit HEAD | node verify-commit.ts TRUSTED_ROOT.json $(git rev-parse HEAD) EMAIL ISSUER
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nodeCrypto, parseTrustedRoot, policyFromData, verifyObject } from 'git-signet';

const [root = '', id = '', identity = '', issuer = ''] = process.argv.slice(2);
const trust = parseTrustedRoot(readFileSync(root, 'utf8'), root, nodeCrypto);
const rules = { version: 1, signers: [{ name: 'me', identity, issuer }] };
const digest = createHash('sha256').update(JSON.stringify(rules)).digest('hex');
const policy = policyFromData(rules, 'my rules', digest, (path) => path.join('.'));

const verdict = await verifyObject(
  { id, type: 'commit', raw: readFileSync(0), format: id.length === 40 ? 'sha1' : 'sha256' },
  { crypto: nodeCrypto, trust, policy, now: Math.floor(Date.now() / 1000) },
);
console.log(
  verdict.status === 'verified'
    ? `${verdict.status} ${verdict.rule}`
    : `${verdict.status} ${verdict.code}`,
);
process.exitCode = verdict.status === 'verified' ? 0 : 1;
