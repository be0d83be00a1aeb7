// What a page sends, and what it does when that fails: with a page that is made of fakes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Counter, Gauge, Histogram, MetrionError, Registry, Summary } from 'metrion-wasm';
import { Pusher } from 'metrion-wasm/browser';

import { Receiver } from '../../examples/browser/receiver.mjs';
import { blockedStorage, fakePage, fakeStorage, until } from './browser/fake_page.mjs';

const URL_OF = 'https://shop.test/push';
const DOWN = () => Promise.reject(new TypeError('Failed to fetch'));
const status = (code, headers) => () => new Response(null, { status: code, headers });
const ACCEPTED = status(204);

/** A page, its clock, and a pusher that ends with the test. */
function start(t, { page: given, registry = new Registry(), ...options } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  t.mock.method(Math, 'random', () => 0.5);
  const page = fakePage(t, given);
  const pusher = new Pusher({ url: '/push', registry, ...options });
  t.after(() => pusher.stop());
  const clicks = new Counter({ name: 'clicks', help: 'Clicks.', registers: [registry] });
  return { page, pusher, registry, clicks };
}

/** What a receiver has of a counter after these batches. */
function total(sent, name = 'clicks_total') {
  const receiver = new Receiver();
  sent.forEach(({ body }) => receiver.take(body));
  const samples = receiver.collect().flatMap((family) => family.samples);
  return samples.find((sample) => sample.name === name)?.value;
}

const families = ({ body }) => Object.fromEntries(JSON.parse(body).families.map((family) => [family.name, family]));

test('only what moved is sent, as the difference', async (t) => {
  const { page, pusher, registry, clicks } = start(t);
  const seconds = new Histogram({
    name: 'h_seconds',
    help: 'H.',
    labelNames: ['a'],
    buckets: [1, 2],
    registers: [registry],
  });
  clicks.inc(2);
  seconds.observe({ a: 'x' }, 1.5);
  await pusher.flush();
  clicks.inc(3);
  await pusher.flush();
  await pusher.flush();
  assert.equal(page.requests.length, 2, 'nothing moved before the third');
  const [first, second] = page.requests.map(families);
  assert.deepEqual(first.clicks.series, [{ labels: {}, value: 2 }]);
  assert.deepEqual(first.h_seconds.series, [
    {
      labels: { a: 'x' },
      count: 1,
      sum: 1.5,
      buckets: [
        { le: 1, count: 0 },
        { le: 2, count: 1 },
        { le: '+Inf', count: 1 },
      ],
    },
  ]);
  assert.deepEqual(Object.keys(second), ['clicks']);
  assert.deepEqual(second.clicks.series, [{ labels: {}, value: 3 }]);
  assert.equal(page.requests[0].url, URL_OF);
  assert.equal(page.requests[0].keepalive, true);
  assert.deepEqual(page.lines, []);
});

test('gauges go as they are when they changed; quantiles stay', async (t) => {
  const { page, pusher, registry } = start(t);
  const gauge = new Gauge({ name: 'g', help: '', registers: [registry] });
  const summary = new Summary({ name: 's', help: '', percentiles: [0.5], registers: [registry] });
  gauge.set(-Infinity);
  summary.observe(2);
  await pusher.flush();
  gauge.set(7);
  gauge.set(-Infinity);
  await pusher.flush();
  gauge.set(5);
  await pusher.flush();
  assert.equal(page.requests.length, 2);
  const [first, second] = page.requests.map(families);
  assert.deepEqual(first.g.series, [{ labels: {}, value: '-Inf' }]);
  assert.deepEqual(first.s.series, [{ labels: {}, count: 1, sum: 2 }]);
  assert.deepEqual(second.g.series, [{ labels: {}, value: 5 }]);
});

test('a counter that was reset starts again', async (t) => {
  const { page, pusher, clicks } = start(t);
  clicks.inc(5);
  await pusher.flush();
  t.mock.timers.tick(1);
  clicks.reset();
  clicks.inc(7);
  await pusher.flush();
  assert.equal(total(page.requests), 12);
});

test('a counter of a collector that became smaller starts again', async (t) => {
  const { page, pusher, registry } = start(t);
  let value = 5;
  registry.registerCollector({
    collect: () => [{ name: 'other', type: 'counter', samples: [{ name: 'other_total', value }] }],
  });
  await pusher.flush();
  value = 3;
  await pusher.flush();
  assert.equal(total(page.requests, 'other_total'), 8);
});

test('what is read twice at the same time is sent once', async (t) => {
  const { page, pusher, registry, clicks } = start(t);
  const collect = () => new Promise((resolve) => setImmediate(resolve));
  new Gauge({ name: 'slow', help: '', registers: [registry], collect });
  clicks.inc(4);
  page.hide();
  page.leave();
  await pusher.flush();
  await until(() => pusher.stats.queued === 0);
  assert.equal(sumOf([...page.requests, ...page.beacons]), 4);
});

test('what is under way is not given to a beacon, too', async (t) => {
  let answer;
  const answers = [() => new Promise((resolve) => (answer = resolve)), ACCEPTED];
  const { page, pusher, clicks } = start(t, { page: { answers } });
  clicks.inc(4);
  const round = pusher.flush();
  await until(() => page.requests.length === 1);
  clicks.inc(2);
  page.hide();
  await until(() => page.beacons.length > 0);
  answer(ACCEPTED());
  await round;
  assert.deepEqual([total(page.requests), total(page.beacons)], [4, 2]);
});

test('the interval sends by itself', async (t) => {
  const { page, clicks } = start(t, { intervalSeconds: 20 });
  clicks.inc();
  t.mock.timers.tick(19_999);
  assert.equal(page.requests.length, 0);
  t.mock.timers.tick(1);
  await until(() => page.requests.length === 1);
});

test('a failed batch comes again under its id, later each time, and is added once', async (t) => {
  const { page, pusher, clicks } = start(t, { page: { answers: [DOWN, DOWN, DOWN, ACCEPTED] }, retrySeconds: 4 });
  clicks.inc(1);
  await pusher.flush();
  assert.equal(pusher.stats.failures, 1);
  // Half of the wait and half of a random part of the rest: 0.75 of 4, 8, 16.
  for (const [tries, wait] of [
    [1, 3],
    [2, 6],
    [3, 12],
  ]) {
    assert.equal(page.requests.length, tries);
    t.mock.timers.tick(wait * 1000 - 1);
    clicks.inc(1);
    assert.equal(page.requests.length, tries, 'too early');
    t.mock.timers.tick(1);
    await until(() => page.requests.length > tries);
    await until(() => pusher.stats.failures === (tries < 3 ? tries + 1 : 0));
  }
  await pusher.flush();
  const ids = page.requests.map(({ body }) => JSON.parse(body).id);
  assert.equal(new Set(ids.slice(0, 4)).size, 1);
  assert.equal(total(page.requests), 4);
  assert.equal(page.lines.length, 1, page.lines.join('\n'));
});

test('Retry-After is waited for, in seconds and as a date', async (t) => {
  const date = new Date(Date.UTC(1970, 0, 1, 0, 3)).toUTCString();
  const answers = [status(429, { 'retry-after': '90' }), status(503, { 'retry-after': date }), ACCEPTED];
  const { page, pusher, clicks } = start(t, { page: { answers } });
  clicks.inc();
  await pusher.flush();
  clicks.inc();
  page.hide();
  await until(() => pusher.stats.queued === 2);
  t.mock.timers.tick(89_999);
  assert.equal(page.requests.length, 1);
  t.mock.timers.tick(1);
  await until(() => pusher.stats.failures === 2);
  t.mock.timers.tick(89_999);
  assert.equal(page.requests.length, 2);
  t.mock.timers.tick(1);
  await until(() => pusher.stats.sent === 2);
  assert.deepEqual(page.beacons, [], 'not even a beacon');
});

test('an answer that does not come ends in a time-out', async (t) => {
  const hangs = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { page, pusher, clicks } = start(t, { page: { answers: [hangs, ACCEPTED] }, timeoutSeconds: 5 });
  clicks.inc(2);
  const round = pusher.flush();
  await until(() => page.requests.length === 1);
  t.mock.timers.tick(5000);
  await round;
  assert.equal(pusher.stats.lastError, 'no answer within 5 s');
  await pusher.flush();
  assert.equal(total(page.requests), 2);
});

test('while the endpoint is down the queue stays within its bounds, and nothing is lost', async (t) => {
  const { page, pusher, registry } = start(t, { page: { answers: [DOWN] }, maxQueue: 3, maxBytes: 2000 });
  const counter = new Counter({ name: 'many', help: '', labelNames: ['n'], registers: [registry] });
  for (let round = 0; round < 50; round++) {
    for (let n = 0; n < 100; n++) {
      counter.inc({ n });
    }
    await pusher.flush();
    const { queued, queuedBytes } = pusher.stats;
    assert.ok(queued <= 3 && queuedBytes <= 2000, `${queued} batches, ${queuedBytes} bytes`);
  }
  page.answers = [ACCEPTED];
  page.requests.length = 0;
  await until(async () => {
    await pusher.flush();
    return pusher.stats.queued === 0 && sumOf(page.requests) === 5000;
  });
  assert.equal(pusher.stats.dropped, 0);
});

const sumOf = (requests) => {
  const receiver = new Receiver();
  requests.forEach(({ body }) => receiver.take(body));
  return receiver
    .collect()
    .flatMap((family) => family.samples)
    .reduce((sum, sample) => sum + sample.value, 0);
};

test('what the endpoint refuses is dropped, counted and told', async (t) => {
  const told = [];
  const onDrop = (dropped) => {
    told.push(dropped);
    throw new Error('of the page');
  };
  const { page, pusher, registry, clicks } = start(t, { page: { answers: [status(403), ACCEPTED] }, onDrop });
  clicks.inc(5);
  await pusher.flush();
  clicks.inc(2);
  await pusher.flush();
  assert.deepEqual(told, [{ reason: 'refused', series: 1 }]);
  assert.equal(total(page.requests.slice(1)), 2);
  assert.equal(pusher.stats.dropped, 1);
  assert.match(await registry.metrics(), /^push_dropped_series_total\{reason="refused"\} 1$/m);
  assert.equal(page.lines.length, 2, page.lines.join('\n'));
  assert.match(page.lines[0], /403/);
});

test('a page that is hidden or left hands everything to beacons, in pieces', async (t) => {
  const { page, pusher, registry } = start(t);
  const counter = new Counter({ name: 'many', help: '', labelNames: ['text'], registers: [registry] });
  const text = 'ü'.repeat(500);
  for (let n = 0; n < 100; n++) {
    counter.inc({ text: text + n });
  }
  page.hide();
  await until(() => page.beacons.length >= 4);
  counter.inc({ text: 'last' });
  page.leave();
  await until(() => sumOf(page.beacons) === 101);
  assert.ok(page.beacons.every(({ body }) => Buffer.byteLength(body) <= 30_000));
  assert.equal(pusher.stats.queued, 0);
  await pusher.flush();
  assert.equal(page.requests.length, 0, 'what beacons took is not sent again');
});

test('beacons that the browser does not take stay in the queue', async (t) => {
  const { page, pusher, clicks } = start(t);
  page.takesBeacons = false;
  clicks.inc(3);
  page.hide();
  await until(() => pusher.stats.queued === 1);
  await pusher.flush();
  assert.equal(total(page.requests), 3);
});

test('a beacon is not trusted while the endpoint is down', async (t) => {
  const { page, pusher, clicks } = start(t, { page: { answers: [DOWN, ACCEPTED] } });
  clicks.inc(3);
  await pusher.flush();
  page.hide();
  await until(() => page.beacons.length === 1);
  assert.equal(pusher.stats.queued, 1);
  await pusher.flush();
  assert.equal(total([...page.beacons, ...page.requests]), 3, 'the id tells that it is the same');
});

test('with headers, fetch takes the place of beacons', async (t) => {
  const { page, pusher, clicks } = start(t, { headers: { authorization: 'Bearer x' } });
  clicks.inc(3);
  page.hide();
  await until(() => page.requests.length === 1);
  assert.deepEqual(page.requests[0].headers, { authorization: 'Bearer x' });
  assert.equal(page.requests[0].keepalive, true);
  assert.equal(page.beacons.length, 0);
  await until(() => pusher.stats.queued === 0);
});

test('batches that are left go to the next page', async (t) => {
  const storage = fakeStorage();
  const first = start(t, { page: { answers: [DOWN], storage }, persist: true });
  first.clicks.inc(4);
  await first.pusher.flush();
  first.page.leave();
  await until(() => storage().getItem(`metrion-pusher:${URL_OF}`));
  await t.test('which sends them', async (next) => {
    const page = fakePage(next, { storage });
    const pusher = new Pusher({ url: '/push', registry: new Registry(), persist: true });
    await pusher.flush();
    await pusher.stop();
    assert.equal(total(page.requests), 4);
    assert.equal(storage().getItem(`metrion-pusher:${URL_OF}`), null);
  });
});

test('what an earlier page left beyond the bounds is dropped and told; rubbish is ignored', async (t) => {
  const storage = fakeStorage();
  const stored = (id) => ({ id, series: 2, body: JSON.stringify({ version: 1, id, families: [] }) });
  storage().setItem(`metrion-pusher:${URL_OF}`, JSON.stringify([stored('a'), 7, null, stored('b'), { id: 'c' }]));
  const told = [];
  const { pusher } = start(t, { page: { storage }, persist: true, maxQueue: 1, onDrop: (own) => told.push(own) });
  assert.equal(pusher.stats.queued, 1);
  assert.deepEqual(told, [{ reason: 'full', series: 2 }]);
});

test('blocked storage is one line, and no exception', async (t) => {
  const { page, pusher, clicks } = start(t, { page: { answers: [DOWN], storage: blockedStorage }, persist: true });
  clicks.inc();
  await pusher.flush();
  page.leave();
  page.leave();
  await until(() => page.beacons.length === 2);
  assert.equal(page.lines.filter((line) => line.includes('next page')).length, 1, page.lines.join('\n'));
});

test('a policy that forbids the endpoint ends the pusher', async (t) => {
  const told = [];
  const { page, pusher, clicks } = start(t, { page: { answers: [DOWN] }, onDrop: (own) => told.push(own) });
  clicks.inc();
  await pusher.flush();
  const violation = { effectiveDirective: 'connect-src', disposition: 'enforce', blockedURI: URL_OF };
  page.document.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), violation));
  assert.deepEqual(told, [{ reason: 'blocked', series: 1 }]);
  t.mock.timers.tick(1_000_000);
  page.leave();
  await pusher.flush();
  assert.equal(page.requests.length, 1);
  assert.equal(page.lines.length, 1, page.lines.join('\n'));
});

test('a series that is longer than a batch may be is dropped, the others are not', async (t) => {
  const { page, pusher, registry, clicks } = start(t);
  const counter = new Counter({ name: 'long', help: '', labelNames: ['text'], registers: [registry] });
  counter.inc({ text: 'x'.repeat(40_000) });
  clicks.inc();
  await pusher.flush();
  assert.equal(total(page.requests), 1);
  assert.match(await registry.metrics(), /^push_dropped_series_total\{reason="too_long"\} 1$/m);
});

test('a failing collect is one line', async (t) => {
  const { page, pusher, registry } = start(t);
  const collect = () => {
    throw new Error('no number');
  };
  new Gauge({ name: 'g', help: '', registers: [registry], collect });
  await pusher.flush();
  await pusher.flush();
  assert.deepEqual(page.lines, ['metrion: the metrics could not be read: Error: no number']);
});

test('a wrong option is an error with a code', (t) => {
  fakePage(t);
  const registry = new Registry();
  const wrong = [
    undefined,
    null,
    {},
    { url: 'ftp://shop.test/' },
    { url: 'https://' },
    { url: '/push', intervalSeconds: 0 },
    { url: '/push', intervalSeconds: '1' },
    { url: '/push', timeoutSeconds: Infinity },
    { url: '/push', retrySeconds: NaN },
    { url: '/push', maxQueue: 0 },
    { url: '/push', maxQueue: 1.5 },
    { url: '/push', maxBytes: -1 },
    { url: '/push', registry: {} },
    { url: '/push', headers: 'x' },
    { url: '/push', onDrop: 1 },
    { url: '/push', persist: 'yes' },
  ];
  for (const options of wrong) {
    assert.throws(
      () => new Pusher(options && { registry, ...options }),
      (error) => error instanceof MetrionError && error.code === 'invalid_value',
      JSON.stringify(options),
    );
  }
});
