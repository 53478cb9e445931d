/** No token lies in a core dump: the program that logs in asks for none before it holds one. */

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { obtainIdentityToken } from '../../src/login/obtain-token.ts';
import { Secret } from '../../src/system/secret.ts';
import { tokenRequest } from '../support/token-request.ts';

const FILTER = '/proc/self/coredump_filter';

it.skipIf(process.platform !== 'linux')(
  'a process that is about to hold a token leaves its memory out of core dumps (D12)',
  async () => {
    writeFileSync(FILTER, '0x33');
    expect(Number.parseInt(readFileSync(FILTER, 'utf8'), 16)).toBe(0x33);
    const given = new Secret('no token at all');
    const request = await tokenRequest({ issuerUrl: 'http://127.0.0.1:9', more: { given } });
    await expect(obtainIdentityToken(request)).rejects.toMatchObject({ code: 'TOKEN_REFUSED' });
    expect(Number.parseInt(readFileSync(FILTER, 'utf8'), 16)).toBe(0);
    request.client.close();
  },
);
