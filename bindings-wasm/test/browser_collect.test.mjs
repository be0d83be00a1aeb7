// What is measured of a page, and that the page does not notice: with a page that is made of fakes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { MetrionError, Registry } from 'metrion-wasm';
import { Pusher, collectBrowserMetrics } from 'metrion-wasm/browser';

import { fakePage, until } from './browser/fake_page.mjs';

const lines = async (registry) => (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
const counted = async (registry, start) => (await lines(registry)).filter((line) => line.startsWith(start));

/** A page of which only `what` is measured. */
function start(t, what, answers) {
  const page = fakePage(t, { answers });
  const registry = new Registry();
  const none = { pageLoad: false, webVitals: false, errors: false, fetch: false };
  const metrics = collectBrowserMetrics({ registry, ...none, ...what });
  t.after(() => metrics.stop());
  return { page, registry, metrics };
}

const COUNT = 'fetch_duration_seconds_count';

test('fetch is timed by method, status and route', async (t) => {
  const answers = [
    () => new Response('a'),
    () => new Response('b', { status: 404 }),
    () => new Response('c'),
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => Promise.reject(new DOMException('stop', 'AbortError')),
    () => Object.defineProperty(new Response(), 'type', { value: 'opaque' }),
  ];
  const { registry } = start(t, { fetch: { route: (url) => url.pathname.replace(/\d+/, ':id') } }, answers);
  assert.equal(await (await fetch('/items/7')).text(), 'a');
  assert.equal((await fetch(new URL('https://shop.test/items/8'), { method: 'post' })).status, 404);
  await fetch(new Request('https://shop.test/items/9', { method: 'DELETE' }));
  await assert.rejects(fetch('/x'), { name: 'TypeError', message: 'Failed to fetch' });
  await assert.rejects(fetch('/x'), { name: 'AbortError' });
  await fetch('/x', { method: 'BREW' });
  await until(async () => (await counted(registry, COUNT)).length === 6);
  assert.deepEqual((await counted(registry, COUNT)).sort(), [
    `${COUNT}{method="DELETE",status="200",route="/items/:id"} 1`,
    `${COUNT}{method="GET",status="200",route="/items/:id"} 1`,
    `${COUNT}{method="GET",status="aborted",route="/x"} 1`,
    `${COUNT}{method="GET",status="error",route="/x"} 1`,
    `${COUNT}{method="POST",status="404",route="/items/:id"} 1`,
    `${COUNT}{method="other",status="opaque",route="/x"} 1`,
  ]);
});

test('by default a route is whether the origin is the same', async (t) => {
  const { registry } = start(t, { fetch: true });
  await fetch('/a');
  await fetch('https://other.test/b');
  await until(async () => (await counted(registry, COUNT)).length === 2);
  assert.deepEqual((await counted(registry, COUNT)).sort(), [
    `${COUNT}{method="GET",status="204",route="cross-origin"} 1`,
    `${COUNT}{method="GET",status="204",route="same-origin"} 1`,
  ]);
});

test("fetch keeps its this, its answer, and what it throws; a route's error is not the page's", async (t) => {
  const answer = new Response();
  const seen = [];
  fakePage(t);
  const original = function (...args) {
    seen.push([this, ...args]);
    if (args[0] === 'throw') {
      throw new RangeError('of the original');
    }
    return Promise.resolve(answer);
  };
  globalThis.fetch = original;
  const registry = new Registry();
  const route = () => {
    throw new Error('of the route');
  };
  const metrics = collectBrowserMetrics({ registry, webVitals: false, pageLoad: false, fetch: { route } });
  const own = {};
  assert.equal(await fetch.call(own, '/a', null), answer);
  assert.throws(() => fetch('throw'), RangeError);
  assert.deepEqual(seen[0], [own, '/a', null]);
  assert.equal(seen[1][0], undefined);
  await until(async () => (await counted(registry, COUNT)).length === 1);
  assert.deepEqual(await counted(registry, COUNT), [`${COUNT}{method="GET",status="200",route="unmatched"} 1`]);
  metrics.stop();
  assert.equal(globalThis.fetch, original);
});

test('when somebody else wrapped fetch, stop only ends the timing', async (t) => {
  const { registry, metrics } = start(t, { fetch: true });
  const ours = globalThis.fetch;
  const theirs = (...args) => ours(...args);
  globalThis.fetch = theirs;
  metrics.stop();
  assert.equal(globalThis.fetch, theirs);
  assert.equal((await fetch('/a')).status, 204);
  assert.deepEqual(await counted(registry, COUNT), []);
});

test('a rejection that the page does not handle is still unhandled', async (t) => {
  start(t, { fetch: true }, [() => Promise.reject(new TypeError('Failed to fetch'))]);
  const heard = [];
  const hear = (reason) => heard.push(reason.message);
  // The runner's own listeners would fail the test.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', hear);
  try {
    void fetch('/a');
    await until(() => heard.length > 0);
    assert.deepEqual(heard, ['Failed to fetch']);
  } finally {
    process.removeListener('unhandledRejection', hear);
    others.forEach((other) => process.on('unhandledRejection', other));
  }
});

test('what the pusher sends is not timed', async (t) => {
  const { page, registry } = start(t, { fetch: true });
  const pusher = new Pusher({ url: '/push', registry });
  await fetch('/a');
  await until(async () => (await counted(registry, COUNT)).length === 1);
  await pusher.flush();
  await pusher.flush();
  await pusher.stop();
  assert.equal(page.requests.length, 2, 'the page, and one batch');
  assert.equal((await counted(registry, COUNT)).length, 1);
});

test('uncaught errors and unhandled rejections are counted until stop', async (t) => {
  const { page, registry, metrics } = start(t, { errors: true, prefix: 'app_', labels: { release: '7' } });
  page.window.dispatchEvent(new Event('error'));
  page.window.dispatchEvent(new Event('error'));
  page.window.dispatchEvent(new Event('unhandledrejection'));
  metrics.stop();
  page.window.dispatchEvent(new Event('error'));
  assert.deepEqual((await counted(registry, 'app_')).sort(), [
    'app_uncaught_errors_total{release="7",kind="error"} 2',
    'app_uncaught_errors_total{release="7",kind="unhandled_rejection"} 1',
  ]);
});

test('the phases of loading that happened are observed once', async (t) => {
  const marks = { startTime: 0, redirectStart: 0, redirectEnd: 0, domainLookupStart: 10, domainLookupEnd: 30 };
  const later = { requestStart: 40, responseStart: 140, responseEnd: 150, domContentLoadedEventEnd: 400 };
  const entry = { ...marks, ...later, loadEventStart: 500, loadEventEnd: 600 };
  const rest = { connectStart: 30, connectEnd: 40, secureConnectionStart: 0 };
  t.mock.method(performance, 'getEntriesByType', () => [{ ...entry, ...rest }]);
  const { registry } = start(t, { pageLoad: true });
  await until(async () => (await counted(registry, 'page_load_seconds_sum')).length > 0);
  assert.deepEqual((await counted(registry, 'page_load_seconds_sum')).sort(), [
    'page_load_seconds_sum{phase="connect"} 0.01',
    'page_load_seconds_sum{phase="dns"} 0.02',
    'page_load_seconds_sum{phase="dom"} 0.25',
    'page_load_seconds_sum{phase="load"} 0.1',
    'page_load_seconds_sum{phase="request"} 0.1',
    'page_load_seconds_sum{phase="response"} 0.01',
    'page_load_seconds_sum{phase="total"} 0.6',
  ]);
});

test('what the browser lacks is left out in silence', async (t) => {
  const page = fakePage(t);
  delete globalThis.fetch;
  const registry = new Registry();
  const metrics = collectBrowserMetrics({ registry });
  metrics.stop();
  metrics.stop();
  assert.deepEqual(page.lines, []);
  assert.equal('fetch' in globalThis, false);
});

test('a wrong configuration is an error with a code, and changes nothing', async (t) => {
  const page = fakePage(t);
  const before = globalThis.fetch;
  const registry = new Registry();
  const wrong = [
    [null, 'invalid_value'],
    [7, 'invalid_value'],
    [{ registry: {} }, 'invalid_value'],
    [{ registry, prefix: 7 }, 'invalid_name'],
    [{ registry, prefix: '7-' }, 'invalid_name'],
    [{ registry, labels: { 'no-name': 'x' } }, 'invalid_name'],
    [{ registry, fetch: { route: '/x' } }, 'invalid_value'],
    [{ registry, fetch: { buckets: [2, 1] } }, 'invalid_buckets'],
  ];
  for (const [config, code] of wrong) {
    assert.throws(
      () => collectBrowserMetrics(config),
      (error) => error instanceof MetrionError && error.code === code,
      JSON.stringify(config),
    );
    assert.equal(globalThis.fetch, before);
  }
  page.window.dispatchEvent(new Event('error'));
  assert.deepEqual(await counted(registry, 'uncaught_errors_total{kind="error"}'), [
    'uncaught_errors_total{kind="error"} 0',
  ]);
});

test('what it adds to a page is small', (t) => {
  const file = new URL('../dist/browser/browser/index.js', import.meta.url);
  const gzipped = gzipSync(readFileSync(file), { level: 9 }).length;
  t.diagnostic(`metrion-wasm/browser: ${gzipped} bytes gzipped beside metrion-wasm`);
  assert.ok(gzipped > 0 && gzipped < 10_000, `${gzipped} bytes`);
});
