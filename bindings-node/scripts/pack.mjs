// Makes the npm packages in `packages/`: `metrion`, which names those of all platforms as optional
// dependencies, and the one with the native module of this machine.
//
//   node bindings-node/scripts/pack.mjs   after `make package-node`

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { PLATFORMS, platformPackage } from '../dist/platforms.js';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const {
  scripts: _scripts,
  devDependencies: _dev,
  private: _private,
  ...own
} = JSON.parse(readFileSync(here('package.json'), 'utf8'));

function write(name, manifest, files) {
  const folder = here(`packages/${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  files.forEach((file) => cpSync(here(file), `${folder}/${file}`, { recursive: true }));
}

rmSync(here('packages'), { recursive: true, force: true });
const optionalDependencies = Object.fromEntries(PLATFORMS.map((name) => [name, own.version]));
write('metrion', { ...own, optionalDependencies }, ['dist', 'README.md']);

const name = platformPackage();
const [, os, cpu, libc] = name.split('-');
const platform = {
  name,
  version: own.version,
  description: `The native module of metrion for ${os} on ${cpu}`,
  license: own.license,
  engines: own.engines,
  main: 'metrion.node',
  files: ['metrion.node'],
  os: [os],
  cpu: [cpu],
  ...(libc === undefined ? {} : { libc: [libc === 'gnu' ? 'glibc' : 'musl'] }),
};
write(name, platform, ['metrion.node']);
console.log(`made packages/metrion and packages/${name}`);
