/** The campaign's model of git against git itself, on the campaign's own mutants; and that its oracle sees what it is for. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { handedToProgram, readAsGit } from '../scripts/fuzz-parts/git-model.ts';
import { type Mutant, mutantAt, wrongWith } from '../scripts/fuzz-parts/objects.ts';
import { goodSamples, type Sample } from '../scripts/fuzz-parts/samples.ts';
import { scratchRepository } from './support/git-repository.ts';
import { recordingGit } from './support/recording-git.ts';

const SEED = 7;
const POSITIONS = 900;
const samples = (await goodSamples()).filter(({ format }) => format === 'sha1');
const mutants = Array.from({ length: POSITIONS }, (_, at) => mutantAt(samples, SEED, at));
const git = recordingGit('sha1');
afterAll(() => git.remove());

const BEGIN = '-----BEGIN SIGNED MESSAGE-----';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const reading = ({ type, raw }: Mutant) => readAsGit(type, raw, 40);
const handed = ({ type, raw }: Mutant) => handedToProgram(type, raw, 40);

describe('what git reads of a changed commit', () => {
  const repository = scratchRepository('fuzz-model');
  const commits = mutants.filter(({ type }) => type === 'commit');
  const store = (some: readonly Mutant[]): readonly string[] => {
    const paths = some.map(({ raw }, at) => {
      const path = join(repository.home, `object-${at}`);
      writeFileSync(path, raw);
      return path;
    });
    const args = ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin-paths'];
    const input = Buffer.from(`${paths.join('\n')}\n`);
    return repository
      .gitWith({ input }, ...args)
      .out.trim()
      .split('\n');
  };

  it('is what the model says: tree and parents by position, people and message', () => {
    const readable = commits.filter((mutant) => reading(mutant) !== undefined);
    const ids = store(readable);
    const format = '%x01%H%x02%T%x02%P%x02%an%x02%ae%x02%cn%x02%ce%x02%B';
    const args = ['log', '--no-walk=unsorted', '--stdin', '-z', `--format=${format}`];
    const ran = repository.gitWith({ input: Buffer.from(`${ids.join('\n')}\n`) }, ...args);
    const shown = new Map(
      latin1(ran.bytes)
        .split('\x01')
        .slice(1)
        .map((text) => [text.split('\x02', 1)[0], text.replace(/\0$/, '').split('\x02')]),
    );
    let people = 0;
    for (const [at, mutant] of readable.entries()) {
      const model = reading(mutant)!;
      const [, tree, parents, an, ae, cn, ce, body] = shown.get(ids[at]) ?? [];
      const what = JSON.stringify(mutant.changes);
      expect([tree, parents], what).toEqual([
        model.target.toLowerCase(),
        model.parents.join(' ').toLowerCase(),
      ]);
      if (/[^\x20-\x7e\n]/.test(latin1(mutant.raw))) continue;
      const last = (name: string): RegExpExecArray | null =>
        /^\w+ (\S[^<>]*\S) <([^<> ]+)> \d+ [+-]\d{4}$/.exec(
          model.people.findLast((line) => line.startsWith(name)) ?? '',
        );
      const [author, committer] = [last('author'), last('committer')];
      if (author === null || committer === null) continue;
      people += 1;
      expect([an, ae, cn, ce], what).toEqual([...author.slice(1, 3), ...committer.slice(1, 3)]);
      // without an empty line git reads on behind the object
      if (model.message !== '') expect(body?.trim(), what).toBe(model.message.trim());
    }
    expect(readable.length).toBeGreaterThan(300);
    expect(people).toBeGreaterThan(150);
  });

  it('is nothing where the model says that git cannot parse it', () => {
    const broken = commits.filter((mutant) => reading(mutant) === undefined).slice(0, 40);
    expect(broken.length).toBe(40);
    for (const [at, id] of store(broken).entries()) {
      const { exit } = repository.git('log', '-1', '--format=%H', id);
      expect(exit, JSON.stringify(broken[at]?.changes)).not.toBe(0);
    }
  });
});

describe('what git hands to its signing program for a changed object', () => {
  /** With people, and armor that git knows: else git asks no program, or dies. */
  const asked = (mutant: Mutant): boolean => {
    const { order = [], people = [] } = reading(mutant) ?? {};
    const person = people.at(-1) ?? '';
    const complete = order.at(-1) === (mutant.type === 'commit' ? 'committer' : 'tagger');
    return (
      complete &&
      /^\w+ \S[^<>]* <[^<>]+> \d+ [+-]\d{4}$/.test(person) &&
      latin1(handed(mutant)?.signature ?? new Uint8Array()).startsWith(BEGIN)
    );
  };

  it.each([['commit'], ['tag']] as const)('is what the model says of a %s', (type) => {
    const some = mutants.filter((mutant) => mutant.type === type && asked(mutant)).slice(0, 200);
    expect(some.length).toBeGreaterThan(30);
    const recorded = git.record(
      type,
      git.store(
        type,
        some.map(({ raw }) => raw),
      ),
    );
    for (const [at, each] of recorded.entries()) {
      const mutant = some[at]!;
      const model = handed(mutant)!;
      expect(latin1(each?.payload ?? new Uint8Array()), JSON.stringify(mutant.changes)).toBe(
        latin1(model.payload),
      );
      expect(latin1(each?.signature ?? new Uint8Array())).toBe(latin1(model.signature));
    }
  });
});

describe('the oracle', () => {
  const sampleOf = (name: string): Sample => samples.find((each) => each.name === name)!;
  const octopus = sampleOf('merges/octopus.commit');
  const signature = /gpgsig .*\n(?: .*\n)*/.exec(latin1(octopus.raw))?.[0] ?? '';
  const moved = (before: string): Buffer =>
    Buffer.from(
      latin1(octopus.raw)
        .replace(signature, '')
        .replace(before, () => signature + before),
      'latin1',
    );
  const said = (raw: Uint8Array, sample = octopus, type = sample.type): string | undefined =>
    wrongWith({ type, raw, sample }, sample.verdict, samples);

  it('has nothing to say of the good objects', () => {
    for (const sample of samples) expect(said(sample.raw, sample), sample.name).toBeUndefined();
    expect(samples.length).toBeGreaterThan(30);
  });
  it.each([
    ['parent 1', /order, parents/],
    ['parent 9', /order, parents/],
    ['author', /order$/],
    ['committer', /order$/],
    ['tree', /git cannot read it/],
  ])('sees a signature that was moved before %s', (before, wrong) => {
    expect(said(moved(before))).toMatch(wrong);
  });
  it('sees another payload, another signer, and another type', () => {
    const merge = sampleOf('merges/merge.commit');
    const [other] = samples.filter(({ name }) => name === 'gitsign/offline/01-plain.commit');
    expect(wrongWith({ ...merge, sample: merge }, other!.verdict, samples)).toBe('another payload');
    const stranger = {
      ...octopus.verdict,
      signer: { ...octopus.verdict.signer, value: 'm@x.test' },
    };
    expect(wrongWith({ ...octopus, sample: octopus }, stranger, samples)).toMatch(/another signer/);
    expect(said(octopus.raw, octopus, 'tag')).toMatch(/git cannot read it/);
  });
});
