// The drop-in beside prom-client itself: every step must give the same value, or the same error.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';

const require = createRequire(import.meta.url);
const dropIn = require('metrion/prom-client');
const original = require('prom-client');

// What a step gave, as a value of its own: prom-client goes on to change the objects that it gave.
async function outcome(step) {
  try {
    const value = await step();
    // prom-client's `inc` gives the key of its own table, which is no part of its interface.
    return value === undefined || value?.labelHash !== undefined ? undefined : structuredClone(value);
  } catch (error) {
    return `${error instanceof TypeError ? 'TypeError' : 'Error'}: ${error.message}`;
  }
}

const withoutTimes = (value) => JSON.parse(JSON.stringify(value), (key, own) => (key === 'timestamp' ? 0 : own));
const openMetrics = original.openMetricsContentType;

const SCENES = {
  'metrics without labels': (lib, register) => {
    const common = { help: 'he"l\\p\n', registers: [register] };
    const counter = new lib.Counter({ ...common, name: 'counter' });
    const gauge = new lib.Gauge({ ...common, name: 'gauge' });
    const histogram = new lib.Histogram({ ...common, name: 'histogram' });
    const summary = new lib.Summary({ ...common, name: 'summary' });
    return [
      () => register.metrics(),
      () => counter.inc(),
      () => counter.inc(null),
      () => counter.inc(0),
      () => counter.inc(2.5),
      () => counter.inc({}, 3),
      () => counter.inc(-1),
      () => counter.inc('3ms'),
      () => counter.inc(Infinity),
      () => counter.get(),
      () => gauge.set(5),
      () => gauge.inc(),
      () => gauge.dec(2),
      () => gauge.set('5'),
      () => gauge.inc('5'),
      () => gauge.set(-Infinity),
      () => gauge.get(),
      () => gauge.set(NaN),
      () => gauge.get(),
      () => histogram.observe(0),
      () => histogram.observe(-1),
      () => histogram.observe(5),
      () => histogram.observe(1e9),
      () => histogram.observe('x'),
      () => histogram.observe(NaN),
      () => histogram.observe(),
      () => histogram.get(),
      () => summary.observe(3),
      () => summary.observe(4.5),
      () => summary.get(),
      () => register.metrics(),
      () => register.getMetricsAsJSON(),
      () => register.getSingleMetricAsString('gauge'),
      () => register.resetMetrics(),
      () => register.metrics(),
      () => register.getMetricsAsJSON(),
      () => histogram.observe(2),
      () => register.metrics(),
    ];
  },
  labels: (lib, register) => {
    const common = { help: 'Help.', registers: [register] };
    const counter = new lib.Counter({ ...common, name: 'c', labelNames: ['a', 'b'] });
    const gauge = new lib.Gauge({ ...common, name: 'g', labelNames: ['l'] });
    const histogram = new lib.Histogram({ ...common, name: 'h', labelNames: ['m'], buckets: [1, 5, 10] });
    const summary = new lib.Summary({ ...common, name: 's', labelNames: ['x'], percentiles: [0.5, 0.9] });
    return [
      () => counter.inc({ a: 1, b: 'x' }),
      () => counter.inc({ a: '1' }, 5),
      () => counter.inc({ b: 'q"\n\\' }, 2),
      () => counter.labels('x', 'y').inc(3),
      () => counter.labels({ b: 'z', a: 2 }).inc(),
      () => counter.labels('x'),
      () => counter.inc({ z: 1 }),
      () => counter.inc({ a: 1, b: 'x' }),
      () => counter.get(),
      () => counter.remove('x', 'y'),
      () => counter.remove({ a: '1' }),
      () => counter.remove('x'),
      () => counter.get(),
      () => counter.inc({ a: 1, b: 'x' }),
      () => counter.labels({ b: 'z', a: 2 }).inc(),
      () => counter.get(),
      () => gauge.set({ l: 2 }, -4),
      () => gauge.inc({ l: 2 }),
      () => gauge.dec({ l: 2 }, 7),
      () => gauge.labels(3).set(1),
      () => gauge.labels('a', 'b'),
      () => gauge.labels({ k: 1 }),
      () => gauge.get(),
      () => histogram.observe({ m: 'get' }, 3),
      () => histogram.labels('post').observe(11),
      () => histogram.observe({ m: 'get' }, 'x'),
      () => histogram.observe({ q: 'get' }, 1),
      () => histogram.zero({ m: 'zero' }),
      () => histogram.zero({ m: 'get' }),
      () => histogram.get(),
      () => histogram.remove('get'),
      () => histogram.get(),
      () => {
        for (let i = 0; i < 20; i++) summary.observe({ x: '1' }, (i * 7919) % 997);
      },
      () => summary.labels('2').observe(7),
      () => summary.get(),
      () => summary.remove('2'),
      () => register.setDefaultLabels({ env: 'dev', l: 'default', m: 'default' }),
      () => register.metrics(),
      () => summary.reset(),
      () => summary.get(),
      () => counter.reset(),
      () => counter.get(),
      () => register.removeSingleMetric('g'),
      () => register.metrics(),
    ];
  },
  'what is wrong': (lib, register) => [
    () => void new lib.Counter({ name: 'c', help: 'x', registers: [register] }),
    () => void new lib.Counter({ name: 'c', help: 'x', registers: [register] }),
    () => new lib.Counter({ name: '1', help: 'x' }),
    () => new lib.Counter({ name: 'x' }),
    () => new lib.Counter({ help: 'x' }),
    () => new lib.Counter(),
    () => new lib.Gauge('x', 'y'),
    () => new lib.Counter({ name: 'l', help: 'x', labelNames: ['1'], registers: [] }),
    () => new lib.Histogram({ name: 'l', help: 'x', labelNames: ['le'], registers: [] }),
    () => new lib.Summary({ name: 'l', help: 'x', labelNames: ['quantile'], registers: [] }),
    () => new lib.Gauge({ name: 'l', help: 'x', collect: 1 }),
    () => new lib.Counter({ name: 'e', help: 'x', enableExemplars: true, registers: [new lib.Registry()] }),
    () => register.setContentType('text/html'),
    () => new lib.Registry('text/html'),
    () => lib.linearBuckets(0, 5, 0),
    () => lib.linearBuckets(0.1, 0.1, 5),
    () => lib.exponentialBuckets(1.1, 1.7, 6),
    () => lib.exponentialBuckets(0, 2, 5),
    () => lib.exponentialBuckets(1, 1, 5),
    () => lib.exponentialBuckets(1, 2, 0),
    () => lib.collectDefaultMetrics(5),
    () => lib.collectDefaultMetrics.metricsList,
    () => lib.AggregatorRegistry.setRegistries(5),
    () => new lib.Pushgateway('http://127.0.0.1').push(),
    () => Object.keys(lib).sort(),
    () => lib.validateMetricName('a-b'),
    () => lib.contentType,
  ],
  exemplars: (lib) => {
    const register = new lib.Registry(openMetrics);
    const common = { help: 'x', registers: [register], enableExemplars: true };
    const counter = new lib.Counter({ ...common, name: 'e_total', labelNames: ['k'] });
    const histogram = new lib.Histogram({ ...common, name: 'h', buckets: [1, 2], labelNames: ['k'] });
    return [
      () => counter.inc({ value: 2, labels: { k: 'v' }, exemplarLabels: { trace: '1' } }),
      () => counter.inc(),
      () => counter.inc({ labels: { k: 'v' } }),
      () => counter.inc({ labels: { k: 'v' }, exemplarLabels: { trace: 'x'.repeat(124) } }),
      () => counter.get().then(withoutTimes),
      () => histogram.observe({ labels: { k: 'v' }, value: 1.5, exemplarLabels: { trace: '1' } }),
      () => histogram.observe({ labels: { k: 'v' }, value: 9, exemplarLabels: { trace: '2' } }),
      () => histogram.observe({ labels: { k: 'v' }, value: 1 }),
      () => histogram.get().then(withoutTimes),
      () => register.metrics().then((text) => text.replace(/(# \{.*\} [\d.]+) [\d.]+$/gm, '$1')),
    ];
  },
  'collect, merge and aggregation': (lib, register) => {
    const other = new lib.Registry();
    const common = { help: 'x', registers: [register] };
    const gauge = new lib.Gauge({
      ...common,
      name: 'g',
      collect() {
        this.set(7);
      },
    });
    const counter = new lib.Counter({
      ...common,
      name: 'c',
      aggregator: 'max',
      async collect() {
        this.inc();
      },
    });
    void new lib.Gauge({ name: 'second', help: 'x', registers: [other, register], aggregator: 'omit' });
    void new lib.Histogram({ ...common, name: 'h', buckets: [1] });
    const foreign = { name: 'f', get: async () => ({ name: 'f', help: 'x', type: 'gauge', values: [{ value: NaN }] }) };
    return [
      () => gauge.get(),
      () => counter.get(),
      () => register.metrics(),
      () => other.metrics(),
      () => lib.Registry.merge([other, new lib.Registry()]).metrics(),
      () => lib.Registry.merge([register, new lib.Registry(openMetrics)]),
      async () => {
        const lists = [await register.getMetricsAsJSON(), await register.getMetricsAsJSON()];
        return lib.AggregatorRegistry.aggregate(structuredClone(lists)).metrics();
      },
      () => register.registerMetric(foreign),
      () => register.metrics(),
      () => register.registerMetric({ ...foreign }),
      () => register.clear(),
      () => register.metrics(),
    ];
  },
  'default metrics': (lib, register) => [
    () => lib.collectDefaultMetrics({ register, prefix: 'p_', labels: { zone: 'z' } }),
    // Their numbers are those of the moment; names, help texts and types are not.
    async () => (await register.getMetricsAsJSON()).map(({ name, aggregator }) => [name, aggregator]),
    async () => (await register.metrics()).split('\n').filter((line) => line.startsWith('#')),
  ],
};

for (const [name, scene] of Object.entries(SCENES)) {
  for (const type of ['prometheusContentType', 'openMetricsContentType']) {
    test(`${name}, ${type}`, async () => {
      const [ours, theirs] = [dropIn, original].map((lib) => scene(lib, new lib.Registry(lib[type])));
      assert.equal(ours.length, theirs.length);
      for (const [place, step] of ours.entries()) {
        const expected = await outcome(theirs[place]);
        assert.deepEqual(await outcome(step), expected, `step ${place}: ${step}`);
      }
    });
  }
}

test('summaries of a sliding window', async () => {
  const realNow = Date.now;
  let now = 1e12;
  Date.now = () => now;
  try {
    const options = { name: 's', help: 'x', labelNames: ['a'], registers: [], maxAgeSeconds: 4 };
    for (const more of [{ ageBuckets: 1, pruneAgedBuckets: true }, { ageBuckets: 1 }, { ageBuckets: 4 }]) {
      const both = [dropIn, original].map((lib) => new lib.Summary({ ...options, ...more }));
      if (more.ageBuckets > 1) {
        // Until each of its digests was emptied once, prom-client has early observations several times.
        both.forEach((summary) => [0, 1, 2].forEach((a) => summary.observe({ a }, 1)));
        await Promise.all(both.map((summary) => summary.get()));
        now += 10_000;
      }
      for (let step = 1; step < 300; step++) {
        now += (step * 7919) % 1500;
        both.forEach((summary) => summary.observe({ a: (step * 31) % 3 }, (step * 104729) % 997));
        if (step % 97 === 0) {
          now += 20_000;
        }
        if (step % 101 === 0) {
          both.forEach((summary) => summary.reset());
        }
        const [ours, theirs] = await Promise.all(both.map((summary) => summary.get()));
        assert.deepEqual(ours, theirs, `step ${step} with ${JSON.stringify(more)}`);
      }
    }
  } finally {
    Date.now = realNow;
  }
});

// prom-client observes the event loop and garbage collection for ever, which keeps nothing alive.
after(() => setImmediate(() => process.exit()));

test('modules of prom-client/lib that programs reach into', async () => {
  const Gauge = require('metrion/prom-client/lib/gauge');
  const LibRegistry = require('metrion/prom-client/lib/registry');
  assert.equal(Gauge, dropIn.Gauge);
  assert.equal(LibRegistry.globalRegistry, dropIn.register);
  assert.equal(require('metrion/prom-client/lib/cluster').globalRegistry, dropIn.register);
  const registry = new LibRegistry();
  require('metrion/prom-client/lib/metrics/version')(registry, { prefix: 'x_' });
  assert.match(await registry.metrics(), /^x_nodejs_version_info\{.*\} 1$/m);
});

test('labels of objects that are not metrics may change between scrapes', async () => {
  const registry = new dropIn.Registry();
  const labels = { a: 1 };
  registry.registerMetric({
    name: 'f',
    get: () => ({ name: 'f', help: '', type: 'gauge', values: [{ labels, value: 1 }] }),
  });
  assert.match(await registry.metrics(), /^f\{a="1"\} 1$/m);
  labels.a = 2;
  assert.match(await registry.metrics(), /^f\{a="2"\} 1$/m);
});
