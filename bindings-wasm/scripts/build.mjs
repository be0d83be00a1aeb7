// Makes `dist/` of the WebAssembly modules that `make package-wasm` built: the sources that Node's package
// has, too, around this package's own `native.ts`, once for Node and once for everything else.

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { shrink } from './shrink.mjs';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const WASM = here('../target/wasm-package');
const SHARED = [
  ...['bucket_generators', 'buckets', 'calls', 'cells', 'collector', 'counter', 'errors', 'gauge', 'histogram'],
  ...['info', 'json', 'labels', 'metric', 'native_module', 'numbers', 'registry', 'state_set', 'summary'],
  'timer',
];
const MODULES = ['metrion', 'formats'];
const ENTRIES = ['index', 'testing', 'browser/index'];

// The sources side by side: what is imported as `./native` is then this package's own.
const sources = here('build/ts');
rmSync(here('build'), { recursive: true, force: true });
rmSync(here('dist'), { recursive: true, force: true });
mkdirSync(`${sources}/wasm`, { recursive: true });
SHARED.forEach((name) => copyFileSync(here(`../bindings-node/ts/${name}.ts`), `${sources}/${name}.ts`));
cpSync(here('ts'), sources, { recursive: true });
const GLUE = MODULES.flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
GLUE.forEach((file) => copyFileSync(`${WASM}/${file}`, `${sources}/wasm/${file}`));

execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', sources], { stdio: 'inherit' });
for (const [folder, node] of [
  ['node', true],
  ['browser', false],
]) {
  await build({
    entryPoints: ENTRIES.map((name) => `${sources}/${name}.ts`),
    outdir: here(`dist/${folder}`),
    define: { NODE: String(node) },
    platform: node ? 'node' : 'browser',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
  });
}
for (const name of MODULES) {
  writeFileSync(here(`dist/${name}.wasm`), shrink(readFileSync(`${WASM}/${name}_bg.wasm`)));
}
console.log(`made ${readdirSync(here('dist/browser')).length} files for browsers`);
