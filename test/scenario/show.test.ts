/** `show`: each format, and what cannot be shown. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { vector } from '../support/gitsign-vectors.ts';
import { commitPayload, signet, withSignature } from '../support/verify-scenario.ts';

const write = (repository: ScratchRepository, file: string): string => {
  const { type, raw } = vector(file);
  return repository.write(type, raw);
};

function repositoryWith(file = 'offline/01-plain.commit') {
  const repository = scratchRepository('show');
  const id = write(repository, file);
  return { repository, id };
}

const show = (repository: ScratchRepository, ...args: string[]) =>
  signet(repository, ['show', ...args]);

describe('show', () => {
  it('show prints signer, certificate and log entry, and says that nothing was checked', async () => {
    const { repository, id } = repositoryWith();
    const { out, exit } = await show(repository, id);
    expect(exit).toBe(0);
    expect(out).toContain('identity        alice@example.test (email)\n');
    expect(out).toContain('SHA-1 3655065d0bbdc83e6b191c0a635ba000e40e0b1e\n');
    expect(out).toContain('O=loopback.test, CN=loopback-intermediate\n');
    expect(out).toContain('log entry       95, hashedrekord 0.0.1\n');
    expect(out).toContain(`and it was not checked\n  git signet verify ${id}\n`);
  });

  it('show takes HEAD, a tag by its name, and a commit through a tag', async () => {
    const repository = scratchRepository('show');
    const tag = write(repository, 'tags/01-offline.tag');
    const target = repository.must('rev-parse', `${tag}^{object}`).slice(0, 40);
    expect(target).toMatch(/^[0-9a-f]{40}$/);
    const commit = write(repository, 'offline/01-plain.commit');
    repository.must('update-ref', 'refs/tags/v1', tag);
    repository.must('update-ref', 'refs/heads/main', commit);
    const first = async (...args: string[]) => (await show(repository, ...args)).out.split('\n')[0];
    expect(await first()).toMatch(new RegExp(`^commit +${commit}$`));
    expect(await first('v1')).toMatch(new RegExp(`^tag +${tag}$`));
    expect(await first('refs/tags/v1')).toMatch(new RegExp(`^tag +${tag}$`));
  });

  it.each([
    'offline/01-plain.commit',
    'online/01-plain.commit',
    'tsa/01-offline-immediate.commit',
    'rekor2/01-offline.commit',
    'tags/03-offline-utf8.tag',
  ])('json of %s', async (file) => {
    const { repository, id } = repositoryWith(file);
    const { out, exit } = await show(repository, '--format', 'json', id);
    expect(exit).toBe(0);
    const said = JSON.parse(out) as Record<string, unknown>;
    expect(said).toMatchObject({
      schemaVersion: 1,
      objectId: id,
      claimedSigner: { value: 'alice@example.test' },
    });
    expect('logEntry' in said).toBe(!file.startsWith('online/'));
    expect('timestamp' in said).toBe(file.startsWith('tsa/'));
  });

  it('show --format pem prints only the certificate', async () => {
    const { repository, id } = repositoryWith();
    const { out } = await show(repository, '--format', 'pem', id);
    const fingerprint = new X509Certificate(out).fingerprint.replaceAll(':', '').toLowerCase();
    expect(fingerprint).toBe('3655065d0bbdc83e6b191c0a635ba000e40e0b1e');
    expect(out).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n$/);
  });

  it('show --format intoto names the remote without credentials (F7)', async () => {
    const { repository, id } = repositoryWith();
    repository.must('config', 'remote.origin.url', 'https://alice:secret@example.test/a.git');
    repository.must('config', 'remote.other.url', 'https://example.test/other');
    const name = async (...args: string[]) => {
      const { out } = await show(repository, '--format', 'intoto', ...args, id);
      expect(out).not.toContain('secret');
      return (JSON.parse(out) as { subject: { name?: string }[] }).subject[0]?.name;
    };
    expect(await name()).toBe('https://example.test/a.git');
    expect(await name('--remote', 'other')).toBe('https://example.test/other');
    expect(await name('-r', 'other')).toBe('https://example.test/other');
    expect((await show(repository, '--format', 'intoto', '-r', 'none', id)).exit).toBe(2);
    repository.must('config', '--unset', 'remote.origin.url');
    expect(await name()).toBeUndefined();
  });

  it('show writes a bundle and its artifact', async () => {
    const { repository, id } = repositoryWith();
    const { out, exit } = await show(
      repository,
      '--format',
      'bundle',
      '--artifact',
      'signed.der',
      id,
    );
    expect(exit).toBe(0);
    expect(() => bundleFromJSON(JSON.parse(out))).not.toThrow();
    const artifact = readFileSync(join(repository.path, 'signed.der'));
    expect(artifact[0]).toBe(0x31);
    const said = JSON.parse((await show(repository, '--format', 'json', id)).out) as {
      signedAttributes: string;
    };
    expect(artifact.toString('base64')).toBe(said.signedAttributes);
  });

  it('show refuses an object without a readable signature', async () => {
    const repository = scratchRepository('show');
    const online = write(repository, 'online/01-plain.commit');
    const unsigned = repository.write('commit', Buffer.from(commitPayload()));
    const pgp = '-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n';
    const foreign = repository.write('commit', withSignature(commitPayload(), pgp));
    const junk = '-----BEGIN SIGNED MESSAGE-----\nMAA=\n-----END SIGNED MESSAGE-----\n';
    const broken = repository.write('commit', withSignature(commitPayload(), junk));
    const exit = async (...args: string[]) => {
      const answered = await show(repository, ...args);
      expect(answered.out).toBe('');
      expect(answered.talk).not.toBe('');
      return answered.exit;
    };
    expect(await exit(unsigned)).toBe(5);
    expect(await exit(foreign)).toBe(3);
    expect(await exit(broken)).toBe(1);
    expect(await exit('--format', 'bundle', online)).toBe(3);
    expect(await exit('--format', 'xml', online)).toBe(2);
    expect(await exit('--artifact', 'x', online)).toBe(2);
    expect(await exit(online, unsigned)).toBe(2);
    expect(await exit('nowhere')).toBe(2);
    expect(await exit(repository.must('mktree'))).toBe(2);
  });
});
