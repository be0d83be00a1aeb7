// What a page downloads: printed, and bounded.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// What a page should take, and what it may take at most until it does.
const GOAL = 60_000;
const BOUND = 135_000;

test('the module and the JavaScript around it are small', (t) => {
  const browser = here('../dist/browser');
  const scripts = readdirSync(browser).filter((name) => name === 'index.js' || name.startsWith('chunk-'));
  const files = [here('../dist/metrion.wasm'), ...scripts.map((name) => `${browser}/${name}`)];
  let total = 0;
  for (const file of files) {
    const bytes = readFileSync(file);
    const gzipped = gzipSync(bytes, { level: 9 }).length;
    total += gzipped;
    t.diagnostic(`${file.split('/').at(-1)}: ${bytes.length} bytes, ${gzipped} gzipped`);
  }
  t.diagnostic(`together: ${total} gzipped; the goal is ${GOAL}, the bound ${BOUND}`);
  assert.ok(files.length > 1 && total > 0);
  assert.ok(total <= BOUND, `${total} bytes`);
});
