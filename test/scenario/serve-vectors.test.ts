/** Every bad vector and every object that gitsign signed, through `serve` and through `verify`: by hash, as bytes, and in parts. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { vectors } from '../support/gitsign-vectors.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { partsOf } from '../support/serve-conversation.ts';
import { signet } from '../support/verify-scenario.ts';

const root = fileURLToPath(new URL('../vectors/gitsign/trust/trusted_root.json', import.meta.url));
const BAD = new URL('../vectors/bad/', import.meta.url);
const NOW = Date.parse('2027-11-21T00:00:00Z') / 1000;
const who = ['--unsafe-any-identity', '--trusted-root', root, '--offline'];

const schema = new URL('../../schema/serve.schema.json', import.meta.url);
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(JSON.parse(readFileSync(schema, 'utf8')), 'serve');
const isGreeting = ajv.compile({ $ref: 'serve#/$defs/greeting' });
const isAnswer = ajv.compile({ $ref: 'serve#/$defs/answer' });

interface Sample {
  readonly file: string;
  readonly type: 'commit' | 'tag';
  readonly id: string;
  readonly raw: Uint8Array;
}
type Place = Pick<ScratchRepository, 'path' | 'env'>;

/** The answers of one conversation by id, as text. The schema describes each of them. */
async function answersOf(place: Place, questions: readonly object[]) {
  const input = `${questions.map((question) => JSON.stringify(question)).join('\n')}\n`;
  const said = await signet(place, ['serve', '--stdio', ...who], { input, now: NOW });
  expect(said.exit).toBe(0);
  const [greeting = '', ...answers] = said.out.split('\n').slice(0, -1);
  expect(isGreeting(JSON.parse(greeting)), JSON.stringify(isGreeting.errors)).toBe(true);
  const byId = answers.map((line) => {
    const answer = JSON.parse(line) as { readonly id: string };
    expect(isAnswer(answer), `${line} ${JSON.stringify(isAnswer.errors)}`).toBe(true);
    const [, result = line] = /^\{"id":"[^"]*","result":(.*)\}$/.exec(line) ?? [];
    return [answer.id, result] as const;
  });
  expect(byId).toHaveLength(questions.length);
  return new Map(byId);
}

async function verified(repository: ScratchRepository, samples: readonly Sample[]) {
  const input = `${samples.map(({ id }) => id).join('\n')}\n`;
  const args = ['verify', '--stdin', '--format', 'jsonl', ...who];
  const { out } = await signet(repository, args, { input, now: NOW });
  const lines = out.split('\n').slice(0, -1);
  expect(lines).toHaveLength(samples.length);
  return new Map(samples.map(({ file }, at) => [file, lines[at] ?? '']));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function badSamples(repository: ScratchRepository): readonly Sample[] {
  const rows = JSON.parse(readFileSync(new URL('manifest.json', BAD), 'utf8')) as {
    readonly file: string;
  }[];
  return rows.map(({ file }) => {
    const raw = readFileSync(new URL(file, BAD));
    const type = file.endsWith('.tag') ? 'tag' : 'commit';
    return { file, type, raw, id: repository.write(type, raw) };
  });
}

function goodSamples(repository: ScratchRepository, format: 'sha1' | 'sha256') {
  const samples = vectors.filter((one) => one.format === format);
  for (const { type, raw, id } of samples) expect(repository.write(type, raw)).toBe(id);
  return samples;
}

describe.each(['sha1', 'sha256'] as const)('objects of a %s repository', (format) => {
  it('serve gives the result of verify for each object: by hash, as bytes, and in parts (Q2)', async () => {
    const repository = scratchRepository('serve', {}, format);
    const samples = [
      ...goodSamples(repository, format),
      ...(format === 'sha1' ? badSamples(repository) : []),
    ];
    const expected = await verified(repository, samples);
    const held = samples.map(({ file, id }) => ({ id: file, object: id }));
    expect(await answersOf(repository, held)).toEqual(expected);
    const raw = samples.map(({ file, type, raw }) => ({ id: file, type, raw: base64(raw) }));
    expect(await answersOf(repository, raw)).toEqual(expected);

    const outside = { path: scratchDirectory('outside'), env: repository.env };
    const named = raw.map((question) => ({ ...question, format }));
    expect(await answersOf(outside, named)).toEqual(expected);
    const parts = samples.flatMap(({ file, type, raw }) => {
      const split = partsOf(type, raw, format);
      if (split === undefined) return [];
      const [payload, signature] = [base64(split.payload), base64(split.signature)];
      return [{ id: file, payload, signature, format }];
    });
    expect(parts.length).toBeGreaterThan(0);
    const whole = new Map(parts.map(({ id }) => [id, expected.get(id) ?? '']));
    expect(await answersOf(outside, parts)).toEqual(whole);
  });
});
