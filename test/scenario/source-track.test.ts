/** The examples of docs/source-track.md, run as they stand there. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/ci-steps.ts';
import { treeOf } from '../support/gated-server.ts';
import { runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { blocksOf } from '../support/page-blocks.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const blocks = blocksOf(readFileSync(join(ROOT, 'docs/source-track.md'), 'utf8'));
/** The one block that holds a text, with the sandbox in the place of the issuer that the page names. */
function block(text: string): string {
  const found = blocks.filter(({ code }) => code.includes(text));
  expect(found, text).toHaveLength(1);
  const code = found[0]?.code ?? '';
  return code.replaceAll('https://accounts.example.test', sandbox().urls.issuer);
}

it('server, producer and consumer of docs/source-track.md work together, and a commit by one person alone is refused', async () => {
  const repository = scratchRepository('source-track');
  const { home, must } = repository;
  const make = signer(repository, sandbox());
  const tree = treeOf(repository, block('distinct-signers: 2}'));
  const base = await make.commit({ tree, subject: 'base' });
  const server = join(home, 'app.git');
  must('init', '-q', '--bare', '-b', 'main', server);
  must('push', '-q', server, `${base}:refs/heads/main`);
  const address = 'https://git.example.test/team/app.git';
  must('config', '--global', `url.${server}.insteadOf`, address);
  must('remote', 'add', 'origin', address);
  // a gate takes its trust root from the user's own settings, and not from the environment
  must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
  const shell = async (cwd: string, script: string, more: Record<string, string> = {}) => {
    const PATH = `${dirname(programUnderTest())}:${process.env['PATH']}`;
    const { SIGNET_TRUST: _, ...services } = sandbox().env;
    const env = { ...repository.env, ...services, PATH, ...more };
    return runMeanwhile('sh', ['-e', '-c', script], { cwd, env });
  };
  const trusted = `--trusted-root '${sandbox().files.trustedRoot}' --offline`;
  // the test pushes to a folder, which is an address too
  const installing = block('receive.denyDeletes').replace(
    '-- ',
    `-- ${trusted} --pushee '${server}' `,
  );
  const installed = await shell(server, installing);
  expect(installed.exit, installed.err).toBe(0);
  expect(installed.err).not.toContain('signed pushes');

  expect((await shell(home, block('push.gpgSign'))).exit).toBe(0);
  const side = await make.commit({ tree, parents: [base], subject: 'by alice' });
  const merge = await make.commit(
    { tree, parents: [base, side], subject: 'by bob' },
    { email: 'bob@example.test' },
  );
  const token = { SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
  const push = (commit: string) =>
    shell(repository.path, `git push origin ${commit}:refs/heads/main`, token);
  const alone = await push(side);
  expect([alone.exit === 0, /1 of 2 required signers/.test(alone.err)]).toEqual([false, true]);
  const pushed = await push(merge);
  expect(pushed.exit, pushed.err).toBe(0);
  expect(must('-C', server, 'log', '--format=%s', 'refs/meta/push-certs')).not.toBe('');
  expect(
    (await shell(repository.path, `git push -f origin ${base}:refs/heads/main`, token)).exit,
  ).not.toBe(0);

  must('fetch', '-q', 'origin');
  const about = { ...token, A: base, B: merge };
  const attested = await shell(repository.path, block('--format vsa'), about);
  expect(attested.exit, attested.err).toBe(0);
  const later = await shell(repository.path, block('--policy-from parents'), about);
  expect(later.exit, later.err).toBe(0);
  const other = join(home, 'consumer');
  must('clone', '-q', address, other);
  const asked = await shell(other, block('verify-vsa'), about);
  expect(asked.exit, asked.out + asked.err).toBe(0);
  const more = block('verify-vsa').replace('ORG_SOURCE_SIGNED', '2');
  expect((await shell(other, more, about)).exit).not.toBe(0);
});
