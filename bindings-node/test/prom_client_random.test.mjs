// Long random sequences of calls: after each the drop-in's page is prom-client's, byte for byte.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const dropIn = require('metrion/prom-client');
const original = require('prom-client');

// Not the empty text: prom-client has a series for it beside that of a label that is left out.
const LABELS = ['x', 'y"\n\\', 3, 'w'];

// What may be called, with two label values, a number and which form of the call it is.
const CALLS = [
  (m, { a, b, value, form }) => m.counter.inc([{ a }, { b, a }, { a, b }][form], value),
  (m, { a, b }) => m.counter.inc({ a, b }),
  (m, { a, b, value }) => m.counter.labels(a, b).inc(value),
  (m, { a, b }) => m.counter.remove(a, b),
  (m, { a }) => m.counter.remove({ a }),
  (m) => m.counter.reset(),
  (m, { value }) => m.plainCounter.inc(value),
  (m) => m.plainCounter.reset(),
  (m, { a, value }) => m.gauge.set({ a }, value),
  (m, { a, value }) => m.gauge.inc({ a }, value),
  (m, { a, value }) => m.gauge.labels(a).dec(value),
  (m, { a }) => m.gauge.remove(a),
  (m) => m.gauge.reset(),
  (m, { value }) => m.plainGauge.set(value),
  (m) => m.plainGauge.dec(),
  (m, { a, value }) => m.histogram.observe({ a }, value),
  (m, { a, value }) => m.histogram.labels(a).observe(value),
  (m, { a }) => m.histogram.zero({ a }),
  (m, { a }) => m.histogram.remove(a),
  (m, { value }) => m.plainHistogram.observe(value),
  (m) => m.plainHistogram.reset(),
  (m, { a, value }) => m.summary.observe({ a }, value),
  (m, { a }) => m.summary.remove(a),
  (m) => m.summary.reset(),
  (m, { value }) => m.plainSummary.observe(value),
  (m, { form }) => m.register.setDefaultLabels(form === 0 ? {} : { env: 'q', a: 'default' }),
];

function metricsOf(lib, type) {
  const register = new lib.Registry(lib[type]);
  const common = { help: 'x', registers: [register] };
  return {
    register,
    counter: new lib.Counter({ ...common, name: 'c_total', labelNames: ['a', 'b'] }),
    plainCounter: new lib.Counter({ ...common, name: 'plain_c' }),
    gauge: new lib.Gauge({ ...common, name: 'g', labelNames: ['a'] }),
    plainGauge: new lib.Gauge({ ...common, name: 'plain_g' }),
    histogram: new lib.Histogram({ ...common, name: 'h', labelNames: ['a'], buckets: [1, 2.5, 7] }),
    plainHistogram: new lib.Histogram({ ...common, name: 'plain_h', buckets: [3] }),
    summary: new lib.Summary({ ...common, name: 's', labelNames: ['a'], percentiles: [0.5] }),
    plainSummary: new lib.Summary({ ...common, name: 'plain_s', percentiles: [0.9] }),
  };
}

/** Random numbers below a limit, the same for the same seed. */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
}

function errorOf(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    return error.message;
  }
}

for (const type of ['prometheusContentType', 'openMetricsContentType']) {
  test(`random calls, ${type}`, async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = generator(seed);
      const both = [dropIn, original].map((lib) => metricsOf(lib, type));
      for (let step = 0; step < 80; step++) {
        const call = CALLS[random(CALLS.length)];
        const [a, b] = [LABELS[random(LABELS.length)], LABELS[random(LABELS.length)]];
        const given = { a, b, value: random(1000) / 64 - (random(5) === 0 ? 3 : 0), form: random(3) };
        const message = `seed ${seed}, step ${step}: ${call} with ${JSON.stringify(given)}`;
        const [ours, theirs] = both.map((metrics) => errorOf(() => call(metrics, given)));
        assert.equal(ours, theirs, message);
        const [page, expected] = await Promise.all(both.map(({ register }) => register.metrics()));
        assert.equal(page, expected, message);
      }
    }
  });
}
