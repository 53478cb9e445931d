import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendOrRead } from '../../src/services/log-files.ts';
import { answer } from '../support/tiled-log.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-signet-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const send = sendOrRead(async () => answer(418));
const get = (url: string, limit = 10) => send({ service: 'the log', method: 'GET', url, limit });
const file = (name: string): string => pathToFileURL(join(directory, name)).href;

describe('the files of a tiled log', () => {
  it('are read as a server would answer, and what is not there is a 404', async () => {
    writeFileSync(join(directory, 'checkpoint'), 'a note');
    mkdirSync(join(directory, 'tile'));
    expect(await get(file('checkpoint'))).toMatchObject({
      status: 200,
      body: Buffer.from('a note'),
    });
    for (const name of ['none', 'tile', 'checkpoint/below'])
      expect(await get(file(name))).toMatchObject({ status: 404 });
  });

  it('are not read beyond the limit of an answer, and other addresses are asked as always', async () => {
    writeFileSync(join(directory, 'long'), 'x'.repeat(11));
    await expect(get(file('long'))).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
    expect(await get('https://log.example.test/checkpoint')).toMatchObject({ status: 418 });
  });
});
