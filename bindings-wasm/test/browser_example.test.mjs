// examples/browser as its README says: the page as it is, and as Vite builds it, in front of the server.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'vite';

import { startChromium } from './browser/chromium.mjs';
import { until } from './browser/fake_page.mjs';

const EXAMPLE = fileURLToPath(new URL('../../examples/browser/', import.meta.url));

/** The server on a free port; its address. */
async function startServer(t, ...folder) {
  const server = spawn(process.execPath, ['server.mjs', '0', ...folder], {
    cwd: EXAMPLE,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  for await (const address of createInterface(server.stdout)) {
    return address;
  }
  throw new Error('the server ended without telling its address');
}

const counts = async (address) =>
  Object.fromEntries(
    (await (await fetch(`${address}metrics`)).text())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

/** Clicks about, leaves, and compares with what Prometheus would see. */
async function tryPage(t, address) {
  const browser = await startChromium(t);
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  await until(async () => (await page.textContent('#own')).includes('uncaught_errors_total'));
  for (const [tea, times] of [
    ['green', 5],
    ['mint', 2],
  ]) {
    for (let n = 0; n < times; n++) {
      await page.click(`[data-tea=${tea}]`);
    }
  }
  assert.equal(await page.textContent('[data-tea=green] output'), '5');
  await page.click('#price');
  await page.click('#fail');
  await page.click('#push');
  await until(async () => (await page.textContent('#all')).includes('tea_orders_total{tea="green"} 5'));
  await page.click('[data-tea=mint]');
  await page.goto('about:blank');
  await until(async () => (await counts(address))['tea_orders_total{tea="mint"}'] === 3);
  const all = await counts(address);
  assert.equal(all['tea_orders_total{tea="green"}'], 5);
  assert.equal(all['fetch_duration_seconds_count{method="GET",status="200",route="/price"}'], 1);
  assert.equal(all['uncaught_errors_total{kind="error"}'], 1);
  assert.equal(all['page_load_seconds_count{phase="total"}'], 1);
  assert.equal(all['web_vitals_lcp_seconds_count'], 1);
  assert.equal(all['push_batches_total{result="refused"}'] ?? 0, 0);
  assert.ok(all.process_start_time_seconds > 0, "the server's own metrics are there, too");
  assert.deepEqual(errors, ['the kettle is cold']);
}

test('the example, with its packages installed', async (t) => {
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: EXAMPLE, stdio: 'pipe' });

  await t.test('as it is', async (t) => tryPage(t, await startServer(t)));

  await t.test('as Vite builds it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'metrion-vite-'));
    t.after(() => rmSync(folder, { recursive: true }));
    await build({ root: EXAMPLE, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    await tryPage(t, await startServer(t, folder));
  });

  await t.test('the server takes no nonsense', async (t) => {
    const address = await startServer(t);
    const push = async (body) => (await fetch(`${address}push`, { method: 'POST', body })).status;
    assert.equal(await push('x'), 400);
    assert.equal(await push('x'.repeat(65_537)), 413);
    assert.equal((await fetch(`${address}..%2f..%2fpackage.json`)).status, 404);
    assert.equal((await fetch(`${address}server.mjs`)).status, 404);
    assert.equal((await counts(address))['push_batches_total{result="refused"}'], 2);
  });
});
