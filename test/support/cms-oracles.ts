/** What others say of a detached CMS message, asked about nothing but the message: `openssl cms` and pkijs. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentInfo, SignedData } from 'pkijs';

export interface CmsSample {
  readonly der: Uint8Array;
  readonly payload: Uint8Array;
}

/** One answer a sample, in order; undefined when there is no openssl here. */
export function openssl(samples: readonly CmsSample[]): readonly boolean[] | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'signet-openssl-'));
  try {
    const [message, content] = [join(dir, 'message'), join(dir, 'content')];
    const files = ['-in', message, '-content', content, '-out', '/dev/null'];
    const args = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-noverify',
      '-purpose',
      'any',
      ...files,
    ];
    return samples.map(({ der, payload }) => {
      writeFileSync(message, der);
      writeFileSync(content, payload);
      return spawnSync('openssl', args, { env: { OPENSSL_CONF: '/dev/null' } }).status === 0;
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** pkijs as it is usually called: the first signer, no chain. An exception counts as a refusal. */
export async function pkijs({ der, payload }: CmsSample): Promise<boolean> {
  try {
    const info = ContentInfo.fromBER(Uint8Array.from(der).buffer);
    const message = new SignedData({ schema: info.content });
    return await message.verify({
      signer: 0,
      data: Uint8Array.from(payload).buffer,
      checkChain: false,
    });
  } catch {
    return false;
  }
}
