import { concat } from '../../../src/core/bytes.ts';
import {
  clone,
  kid,
  kids,
  nothing,
  octets,
  oid,
  seq,
  withIndefiniteLength,
  withLongLength,
  write,
} from '../der-edit.ts';
import { changedAfter, type Recipe } from './recipe.ts';

export const encodingRecipes: readonly Recipe[] = [
  changedAfter('C10-indefinite-length', 'cms-malformed', ({ root }) => {
    root.literal = withIndefiniteLength(root);
  }),
  changedAfter('C10-indefinite-length-inside', 'cms-malformed', ({ signedData }) => {
    signedData.literal = withIndefiniteLength(signedData);
  }),
  changedAfter('C10-long-length', 'cms-malformed', ({ root }) => {
    root.literal = withLongLength(root);
  }),
  changedAfter('C10-long-length-inside', 'cms-malformed', ({ encapsulated }) => {
    encapsulated.literal = withLongLength(encapsulated);
  }),
  changedAfter('C10-bytes-behind', 'cms-malformed', ({ root }) => {
    root.literal = concat(write(root), Uint8Array.of(0));
  }),
  changedAfter('C10-element-behind-the-signer', 'cms-malformed', ({ signerInfo }) => {
    kids(signerInfo).push(nothing());
  }),
  changedAfter('C10-element-behind-the-signers', 'cms-malformed', ({ signedData }) => {
    kids(signedData).push(nothing());
  }),
  changedAfter('C10-element-behind-the-content', 'cms-malformed', ({ root }) => {
    kids(root).push(nothing());
  }),
  changedAfter('C10-two-contents', 'cms-malformed', ({ root, signedData }) => {
    kids(kid(root, 1)).push(clone(signedData));
  }),
  changedAfter('C10-high-tag', 'cms-malformed', ({ signedData }) => {
    signedData.literal = concat(Uint8Array.of(0x3f, 0x10), write(signedData).subarray(1));
  }),
  ...Object.entries({
    // 2^32 + 1 and 2^64 + 1 in the last arc: 1 to a reader that lets its integer overflow
    'arc-over-32-bits': [0x90, 0x80, 0x80, 0x80, 0x01],
    'arc-over-64-bits': [0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    'arc-padded': [0x80, 0x01],
    'arc-truncated': [0x81],
  }).map(([name, arc]) =>
    changedAfter(
      `C10-oid-${name}`,
      name === 'arc-over-32-bits' ? 'cms-unsupported' : 'cms-malformed',
      ({ encapsulated }) => {
        const data = kid(encapsulated, 0);
        data.content = concat((data.content as Uint8Array).subarray(0, -1), Uint8Array.from(arc));
      },
    ),
  ),
  changedAfter('C10-oid-empty', 'cms-malformed', ({ encapsulated }) => {
    kid(encapsulated, 0).content = new Uint8Array();
  }),
  changedAfter('C10-oid-over-64-octets', 'cms-malformed', ({ encapsulated }) => {
    kid(encapsulated, 0).content = new Uint8Array(65).fill(1);
  }),
  changedAfter('C10-extension-under-another-tag', 'cms-malformed', ({ certificate }) => {
    kid(certificate, 0, 7, 0, 0).tag = 0x31;
  }),
  changedAfter('C10-algorithm-under-another-tag', 'cms-malformed', ({ digestAlgorithms }) => {
    kid(digestAlgorithms, 0).tag = 0x31;
  }),
  changedAfter('C10-signer-under-another-tag', 'cms-malformed', ({ signerInfo }) => {
    signerInfo.tag = 0x31;
  }),
  changedAfter('C10-certificate-truncated', 'cms-malformed', ({ certificate }) => {
    certificate.literal = write(certificate).subarray(0, -1);
  }),
  changedAfter('C10-certificate-over-32-KiB', 'cms-malformed', ({ certificate }) => {
    kids(kid(certificate, 0, 7, 0)).push(seq(oid('1.2.3'), octets(new Uint8Array(33_000))));
  }),
];
