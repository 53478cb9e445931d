/** An object store that an attacker wrote: under an object's name lies another object. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ScratchRepository } from './git-repository.ts';
import { looseFile } from './loose-objects.ts';

type Type = 'commit' | 'tree' | 'blob' | 'tag';

export function alterations(
  { gitWith, path }: Pick<ScratchRepository, 'gitWith' | 'path'>,
  objects = join(path, '.git/objects'),
) {
  /** Bytes of an object as they are now. */
  const read = (type: Type, id: string): Buffer =>
    gitWith({ env: { GIT_OBJECT_DIRECTORY: objects } }, 'cat-file', type, id).bytes;
  /** Lays other bytes under a name. git hashes loose objects only where it parses them as such. */
  const replace = (type: Type, id: string, raw: Uint8Array | string): void => {
    const file = join(objects, id.slice(0, 2), id.slice(2));
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) chmodSync(file, 0o644);
    writeFileSync(file, looseFile(type, Buffer.from(raw)));
  };
  /** Changes the text of a commit or tag in its place. */
  const edit = (type: 'commit' | 'tag', id: string, change: (text: string) => string): void =>
    replace(type, id, Buffer.from(change(read(type, id).toString('latin1')), 'latin1'));
  /** Makes a commit claim these parents. */
  const claimParents = (id: string, parents: readonly string[]): void =>
    edit('commit', id, (text) => {
      const rest = text.replace(/(?<=^tree .*\n)(?:parent .*\n)*/, '');
      return rest.replace(/\n/, `\n${parents.map((parent) => `parent ${parent}\n`).join('')}`);
    });
  return { read, replace, edit, claimParents };
}
