import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LEFT_TO_CI, leftOut, pathOf } from './support/left-to-ci.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const all = Object.keys(LEFT_TO_CI);

describe('what the default run leaves to CI', () => {
  it('each file that is left to CI is there, and so is the test that runs instead', () => {
    const names = [...all, ...Object.values(LEFT_TO_CI)];
    expect(names.filter((name) => !existsSync(root + pathOf(name)))).toEqual([]);
  });

  it('no test that runs instead is itself left to CI', () => {
    expect(Object.values(LEFT_TO_CI).filter((name) => Object.hasOwn(LEFT_TO_CI, name))).toEqual([]);
  });

  it('a run of all, or of one project, leaves them out', () => {
    const config = ['run', '-c', 'test/vitest.config.ts'];
    expect(leftOut(config, false)).toEqual(all.map(pathOf));
    expect(leftOut([...config, '--project', 'scenario'], false)).toEqual(all.map(pathOf));
  });

  it('a run that names a file or folder, and a deep run, leave nothing out', () => {
    for (const named of ['test/scenario/hooks.test.ts', 'test/scenario', './test/peers']) {
      expect(leftOut(['-c', 'test/vitest.config.ts', named], false)).toEqual([]);
    }
    expect(leftOut([], true)).toEqual([]);
  });

  it('CI runs all of them', () => {
    expect(readFileSync(`${root}.ci/run`, 'utf8')).toMatch(
      /GIT_SIGNET_DEEP=yes \.\/scripts\/test$/m,
    );
  });
});
