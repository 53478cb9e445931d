/**
 * The program judges its own release, as a user can: sums, provenance, tag and source archive. Beside everything that must
 * pass stands the nearest thing that must not, so that a check which says yes to all is seen.
 */

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadSettings } from '../../src/settings/load.ts';
import { readTrustFile } from '../../src/trust/named.ts';
import { PUBLIC_GOOD_TRUSTED_ROOT } from '../../src/trust/public-good.ts';
import { type ExpectedSigner, ProvenanceRefused } from './check-provenance.ts';
import { checkFolder } from './check-release.ts';
import { command, ended, onPath, say } from './command.ts';
import { expectedSigners } from './expected-signers.ts';
import { provenanceName, SUMS } from './provenance.ts';
import { downloadAddress, readSums } from './released-file.ts';
import { type Release, StepError, treeOf } from './step.ts';
import { sourceArchiveName, TARGETS } from './targets.ts';

interface Bench {
  readonly release: Release;
  readonly scratch: string;
  /** The trust root as a file. */
  readonly root: string;
}

/** Makes no file. @throws StepError for the first thing that does not hold, and for the first fault that passes */
export async function selfCheck(release: Release): Promise<readonly string[]> {
  const { tag, provenance } = expectedSigners(release.dryRun, process.env);
  const scratch = mkdtempSync(join(release.work, 'self-check-'));
  const root = join(scratch, 'trusted_root.json');
  writeFileSync(root, await trustedRoot());
  const bench = { release, scratch, root };
  checkFormula(release);
  checkSums(bench);
  checkProvenance(bench, provenance);
  checkTag(bench, tag);
  checkSource(bench, tag);
  rmSync(scratch, { recursive: true });
  return [];
}

/** The trust root that the release was signed under, in JSON. @throws StepError for one that only a mirror has */
async function trustedRoot(): Promise<string> {
  const { trust } = await loadSettings({ env: process.env, cwd: process.cwd() });
  if (trust === undefined) return PUBLIC_GOOD_TRUSTED_ROOT;
  if (!URL.canParse(trust)) return readTrustFile(trust);
  throw new StepError(`the release cannot be checked by ${trust}`, 'git config signet.trust FILE');
}

/** Every download of the formula is a released file with its sum. */
function checkFormula(release: Release): void {
  const text = readFileSync(join(release.out, 'homebrew/git-signet.rb'), 'utf8');
  const sums = readSums(readFileSync(join(release.out, SUMS), 'utf8'));
  const downloads = [...text.matchAll(/url "(.+)"\n\s+sha256 "(.+)"/g)];
  const wrong = downloads.filter(
    ([, url, sum]) =>
      ![...sums].some(([file, listed]) => listed === sum && downloadAddress(release, file) === url),
  );
  if (downloads.length === 0 || wrong.length > 0) {
    throw new StepError(
      `the formula’s sum of ${wrong[0]?.[1] ?? 'anything'} is not that of ${SUMS}`,
      'look at scripts/packaging/homebrew.ts',
    );
  }
  say(`self-check: the formula’s ${downloads.length} sums are those of ${SUMS}`);
}

/** A folder with the sums, the provenance and one small file, and the same with one byte of that file changed. */
function smallCopies({ release, scratch }: Bench): { readonly good: string; readonly bad: string } {
  const small = 'Containerfile';
  const copy = (name: string): string => {
    const folder = join(scratch, name);
    for (const file of [SUMS, provenanceName(release.version), small]) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(join(release.out, file), path);
    }
    return folder;
  };
  const [good, bad] = [copy('good'), copy('bad')];
  const bytes = readFileSync(join(bad, small));
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(join(bad, small), bytes);
  return { good, bad };
}

function checkSums(bench: Bench): void {
  if (!onPath('sha256sum')) {
    say('not tried: sha256sum (it is not here)');
    return;
  }
  command('sha256sum', ['--check', '--strict', '--quiet', SUMS], { cwd: bench.release.out });
  const { good, bad } = smallCopies(bench);
  const some = ['--check', '--strict', '--quiet', '--ignore-missing', SUMS];
  command('sha256sum', some, { cwd: good });
  const { exit } = ended('sha256sum', some, { cwd: bad });
  mustFail('sha256sum, a changed byte', exit, 1);
  say('self-check: sha256sum passes, and a changed byte fails');
}

function mustFail(what: string, exit: number | undefined, wanted: number): void {
  if (exit === wanted) return;
  throw new StepError(
    `${what}: exit ${exit ?? 'by a signal'} where ${wanted} was due`,
    'the check is worth nothing as it is: mend it before anything is published',
  );
}

function checkProvenance(bench: Bench, signer: ExpectedSigner): void {
  const { release, root } = bench;
  const trust = readFileSync(root, 'utf8');
  const { files } = checkFolder(release.out, trust, signer);
  const { good, bad } = smallCopies(bench);
  checkFolder(good, trust, signer);
  mustRefuse('a changed byte', () => checkFolder(bad, trust, signer));
  mustRefuse('another signer', () =>
    checkFolder(good, trust, { ...signer, identity: `not-${signer.identity}` }),
  );
  say(`self-check: ${files.length} files are what ${signer.identity} built`);
  askCosign(bench, signer, { good, bad });
}

function mustRefuse(what: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (error instanceof ProvenanceRefused) return;
    throw error;
  }
  mustFail(`the provenance with ${what}`, 0, 1);
}

/** The same by a program that we did not write. */
function askCosign(
  { release, root, scratch }: Bench,
  { identity, issuer }: ExpectedSigner,
  { good, bad }: { readonly good: string; readonly bad: string },
): void {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'git-signet');
  const cosign = join(process.env['GIT_SIGNET_PEERS'] ?? join(cache, 'peers'), 'cosign');
  if (!onPath(cosign)) {
    say('not tried: cosign (scripts/peers builds it)');
    return;
  }
  const judge = (folder: string, name: string) => {
    const bundle = join(folder, provenanceName(release.version));
    return ended(
      cosign,
      [
        ...['verify-blob-attestation', '--bundle', bundle, '--trusted-root', root],
        ...['--type', 'slsaprovenance1', '--certificate-identity', name],
        ...['--certificate-oidc-issuer', issuer, join(folder, 'Containerfile')],
      ],
      { env: { PATH: process.env['PATH'], HOME: scratch } },
    );
  };
  const accepted = judge(good, identity);
  if (accepted.exit !== 0) {
    throw new StepError(`cosign refuses the provenance: ${accepted.err.trim()}`, 'read it above');
  }
  mustFail('cosign, a changed byte', judge(bad, identity).exit, 1);
  mustFail('cosign, another signer', judge(good, `not-${identity}`).exit, 1);
  say('self-check: cosign accepts the provenance, and refuses a changed byte and another signer');
}

/** The released executable that runs here. @throws StepError where there is none */
function releasedProgram(release: Release): string {
  const here = TARGETS.find(
    ({ os, cpu, libc }) => os === process.platform && cpu === process.arch && libc !== 'musl',
  );
  if (here === undefined) {
    throw new StepError('no released executable runs on this machine', 'release on Linux or macOS');
  }
  return join(treeOf(release, here), here.executable);
}

/** How the released program is asked about a tag. */
const judging = ({ root }: Bench, { identity, issuer }: ExpectedSigner): readonly string[] => [
  ...['--trusted-root', root, '--certificate-identity', identity],
  ...['--certificate-oidc-issuer', issuer],
];

/** The tag verifies; with another message it is refused, and for another signer it is not allowed. */
function checkTag(bench: Bench, signer: ExpectedSigner): void {
  const { release, scratch } = bench;
  const program = releasedProgram(release);
  const tag = `v${release.version}`;
  const verify = (cwd: string, by: ExpectedSigner) =>
    ended(program, ['verify-tag', '--no-target', ...judging(bench, by), tag], { cwd });
  const { exit, out, err } = verify(process.cwd(), signer);
  if (exit !== 0) throw new StepError(`the tag does not verify: ${out}${err}`, 'sign it again');
  mustFail(
    'the tag, another signer',
    verify(process.cwd(), { ...signer, identity: `not-${signer.identity}` }).exit,
    6,
  );
  const clone = join(scratch, 'forged');
  command('git', ['clone', '--quiet', '--shared', '--bare', process.cwd(), clone]);
  const forged = join(scratch, 'tag');
  const content = command('git', ['cat-file', 'tag', tag]);
  writeFileSync(forged, content.replace(/\n\n/, '\n\nnot '));
  const object = command('git', ['hash-object', '-t', 'tag', '-w', forged], { cwd: clone }).trim();
  command('git', ['update-ref', `refs/tags/${tag}`, object], { cwd: clone });
  mustFail('the tag, another message', verify(clone, signer).exit, 1);
  say(`self-check: ${tag} is signed by ${signer.identity}; another message is refused`);
}

/** The source archive is the tag's tree; with one byte changed it is refused. */
function checkSource(bench: Bench, signer: ExpectedSigner): void {
  const { release, scratch } = bench;
  const name = sourceArchiveName(release.version);
  const verify = (file: string) =>
    ended(releasedProgram(release), [
      ...['verify-archive', '--no-target', ...judging(bench, signer)],
      ...[`v${release.version}`, file],
    ]);
  const { exit, out, err } = verify(join(release.out, name));
  if (exit !== 0) {
    throw new StepError(`${name} is not the tag’s tree: ${out}${err}`, 'make the archive again');
  }
  const tar = gunzipSync(readFileSync(join(release.out, name)));
  const place = tar.indexOf('Apache License');
  tar[place] = (tar[place] ?? 0) ^ 1;
  writeFileSync(join(scratch, name), gzipSync(tar));
  mustFail('the source archive, a changed byte', verify(join(scratch, name)).exit, 1);
  say(`self-check: ${name} holds the tree of v${release.version}; a changed byte is refused`);
}
