// Measures this package beside prom-client in one page in Chromium, in rounds that take turns, and writes
// target/bench/wasm.json for core/benches/table.py.
//
//   node bindings-wasm/bench/bench.mjs [--rounds=15] [--sample-ms=20] [--out=file]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

import { open, serve } from '../test/chromium.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    'sample-ms': { type: 'string', default: '20' },
    out: { type: 'string', default: here('../../target/bench/wasm.json') },
  },
});

const CASES = [
  ['wasm_inc', 'counter.inc()', null, 'counter.inc()'],
  ['wasm_labels_inc', "labels('GET', '/').inc(), 16 in turn", 10, 'requests.labels(M[i & 3], P[(i >> 2) & 3]).inc()'],
  [
    'wasm_object_inc',
    'inc({ method, path }), 16 in turn',
    null,
    'requests.inc({ method: M[i & 3], path: P[(i >> 2) & 3] })',
  ],
  ['wasm_gauge_set', 'gauge.set(2.5)', null, 'gauge.set(2.5)'],
  ['wasm_observe', 'histogram.observe(v)', null, 'histogram.observe(V[i & 1023])'],
];

// prom-client is a package for Node: of what it imports there, a page has nothing.
const withoutNode = {
  name: 'without-node',
  setup(building) {
    building.onResolve({ filter: /^(cluster|http|https|zlib|url|util|perf_hooks|process|os|fs|v8)$/ }, ({ path }) => ({
      path,
      namespace: 'nothing',
    }));
    building.onLoad({ filter: /.*/, namespace: 'nothing' }, ({ path }) => ({
      contents: path === 'util' ? "exports.inspect = String; exports.types = {};" : 'module.exports = {};',
    }));
  },
};

const bundle = await build({
  entryPoints: [here('page.mjs')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  external: ['/dist/browser/index.js'],
  plugins: [withoutNode],
  define: { 'process.env': '{}' },
});
const server = await serve(
  { '/dist/': here('../dist') },
  {
    '/': { type: '.html', body: '<!doctype html><script type="module" src="/bench.js"></script>' },
    '/bench.js': { type: '.js', body: bundle.outputFiles[0].text },
    '/favicon.ico': { type: '.css', body: '' },
  },
);
const { page, errors, close } = await open(server.url);
try {
  await page.waitForFunction(() => globalThis.measure !== undefined, undefined, { timeout: 10_000 }).catch((error) => {
    throw new Error(errors.join('\n') || error.message);
  });
  const given = { cases: CASES, rounds: Number(options.rounds), sampleMs: Number(options['sample-ms']) };
  const measured = await page.evaluate((own) => globalThis.measure(own), given);
  const version = (name) => JSON.parse(readFileSync(here(`../${name}package.json`), 'utf8')).version;
  const peer_version = version('node_modules/prom-client/');
  const rows = CASES.map(([id, title, goal], at) => row(id, title, goal, peer_version, measured[at]));
  rows.forEach((own) => {
    const reached = own.goal === null ? '' : `goal ${own.goal}x${own.ratio >= own.goal ? '' : ': not reached'}`;
    const { title, ours_ns, peer_ns, ratio, ratio_min, ratio_max } = own;
    console.log(`${title.padEnd(46)} ${ours_ns} ns, ${peer_ns} ns: ${ratio}x (${ratio_min}..${ratio_max}) ${reached}`);
  });
  const runtime = await page.evaluate(() => navigator.userAgent);
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ ours_version: version(''), runtime, rows }, null, 2)}\n`);
} finally {
  await close();
  server.close();
}

function row(id, title, goal, peer_version, { ours, peer }) {
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const rounded = (value) => Math.round(value * 100) / 100;
  const ratios = ours.map((own, at) => peer[at] / own);
  return {
    id,
    title: `Browser: ${title}`,
    ours_ns: rounded(median(ours)),
    peer: 'prom-client',
    peer_version,
    peer_ns: rounded(median(peer)),
    ratio: rounded(median(peer) / median(ours)),
    ratio_min: rounded(Math.min(...ratios)),
    ratio_max: rounded(Math.max(...ratios)),
    goal,
  };
}
