/** A registry on loopback that serves the packages of a release, so that npm can be tried before anything is published. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { command } from './command.ts';

interface Served {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly bytes: Buffer;
}

function served(tarball: string): Served {
  const manifest = JSON.parse(command('tar', ['-xzOf', tarball, 'package/package.json']));
  return { manifest, bytes: readFileSync(tarball) };
}

/** What npm asks for by a package's name (the "packument"), with one version. */
function packument({ manifest, bytes }: Served, tarball: string): object {
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball, integrity } } },
  };
}

/** Serves these archives; any other name is not found, as a registry answers. `asked` counts what was downloaded. */
export async function serveRegistry(tarballs: readonly string[]): Promise<{
  readonly url: string;
  readonly downloads: () => readonly string[];
  readonly close: () => void;
}> {
  const packages = new Map(tarballs.map((path) => [basename(path), served(path)]));
  const downloads: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const file = packages.get(path);
    if (file !== undefined) {
      downloads.push(path);
      return response.end(file.bytes);
    }
    const found = [...packages].find(([, { manifest }]) => manifest.name === path);
    if (found === undefined) return response.writeHead(404).end('{}');
    const { port } = server.address() as AddressInfo;
    const [name, named] = found;
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify(packument(named, `http://127.0.0.1:${port}/${name}`)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    downloads: () => downloads,
    close: () => void server.close(),
  };
}
