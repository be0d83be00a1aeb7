// A page in Chromium counts clicks and pushes them: what arrives is what was clicked, whatever the endpoint does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startChromium } from './browser/chromium.mjs';
import { until } from './browser/fake_page.mjs';
import { startEndpoint, startSite, status } from './browser/site.mjs';

/** Short, so that tests need not wait; none of them depends on how long it takes. */
const SHORT = { intervalSeconds: 0.05, retrySeconds: 0.05, maxRetrySeconds: 0.2, timeoutSeconds: 5 };
/** Nothing is sent but by hand, or as the page ends. */
const NEVER = { intervalSeconds: 10_000 };

/** A tab of its own browser context, with what it wrote to the console and threw. */
async function openPage(t, browser, url) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const lines = [];
  const errors = [];
  page.on('console', (message) => lines.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  const own = () => lines.filter((line) => line.startsWith('metrion:'));
  return { page, lines, own, errors, stats: () => page.evaluate(() => globalThis.pusher.stats) };
}

async function click(page, times) {
  for (let n = 0; n < times; n++) {
    await page.click('button');
  }
}

const soon = (endpoint, clicks) => until(() => endpoint.clicks() === clicks, `${clicks} clicks`);

test('in Chromium', async (t) => {
  const browser = await startChromium(t);

  await t.test('clicks of several pages arrive, each once, over the interval', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: SHORT });
    const tabs = await Promise.all([openPage(t, browser, site), openPage(t, browser, site)]);
    await Promise.all([click(tabs[0].page, 17), click(tabs[1].page, 25)]);
    await soon(endpoint, 42);
    assert.deepEqual(
      tabs.flatMap(({ lines, errors }) => [...lines, ...errors]),
      [],
    );
  });

  await t.test('a page that is left sends the rest', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: NEVER });
    const { page } = await openPage(t, browser, site);
    await click(page, 7);
    assert.equal(endpoint.clicks(), 0);
    await page.goto('about:blank');
    await soon(endpoint, 7);
    const other = await openPage(t, browser, site);
    await click(other.page, 3);
    await other.page.close({ runBeforeUnload: true });
    await soon(endpoint, 10);
  });

  await t.test('with headers, too', async (t) => {
    const endpoint = await startEndpoint(t);
    // The same origin, so that no preflight is needed as the page ends.
    const site = await startSite(t, endpoint.url, { options: { ...NEVER, headers: { 'Content-Type': 'text/plain' } } });
    const { page } = await openPage(t, browser, site);
    await click(page, 4);
    await page.goto('about:blank');
    await soon(endpoint, 4);
  });

  await t.test('an endpoint that is down for a while', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: SHORT });
    endpoint.answer = (response) => response.destroy();
    const { page, stats, own, errors } = await openPage(t, browser, site);
    await click(page, 5);
    await until(async () => (await stats()).failures >= 3);
    await click(page, 6);
    assert.equal((await stats()).queued, 1, 'what is new waits in the registry');
    endpoint.answer = undefined;
    await soon(endpoint, 11);
    await until(async () => (await stats()).failures === 0);
    assert.equal(own().length, 1, own().join('\n'));
    assert.deepEqual(errors, []);
  });

  await t.test('an endpoint that counts and then answers too late: nothing is counted twice', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: { ...SHORT, timeoutSeconds: 0.2 } });
    let silent = 0;
    endpoint.answer = (response, body) => {
      if (silent < 2) {
        silent += 1;
        endpoint.receiver.take(body);
        return response;
      }
    };
    const { page, stats } = await openPage(t, browser, site);
    await click(page, 9);
    await until(async () => silent === 2 && (await stats()).failures === 0 && (await stats()).sent > 0);
    await soon(endpoint, 9);
    const ids = endpoint.bodies.map((body) => JSON.parse(body).id);
    assert.ok(new Set(ids).size < ids.length, 'a batch came again');
  });

  await t.test('an endpoint that fails with 500, and asks to wait with 429', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: SHORT });
    const answers = [status(500), status(429, { 'Retry-After': '1' })];
    endpoint.answer = (response) => answers.shift()?.(response);
    const { page } = await openPage(t, browser, site);
    await click(page, 8);
    await soon(endpoint, 8);
    const [, refused, again] = endpoint.times;
    assert.ok(again - refused > 950, `${again - refused} ms after an answer that asked for 1 s`);
  });

  await t.test('an endpoint that refuses: dropped, counted and told, once on the console', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: NEVER });
    endpoint.answer = status(403);
    const { page, stats, own, errors } = await openPage(t, browser, site);
    for (let n = 0; n < 3; n++) {
      await click(page, 1);
      await page.evaluate(() => globalThis.pusher.flush());
    }
    assert.ok((await stats()).dropped >= 3);
    assert.equal((await stats()).queued, 0);
    endpoint.answer = undefined;
    await click(page, 2);
    await page.evaluate(() => globalThis.pusher.flush());
    assert.equal(endpoint.clicks(), 2);
    assert.ok(endpoint.totals()['push_dropped_series_total,reason=refused'] >= 1);
    assert.equal(own().length, 1, own().join('\n'));
    assert.deepEqual(errors, []);
  });

  await t.test('an endpoint that the Content-Security-Policy forbids', async (t) => {
    const endpoint = await startEndpoint(t);
    const policy = "default-src 'self' data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self'";
    const headers = { 'Content-Security-Policy': policy };
    const site = await startSite(t, endpoint.url, { options: SHORT, headers });
    const { page, own, lines, errors, stats } = await openPage(t, browser, site);
    await click(page, 3);
    await until(async () => (await stats()).dropped > 0);
    await click(page, 3);
    await page.evaluate(() => globalThis.pusher.flush());
    await page.goto('about:blank');
    assert.equal(own().length, 1, lines.join('\n'));
    assert.equal(endpoint.bodies.length, 0);
    assert.deepEqual(errors, []);
  });

  await t.test('storage that the browser forbids', async (t) => {
    const endpoint = await startEndpoint(t);
    const headers = { 'Content-Security-Policy': 'sandbox allow-scripts' };
    const site = await startSite(t, endpoint.url, { options: { ...SHORT, persist: true }, headers });
    const { page, own, errors } = await openPage(t, browser, site);
    await assert.rejects(
      page.evaluate(() => localStorage.length),
      /SecurityError/,
    );
    await click(page, 6);
    await soon(endpoint, 6);
    assert.deepEqual(own().length, 1, own().join('\n'));
    assert.match(own()[0], /not kept for the next page/);
    assert.deepEqual(errors, []);
  });

  await t.test('what could not be sent waits for the next page', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: { ...NEVER, persist: true } });
    const { page } = await openPage(t, browser, site);
    endpoint.answer = (response) => response.destroy();
    await click(page, 4);
    await page.evaluate(() => globalThis.pusher.flush());
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    assert.equal(endpoint.clicks(), 0);
    endpoint.answer = undefined;
    await page.evaluate(() => globalThis.pusher.flush());
    assert.equal(endpoint.clicks(), 4);
  });

  await t.test('more than a browser sends for a page that ends waits for the next page', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: { ...NEVER, persist: true } });
    const { page, stats, errors } = await openPage(t, browser, site);
    await page.evaluate(async () => {
      const { Counter } = await import('/dist/browser/index.js');
      const many = new Counter({ name: 'many', help: 'Many series.', labelNames: ['n'] });
      for (let n = 0; n < 400; n++) {
        many.inc({ n: String(n).padStart(400, '0') });
      }
    });
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    const left = await stats();
    assert.ok(left.queued >= 2 && left.queued <= 6, `${left.queued} batches are left`);
    await page.evaluate(() => globalThis.pusher.flush());
    const many = () => Object.entries(endpoint.totals()).filter(([name]) => name.startsWith('many_total'));
    await until(() => many().length === 400);
    assert.ok(many().every(([, value]) => value === 1));
    assert.deepEqual(errors, []);
  });

  await t.test('a vital is observed once, though the page is hidden again and its value grew', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: NEVER, collect: true });
    const { page } = await openPage(t, browser, site);
    const shiftAndHide = async () => {
      await page.evaluate(async () => {
        const shifted = new Promise((resolve) => new PerformanceObserver(resolve).observe({ type: 'layout-shift' }));
        document.body.prepend(Object.assign(document.createElement('div'), { style: 'height: 200px' }));
        await shifted;
        for (const state of ['hidden', 'visible']) {
          Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        }
      });
    };
    await shiftAndHide();
    await until(() => endpoint.totals().web_vitals_cls_count === 1);
    await shiftAndHide();
    await click(page, 1);
    await page.goto('about:blank');
    await soon(endpoint, 1);
    assert.equal(endpoint.totals().web_vitals_cls_count, 1);
    assert.ok(endpoint.totals().web_vitals_cls_sum > 0);
  });

  await t.test('the page itself is measured', async (t) => {
    const endpoint = await startEndpoint(t);
    const site = await startSite(t, endpoint.url, { options: NEVER, collect: true });
    const { page, errors } = await openPage(t, browser, site);
    await page.waitForLoadState('load');
    await page.evaluate(async () => {
      await fetch('/price');
      await fetch('/nothing');
      await fetch('http://127.0.0.1:1/').catch(() => {});
      setTimeout(() => {
        throw new Error('on purpose');
      });
      void Promise.reject(new Error('on purpose, too'));
    });
    await click(page, 2);
    await until(() => errors.length === 2);
    // An interaction is known once the browser has painted after it, and the library looks at it when it is idle.
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const seen = new PerformanceObserver(() => requestIdleCallback(() => resolve(), { timeout: 2000 }));
          seen.observe({ type: 'first-input', buffered: true });
        }),
    );
    await page.goto('about:blank');
    await soon(endpoint, 2);
    const counts = [
      'page_load_seconds_count,phase=total',
      'web_vitals_lcp_seconds_count',
      'web_vitals_fcp_seconds_count',
      'web_vitals_ttfb_seconds_count',
      'web_vitals_inp_seconds_count',
      'web_vitals_cls_count',
      'fetch_duration_seconds_count,method=GET,status=200,route=/price',
      'fetch_duration_seconds_count,method=GET,status=404,route=/nothing',
      'fetch_duration_seconds_count,method=GET,status=error,route=/',
      'uncaught_errors_total,kind=error',
      'uncaught_errors_total,kind=unhandled_rejection',
    ];
    const totals = endpoint.totals();
    assert.deepEqual(
      counts.map((name) => [name, totals[name]]),
      counts.map((name) => [name, 1]),
    );
    const seconds = totals['page_load_seconds_sum,phase=total'];
    assert.ok(seconds > 0 && seconds < 60, `${seconds}`);
  });
});
