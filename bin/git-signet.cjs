#!/usr/bin/env node
// The npm package's command. It starts the executable from the package for this platform (@git-signet/PLATFORM, an optional
// dependency, so that no install script is needed). Where none fits, or it cannot be started, the Node form runs in this
// process. Written for any Node: it must say which one it needs.
'use strict';

const { accessSync, constants } = require('node:fs');
const { platform, arch, argv, env, versions } = process;
const OLDEST_NODE = 22;

/** The platform packages that may fit: the name (scripts/packaging/targets.ts), and the loader that its executable needs. */
function candidates(system, processor) {
  const name = `${system === 'win32' ? 'windows' : system}-${processor}`;
  if (system !== 'linux') return [{ name }];
  const cpu = processor === 'x64' ? 'x86_64' : 'aarch64';
  const folder = processor === 'x64' ? '/lib64' : '/lib';
  const glibc = `${folder}/ld-linux-${cpu.replace('_', '-')}.so.${processor === 'x64' ? 2 : 1}`;
  return [
    { name, loader: glibc },
    { name: `${name}-musl`, loader: `/lib/ld-musl-${cpu}.so.1` },
  ];
}

/** Looked at before it is started: a process that cannot become another one aborts. */
function startable({ name, loader }) {
  const file = platform === 'win32' ? 'git-signet.exe' : 'git-signet';
  try {
    const path = require.resolve(`@git-signet/${name}/${file}`);
    accessSync(path, constants.X_OK);
    if (loader !== undefined) accessSync(loader);
    return [path];
  } catch {
    return [];
  }
}

/** Some npm clients install the package of either libc; where both can be started, Node says which libc it runs on. */
function executable() {
  const found = candidates(platform, arch).flatMap(startable);
  if (found.length < 2) return found[0];
  process.report.excludeNetwork = true;
  return found[process.report.getReport().header.glibcVersionRuntime ? 0 : 1];
}

function runNodeForm() {
  if (Number(versions.node.split('.')[0]) < OLDEST_NODE) {
    process.stderr.write(
      `git-signet: no executable for ${platform}-${arch} is installed, and without it Node ${OLDEST_NODE} or newer is needed (this is ${versions.node})\n`,
    );
    process.exit(2);
  }
  const bundle = require.resolve('../dist/node/git-signet.cjs');
  // what starts this program again starts the bundle
  argv[1] = bundle;
  require(bundle);
}

/** Where a process cannot become another one (before Node 22.15, and on Windows). */
function runChild(program) {
  const { spawn } = require('node:child_process');
  // before the child is there: a signal that comes meanwhile must not leave it behind
  let child;
  // the terminal sends these to both; the child decides
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child = spawn(program, argv.slice(2), { stdio: 'inherit', windowsHide: true });
  child.on('error', runNodeForm);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function main() {
  const program = executable();
  if (program === undefined) return runNodeForm();
  if (process.execve === undefined || platform === 'win32') return runChild(program);
  return process.execve(program, [program, ...argv.slice(2)], env);
}

if (require.main === module) main();
else module.exports = { candidates };
