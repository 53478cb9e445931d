/** A repository of which the monitor asks what it explains, and the entries of signatures as logs hold them. */

import { createHash } from 'node:crypto';
import { utf8 } from '../../src/core/bytes.ts';
import { knownSignatures } from '../../src/monitor/repositories.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import type { IssuedSignature } from '../../src/sandbox/issue-signature.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { bodyV1, bodyV2, type LoggedRecord } from './forge/log.ts';
import { scratchRepository } from './git-repository.ts';

/** Hex SHA-256. */
export const sha256 = (...parts: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');

/** The entry of a signature, as a log holds it. */
export function entryOf(
  { signedAttributes, signature, certificate }: IssuedSignature,
  version: 1 | 2 = 1,
) {
  const digest = createHash('sha256').update(signedAttributes).digest();
  return entry({ digest, signature, certificateDer: certificate }, version);
}

/** The entry of a hashedrekord. */
export function entry(record: LoggedRecord, version: 1 | 2 = 1) {
  return entryWith(record, (version === 1 ? bodyV1 : bodyV2)(record));
}

/** The entry of a signature, with this body. */
export function entryWith(record: LoggedRecord, body: Uint8Array) {
  const certificate = {
    sha256: sha256(record.certificateDer),
    sha1: '',
    notBefore: 0,
    notAfter: 0,
  };
  const digest = Buffer.from(record.digest).toString('hex');
  return { leaf: sha256(Uint8Array.of(0), body), digest, certificate };
}

/** Makes the repository. Alice is watched. */
export function explainedRepository(name: string) {
  const repository = scratchRepository(name);
  const treeOf = (mode: string, name: string, id: string): string =>
    repository.write('tree', Buffer.concat([utf8(`${mode} ${name}\0`), Buffer.from(id, 'hex')]));
  const commitOf = (tree: string, parent?: string): string =>
    repository.write(
      'commit',
      utf8(
        `tree ${tree}\n${parent === undefined ? '' : `parent ${parent}\n`}author A <a@a.test> 1 +0000\ncommitter A <a@a.test> 1 +0000\n\nattest\n`,
      ),
    );

  const known = () =>
    knownSignatures([repository.path], {
      crypto,
      watch: watchFor([namedRule('alice@example.test')]),
      env: repository.env,
      cwd: '/',
    });

  return { repository, treeOf, commitOf, known };
}
