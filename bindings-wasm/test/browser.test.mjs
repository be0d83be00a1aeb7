// The package in Chromium: the vectors in a page without any bundler, and pages that Vite and webpack built.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'vite';
import webpack from 'webpack';

import { vectorReport } from '../../bindings-node/test/vector_report.mjs';
import { CASES } from './cases.mjs';
import { open, serve } from './chromium.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const VECTORS = `<!doctype html><script type="module">
  import * as metrion from '/dist/browser/index.js';
  import * as testing from '/dist/browser/testing.js';
  import { vectorRunner } from '/node-test/vector_runner.mjs';
  import { assert } from '/test/assertions.mjs';

  const { runCase } = vectorRunner({ ...metrion, ...testing }, assert);
  const cases = await (await fetch('/cases.json')).json();
  const outcomes = [];
  for (const updates of ['cells', 'calls']) {
    for (const { name, text } of cases) {
      const failure = await runCase(JSON.parse(text), updates).then(() => null, String);
      outcomes.push({ updates, name, failure });
    }
  }
  const wrong = { description: '', operations: [], expect: { text: ['not there'] } };
  const noticed = await runCase(wrong, 'cells').then(() => false, () => true);
  globalThis.outcome = { outcomes, noticed };
</script>`;

const counted = vectorReport('chromium');

test('the vectors in a page', async (t) => {
  const pages = {
    '/': { type: '.html', body: VECTORS },
    '/cases.json': { type: '.json', body: JSON.stringify(CASES) },
    '/favicon.ico': { type: '.css', body: '' },
  };
  const folders = { '/dist/': here('../dist'), '/test/': here('.'), '/node-test/': here('../../bindings-node/test') };
  const server = await serve(folders, pages);
  t.after(server.close);
  const { page, errors, close } = await open(server.url);
  t.after(close);
  await page.waitForFunction(() => globalThis.outcome !== undefined, undefined, { timeout: 120_000 });
  const { outcomes, noticed } = await page.evaluate(() => globalThis.outcome);
  for (const { updates, name, failure } of outcomes) {
    await counted(updates, name, () => assert.equal(failure, null, `${name}, ${updates}`));
  }
  assert.deepEqual(errors, []);
  assert.ok(noticed, 'a wrong expectation is not noticed');
  assert.equal(outcomes.length, 2 * CASES.length);
  t.diagnostic(`${outcomes.length} vectors in ${await page.evaluate(() => navigator.userAgent)}`);
});

const CLICKS = `
import { Counter, register } from 'metrion-wasm';
const clicks = new Counter({ name: 'clicks_total', help: 'Clicks.', labelNames: ['button'] });
document.querySelector('button').addEventListener('click', () => clicks.inc({ button: 'one' }));
globalThis.page = () => register.metrics();
`;

/** A folder with the program of a page, in which a bundler finds the package. */
async function program(t) {
  const root = await mkdtemp(join(tmpdir(), 'metrion-bundler-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'node_modules'));
  await symlink(here('..'), join(root, 'node_modules/metrion-wasm'));
  await writeFile(join(root, 'main.js'), CLICKS);
  return root;
}

/** Clicks in the page whose other files a bundler wrote to `dist/assets`. */
async function clicks(t, root, index) {
  const server = await serve(
    { '/assets/': join(root, 'dist/assets') },
    { '/': { type: '.html', body: index }, '/favicon.ico': { type: '.css', body: '' } },
  );
  t.after(server.close);
  const { page, errors, close } = await open(server.url);
  t.after(close);
  await page.waitForFunction(() => globalThis.page !== undefined);
  for (let i = 0; i < 3; i++) {
    await page.click('button');
  }
  assert.equal((await page.evaluate(() => globalThis.page())).split('\n').at(-2), 'clicks_total{button="one"} 3');
  assert.deepEqual(errors, []);
}

test('a page that Vite built counts clicks', async (t) => {
  const root = await program(t);
  await writeFile(join(root, 'index.html'), '<button>+</button><script type="module" src="/main.js"></script>');
  await build({ root, logLevel: 'warn', configFile: false });
  await clicks(t, root, readFileSync(join(root, 'dist/index.html'), 'utf8'));
});

test('a page that webpack built counts clicks', async (t) => {
  const root = await program(t);
  const compiler = webpack({
    mode: 'production',
    context: root,
    entry: './main.js',
    output: { path: join(root, 'dist/assets') },
    // Of files above 244 KiB it says so; size.test.mjs bounds ours.
    performance: { hints: false },
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString('errors-warnings'));
  await promisify(compiler.close.bind(compiler))();
  await clicks(t, root, '<button>+</button><script src="/assets/main.js"></script>');
});
