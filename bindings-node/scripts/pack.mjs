// Makes the npm packages: `metrion`, which names those of all platforms as optional dependencies, and those
// platform packages whose native module is given.
//
//   node bindings-node/scripts/pack.mjs FOLDER [NAME=NATIVE_MODULE ...]
//
// such as `dist metrion-linux-x64-gnu=target/release/libmetrion_node.so`, after `make package-node`.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PLATFORMS } from '../dist/platforms.js';

const [folder, ...pairs] = process.argv.slice(2);
if (folder === undefined) {
  throw new Error('usage: node pack.mjs FOLDER [NAME=NATIVE_MODULE ...]');
}

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const {
  scripts: _scripts,
  devDependencies: _dev,
  private: _private,
  ...own
} = JSON.parse(readFileSync(here('package.json'), 'utf8'));

/** Makes NAME-VERSION.tgz of the manifest and `files`, pairs of where a file is and what it is called there. */
function pack(manifest, files) {
  const staging = here(`packages/${manifest.name}`);
  mkdirSync(staging, { recursive: true });
  writeFileSync(`${staging}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [from, to] of [...files, [here('../LICENSE'), 'LICENSE']]) {
    cpSync(from, `${staging}/${to}`, { recursive: true });
  }
  execFileSync('npm', ['pack', '--silent', '--pack-destination', resolve(folder)], { cwd: staging });
}

function platformManifest(name) {
  if (!PLATFORMS.includes(name)) {
    throw new Error(`${name} is none of ${PLATFORMS.join(', ')}`);
  }
  const [, os, cpu, libc] = name.split('-');
  return {
    name,
    version: own.version,
    description: `The native module of metrion for ${os} on ${cpu}${libc === undefined ? '' : ` (${libc})`}`,
    license: own.license,
    engines: own.engines,
    main: 'metrion.node',
    files: ['metrion.node'],
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
  };
}

rmSync(here('packages'), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const optionalDependencies = Object.fromEntries(PLATFORMS.map((name) => [name, own.version]));
pack({ ...own, optionalDependencies }, ['dist', 'README.md'].map((name) => [here(name), name]));
for (const [name, file] of pairs.map((pair) => pair.split('='))) {
  pack(platformManifest(name), [[resolve(file), 'metrion.node']]);
}
