/**
 * What the two built forms contain that no package of node_modules tells of: libraries inside Bun (from the list that Bun
 * publishes with its sources), and libraries that openpgp carries in its own file. Written by hand for the versions below:
 * another version stops the build until a maintainer has read what it contains.
 */

export interface Component {
  readonly name: string;
  /** SPDX expression. The text of each licence that it needs is in `licences/`. */
  readonly licence: string;
  /** Lines that the licence asks to pass on. */
  readonly copyright: readonly string[];
  readonly source: string;
}

/** The versions that these lists were written for. */
export const READ_FOR = { bun: '1.4.5', openpgp: '6.3.2' } as const;

const github = (repository: string): string => `https://github.com/${repository}`;

function component(
  name: string,
  licence: string,
  source: string,
  ...copyright: readonly string[]
): Component {
  return { name, licence, source, copyright };
}

export const IN_BUN: readonly Component[] = [
  component('Bun', 'MIT', github('oven-sh/bun'), 'Copyright (c) Oven, Inc.'),
  component(
    'JavaScriptCore and parts of WebCore (WebKit)',
    'LGPL-2.0-or-later AND BSD-2-Clause',
    github('oven-sh/WebKit'),
    'Copyright (C) Apple Inc. All rights reserved.',
    'Copyright (C) 1991-2000 Harri Porten, Peter Kelly and the other authors of KJS',
  ),
  component(
    'BoringSSL',
    'Apache-2.0 AND OpenSSL AND ISC AND MIT AND BSD-3-Clause',
    'https://boringssl.googlesource.com/boringssl/',
    'Copyright (c) Google Inc.',
    'Copyright (c) 1998-2011 The OpenSSL Project. All rights reserved.',
    'Copyright (C) 1995-1998 Eric Young (eay@cryptsoft.com)',
    'Copyright (c) 2015-2020 the fiat-crypto authors',
  ),
  component('brotli', 'MIT', github('google/brotli'), 'Copyright (c) 2009-2016 the Brotli Authors'),
  component(
    'c-ares',
    'MIT',
    github('c-ares/c-ares'),
    'Copyright (c) 1998 Massachusetts Institute of Technology',
    'Copyright (c) 2007-2025 Daniel Stenberg with many contributors',
  ),
  component('highway', 'Apache-2.0', github('google/highway'), 'Copyright 2019-2022 Google LLC'),
  component(
    'ICU',
    'Unicode-3.0',
    github('unicode-org/icu'),
    'Copyright (c) 1991-2025 Unicode, Inc. and others',
  ),
  component(
    'libarchive',
    'BSD-2-Clause AND BSD-3-Clause',
    github('libarchive/libarchive'),
    'Copyright (c) 2003-2018 Tim Kientzle and contributors',
    'Copyright (c) The Regents of the University of California. All rights reserved.',
  ),
  component(
    'libbase64',
    'BSD-2-Clause',
    github('aklomp/base64'),
    'Copyright (c) 2005-2007, Nick Galbreath',
    'Copyright (c) 2015-2018, Wojciech Mula',
    'Copyright (c) 2016-2017, Matthieu Darbois',
    'Copyright (c) 2013-2022, Alfred Klomp',
  ),
  component('libdeflate', 'MIT', github('ebiggers/libdeflate'), 'Copyright 2016 Eric Biggers'),
  component(
    'libjpeg-turbo',
    'IJG AND BSD-3-Clause AND Zlib',
    github('libjpeg-turbo/libjpeg-turbo'),
    'Copyright (C) 1991-2026 The libjpeg-turbo Project and many others',
    'This software is based in part on the work of the Independent JPEG Group.',
  ),
  component(
    'libspng',
    'BSD-2-Clause',
    github('randy408/libspng'),
    'Copyright (c) 2018-2022, Randy',
  ),
  component(
    'libuv (Windows)',
    'MIT',
    github('libuv/libuv'),
    'Copyright (c) 2015-present libuv project contributors.',
    'Copyright Joyent, Inc. and other Node contributors.',
  ),
  component(
    'libwebp',
    'BSD-3-Clause',
    github('webmproject/libwebp'),
    'Copyright (c) 2010, Google Inc.',
  ),
  component(
    'lol-html',
    'BSD-3-Clause',
    github('cloudflare/lol-html'),
    'Copyright (C) 2019, Cloudflare, Inc.',
    'Copyright (C) 2019, Ivan Nikulin',
  ),
  component(
    'ls-hpack, ls-qpack and lsquic',
    'MIT AND BSD-3-Clause',
    github('litespeedtech/lsquic'),
    'Copyright (c) 2017-2025 LiteSpeed Technologies Inc',
    'Copyright (c) 2015 The Chromium Authors. All rights reserved.',
  ),
  component(
    'mimalloc',
    'MIT',
    github('microsoft/mimalloc'),
    'Copyright (c) 2018-2025 Microsoft Corporation, Daan Leijen',
  ),
  component(
    'picohttpparser',
    'MIT',
    github('h2o/picohttpparser'),
    'Copyright (c) 2009-2014 Kazuho Oku, Tokuhiro Matsuno, Daisuke Murase, Shigeo Mitsunari',
  ),
  component(
    'simdutf',
    'Apache-2.0 OR MIT',
    github('simdutf/simdutf'),
    'Copyright 2020 The simdutf authors',
  ),
  component(
    'TigerBeetle (parts of its I/O)',
    'Apache-2.0',
    github('tigerbeetle/tigerbeetle'),
    'Copyright TigerBeetle, Inc.',
  ),
  component(
    'TinyCC',
    'LGPL-2.1-or-later',
    github('tinycc/tinycc'),
    'Copyright (c) 2001-2004 Fabrice Bellard',
  ),
  component('uucode', 'MIT', github('jacobsandlund/uucode'), 'Copyright (c) 2025 Jacob Sandlund'),
  component(
    'uSockets and uWebSockets',
    'Apache-2.0',
    github('uNetworking/uWebSockets'),
    'Copyright Alex Hultman and contributors',
  ),
  component(
    'zlib-ng',
    'Zlib',
    github('zlib-ng/zlib-ng'),
    'Copyright (C) 1995-2024 Jean-loup Gailly and Mark Adler',
  ),
  component(
    'zstd',
    'BSD-3-Clause',
    github('facebook/zstd'),
    'Copyright (c) Meta Platforms, Inc. and affiliates. All rights reserved.',
  ),
  component(
    'libc++abi (thread exit)',
    'Apache-2.0 WITH LLVM-exception',
    github('llvm/llvm-project'),
    'Copyright the LLVM Project contributors',
  ),
  component(
    'Node.js library modules and their replacements (acorn, assert, buffer, events, path-browserify, readable-stream, url, util and others)',
    'MIT',
    github('oven-sh/bun'),
    'Copyright Joyent, Inc. and other Node contributors.',
    'Copyright (C) 2012-2022 the acorn contributors',
    'Copyright (c) Feross Aboukhadijeh, and other contributors',
  ),
  component(
    'esbuild (ported parts)',
    'MIT',
    github('evanw/esbuild'),
    'Copyright (c) 2020 Evan Wallace',
  ),
];

export const IN_OPENPGP: readonly Component[] = [
  component(
    'noble-ciphers, noble-curves, noble-hashes',
    'MIT',
    github('paulmillr/noble-curves'),
    'Copyright (c) 2022 Paul Miller (https://paulmillr.com)',
    'Copyright (c) 2016 Thomas Pornin <pornin@bolet.org>',
  ),
  component('@openpgp/tweetnacl', 'Unlicense', github('openpgpjs/tweetnacl-js')),
  component(
    '@openpgp/unbzip2-stream',
    'MIT',
    github('openpgpjs/unbzip2-stream'),
    'Copyright (c) 2017 by Jan Boelsche (jan@lagomorph.de)',
    'Copyright 2011 by antimatter15 (antimatter15@gmail.com)',
  ),
  component(
    '@openpgp/web-stream-tools',
    'MIT',
    github('openpgpjs/web-stream-tools'),
    'Copyright (c) 2018 Proton Technologies A.G.',
  ),
  component(
    'argon2id',
    'MIT',
    github('openpgpjs/argon2id'),
    'Copyright (c) 2022, Proton AG',
    'Copyright (c) 2017, Emil Bay github@tixz.dk',
  ),
  component('fflate', 'MIT', github('101arrowz/fflate'), 'Copyright (c) 2026 Arjun Barrett'),
];

/** For a package that comes without its licence's text: the lines that stand above it. */
export const MISSING_COPYRIGHT: Readonly<Record<string, readonly string[]>> = {
  'koa-compose': ['Copyright (c) 2019 Koa contributors'],
};
