// The drop-in for prom-client with METRION_SHARED: `register` is of all processes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CAN_SHARE, Child, linesOf, sharedPath } from './processes.mjs';

const on = { skip: !CAN_SHARE, timeout: 240_000 };

async function children(t, count) {
  const env = { METRION_SHARED: sharedPath(t) };
  const all = await Promise.all(Array.from({ length: count }, () => Child.start(t, { env })));
  const load = async (_metrion, kept) => {
    kept.client = (await import('metrion/prom-client')).default;
  };
  await Promise.all(all.map((child) => child.run(load)));
  return all;
}

const text = (_metrion, { client }) => client.register.metrics();
const page = async (child) => linesOf(await child.run(text));

test('metrics of `register` are of all processes', on, async (t) => {
  const [one, two] = await children(t, 2);
  const work = (_metrion, kept, amount) => {
    const { Counter, Gauge, Histogram, Registry, Summary } = kept.client;
    kept.counter = new Counter({ name: 'work_total', help: 'Work.', labelNames: ['kind', 'more'] });
    kept.counter.inc({ kind: 'a' }, amount);
    kept.counter.labels('b', 1).inc();
    kept.gauges = ['sum', 'min', 'max', 'first'].map((aggregator) => {
      const gauge = new Gauge({ name: `g_${aggregator}`, help: 'G.', aggregator });
      gauge.set(amount);
      return gauge;
    });
    new Gauge({ name: 'g_default', help: 'G.' }).inc(amount);
    new Histogram({ name: 'took', help: 'Took.', buckets: [1, 5] }).observe(amount);
    const summary = new Summary({ name: 'summary', help: 'S.', percentiles: [0.5] });
    [1, 2, 3].forEach((value) => summary.observe(value));
    // This one is in no registry that is shared.
    kept.registry = new Registry();
    new Counter({ name: 'own_total', help: 'Own.', registers: [kept.registry] }).inc(amount);
  };
  await one.run(work, 2);
  await two.run(work, 4);
  const lines = await page(one);
  assert.deepEqual(lines, await page(two));
  const median = lines.find((line) => line.startsWith('summary{'));
  assert.ok(Math.abs(median.split(' ')[1] - 2) < 0.03, median);
  assert.deepEqual(
    lines.filter((line) => line !== median),
    [
      ...['work_total{kind="a",more=""} 6', 'work_total{kind="b",more="1"} 2'],
      ...['g_sum 6', 'g_min 2', 'g_max 4', 'g_first 4', 'g_default 6'],
      ...['took_bucket{le="1"} 0', 'took_bucket{le="5"} 2', 'took_bucket{le="+Inf"} 2', 'took_sum 6', 'took_count 2'],
      ...['summary_sum 12', 'summary_count 6'],
    ],
  );
  const own = (_metrion, { registry }) => registry.getSingleMetricAsString('own_total');
  assert.match(await two.run(own), /^own_total 4$/m);
  const json = await two.run((_metrion, { client }) => client.register.getMetricsAsJSON());
  assert.deepEqual(json[0].values[0], { labels: { kind: 'a', more: '' }, value: 6 });
  const single = (_metrion, { client }) => client.register.getSingleMetricAsString('work_total');
  assert.match(await two.run(single), /^work_total\{kind="a"\} 6$/m);
  // What one removes is not counted by the other.
  await one.run((_metrion, { counter }) => counter.remove({ kind: 'a' }));
  await two.run((_metrion, { counter }) => counter.inc({ kind: 'a' }, 5));
  assert.equal((await page(one)).find((line) => line.includes('kind="a"')), 'work_total{kind="a",more=""} 5');
  await two.kill();
  const after = await page(one);
  assert.deepEqual(
    ['g_sum', 'g_max', 'g_default'].map((name) => after.find((line) => line.startsWith(name))),
    ['g_sum 2', 'g_max 2', 'g_default 2'],
  );
  await one.run((_metrion, { client }) => client.register.clear());
  assert.deepEqual(await page(one), []);
});

test('what there is only once is an error as ever', on, async (t) => {
  const [child] = await children(t, 1);
  const twice = (_metrion, { client: { Counter } }) => {
    new Counter({ name: 'c', help: 'C.' });
    new Counter({ name: 'c', help: 'C.', labelNames: ['x'] });
  };
  await assert.rejects(child.run(twice), { message: 'A metric with the name c has already been registered.' });
  // After it was taken out the name is free.
  await child.run((_metrion, { client: { Counter, register } }) => {
    register.removeSingleMetric('c');
    new Counter({ name: 'c', help: 'C.', labelNames: ['x'] }).inc({ x: 1 });
  });
  assert.deepEqual(await page(child), ['c_total{x="1"} 1']);
});

test('exemplars, default labels and default metrics', on, async (t) => {
  const [one, two] = await children(t, 2);
  const work = async (_metrion, { client }) => {
    const { AggregatorRegistry, Counter, Histogram, Registry, collectDefaultMetrics, register } = client;
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    register.setDefaultLabels({ app: 'shop' });
    const counter = new Counter({ name: 'c', help: 'C.', enableExemplars: true });
    counter.inc({ value: 2, exemplarLabels: { trace_id: 7 } });
    const histogram = new Histogram({ name: 'h', help: 'H.', buckets: [1], enableExemplars: true });
    histogram.observe({ value: 0.5, exemplarLabels: { trace_id: 'x' } });
    collectDefaultMetrics();
    const cluster = new AggregatorRegistry(Registry.OPENMETRICS_CONTENT_TYPE);
    return [await register.metrics(), await cluster.clusterMetrics()];
  };
  await one.run(work);
  const [whole, ofCluster] = await two.run(work);
  assert.match(whole, /^c_total\{app="shop"\} 4\.0 # \{trace_id="7"\} 2\.0/m);
  assert.match(whole, /^h_bucket\{app="shop",le="1\.0"\} 2 # \{trace_id="x"\} 0\.5/m);
  assert.equal(whole.match(/# EOF/g).length, 1);
  assert.ok(whole.endsWith('# EOF\n'));
  const ofProcesses = whole.split('\n').filter((line) => /^(process|nodejs)_/.test(line));
  assert.ok(ofProcesses.length > 20);
  ofProcesses.forEach((line) => assert.ok(line.includes(`pid="${two.pid}"`), line));
  assert.match(ofCluster, /^c_total\{app="shop"\} 4\.0/m);
});
