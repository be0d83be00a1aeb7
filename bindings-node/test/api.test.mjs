// What programs do with the package, and what it says to what is wrong.

import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import * as metrion from 'metrion';
import { ManualClock } from 'metrion/testing';

const { Counter, Gauge, Histogram, Info, MetrionError, Registry, StateSet, Summary, register } = metrion;

const registry = () => new Registry();
const lines = async (own) => (await own.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

function fails(code, call) {
  assert.throws(
    call,
    (error) => {
      assert.ok(error instanceof MetrionError, `${error}`);
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.length > 0);
      return true;
    },
    String(call),
  );
}

test('ESM and CJS see the same registry and classes', () => {
  const cjs = createRequire(import.meta.url)('metrion');
  assert.equal(cjs.register, register);
  assert.deepEqual(
    Object.keys(cjs).sort(),
    Object.keys(metrion)
      .filter((name) => !['default', 'module.exports', '__esModule'].includes(name))
      .sort(),
  );
});

test('label values of all kinds find one child', async () => {
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['status', 'ok'], registers: [own] });
  assert.equal(counter.labels(200, true), counter.labels('200', 'true'));
  assert.equal(counter.labels({ ok: true, status: 200n }), counter.labels(200, 'true'));
  counter.labels(200, true).inc();
  counter.inc({ ok: 'true', status: 200 }, 2);
  assert.deepEqual(await lines(own), ['c_total{status="200",ok="true"} 3']);
});

test('metrics as objects', async () => {
  const own = registry();
  const common = { help: 'Help.', registers: [own] };
  new Counter({ ...common, name: 'c', labelNames: ['a'], aggregator: 'max' }).inc({ a: 'x' }, 2);
  new Histogram({ ...common, name: 'h', buckets: [1] }).observe(0.5);
  new Gauge({ ...common, name: 'g' }).set(-Infinity);
  own.setDefaultLabels({ env: 'dev' });
  const env = { env: 'dev' };
  const expected = [
    {
      name: 'c',
      help: 'Help.',
      type: 'counter',
      aggregator: 'max',
      values: [{ labels: { a: 'x', ...env }, value: 2 }],
    },
    {
      name: 'h',
      help: 'Help.',
      type: 'histogram',
      aggregator: 'sum',
      values: [
        { labels: { le: 1, ...env }, value: 1, metricName: 'h_bucket' },
        { labels: { le: '+Inf', ...env }, value: 1, metricName: 'h_bucket' },
        { labels: env, value: 0.5, metricName: 'h_sum' },
        { labels: env, value: 1, metricName: 'h_count' },
      ],
    },
    { name: 'g', help: 'Help.', type: 'gauge', aggregator: 'sum', values: [{ labels: env, value: -Infinity }] },
  ];
  assert.deepEqual(await own.getMetricsAsJSON(), expected);
  assert.match(await own.metrics(), /^c_total\{a="x",env="dev"\} 2$/m);
  assert.equal(await own.getSingleMetricAsString('g'), '# HELP g Help.\n# TYPE g gauge\ng{env="dev"} -Inf\n');
  assert.equal(await own.getSingleMetricAsString('absent'), '');
  assert.equal((await own.metricsBuffer()).toString(), await own.metrics());
});

test('text that is not ASCII, and none at all', async () => {
  const own = registry();
  assert.equal(await own.metrics(), '');
  new Info({ name: 'build', help: 'Größe 🎈', registers: [own] }).info({ who: 'Zoë "é"\n' });
  assert.equal(
    await own.metrics(),
    '# HELP build_info Größe 🎈\n# TYPE build_info gauge\nbuild_info{who="Zoë \\"é\\"\\n"} 1\n',
  );
  assert.equal((await own.metricsBuffer()).toString(), await own.metrics());
});

test('collect is asked before every collection, and may take its time', async () => {
  const own = registry();
  const sync = new Gauge({
    name: 'a',
    help: '',
    registers: [own],
    collect() {
      this.inc();
    },
  });
  const late = new Gauge({
    name: 'b',
    help: '',
    registers: [own],
    async collect() {
      await new Promise(setImmediate);
      this.set(7);
    },
  });
  assert.deepEqual(await lines(own), ['a 1', 'b 7']);
  assert.equal((await sync.get()).values[0].value, 2);
  assert.equal((await late.get()).values[0].value, 7);
  new Gauge({
    name: 'c',
    help: '',
    registers: [own],
    collect() {
      throw new Error('no');
    },
  });
  await assert.rejects(own.metrics(), /no/);
});

test('the same options give the same metric, others are an error', () => {
  const own = registry();
  const config = { name: 'c', help: '', labelNames: ['a'], registers: [own] };
  new Counter(config).inc({ a: 1 });
  assert.equal(new Counter(config).labels(1).value(), 1);
  fails('metric_exists', () => new Counter({ ...config, labelNames: ['b'] }));
  fails('metric_exists', () => new Gauge({ ...config, name: 'c_total' }));
});

test('registries are merged, cleared and reset', async () => {
  const [one, two] = [registry(), registry()];
  new Counter({ name: 'a', help: '', registers: [one] }).inc(3);
  const both = new Counter({ name: 'b', help: '', registers: [two, one] });
  both.inc();
  assert.deepEqual(await lines(one), ['a_total 3', 'b_total 1']);
  fails('metric_exists', () => Registry.merge([one, conflicting()]));
  assert.deepEqual(await lines(Registry.merge([one])), ['a_total 3', 'b_total 1']);
  one.resetMetrics();
  assert.deepEqual(await lines(two), ['b_total 0']);
  one.removeSingleMetric('a');
  one.removeSingleMetric('a');
  assert.deepEqual(await lines(one), ['b_total 0']);
  one.clear();
  assert.deepEqual(await lines(one), []);
  assert.deepEqual(await lines(two), ['b_total 0']);

  function conflicting() {
    const other = registry();
    new Gauge({ name: 'a', help: '', registers: [other] });
    return other;
  }
});

test('nowhere, and timers', async () => {
  const hidden = new Counter({ name: 'hidden', help: '', registers: [] });
  hidden.inc();
  assert.equal(hidden.labels().value(), 1);
  const own = registry();
  const histogram = new Histogram({ name: 'h', help: '', labelNames: ['a', 'b'], registers: [own] });
  const seconds = histogram.startTimer({ a: 'x' })({ b: 'y' });
  assert.ok(seconds >= 0);
  assert.equal(histogram.labels('x', 'y').value().sum, seconds);
  const gauge = new Gauge({ name: 'g', help: '', registers: [own] });
  assert.equal(gauge.startTimer()(), gauge.labels().value());
  gauge.setToCurrentTime();
  assert.ok(Math.abs(gauge.labels().value() - Date.now() / 1000) < 3600);
  const summary = new Summary({ name: 's', help: '', registers: [own] });
  summary.startTimer()();
  assert.equal(summary.labels().value().count, 1);
});

test('exemplars', async () => {
  const own = new Registry({ contentType: Registry.OPENMETRICS_CONTENT_TYPE, clock: new ManualClock(5) });
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a'], enableExemplars: true, registers: [own] });
  counter.inc({ labels: { a: 'x' }, value: 2, exemplarLabels: { trace: 't' } });
  const histogram = new Histogram({ name: 'h', help: '', buckets: [1], enableExemplars: true, registers: [own] });
  histogram.observe({ value: 0.5, exemplarLabels: { trace: 'u' } });
  const text = await own.metrics();
  assert.match(text, /^c_total\{a="x"\} 2.0 # \{trace="t"\} 2.0 5$/m);
  assert.match(text, /^h_bucket\{le="1.0"\} 1 # \{trace="u"\} 0.5 5$/m);
  fails('invalid_exemplar', () => counter.inc({ labels: { a: 'x' }, exemplarLabels: { trace: 'x'.repeat(200) } }));
});

test('what is wrong has a code', () => {
  const registers = [registry()];
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a', 'b'], registers });
  const plain = new Counter({ name: 'plain', help: '', registers });
  const gauge = new Gauge({ name: 'g', help: '', labelNames: ['a'], registers });
  const histogram = new Histogram({ name: 'h', help: '', registers });
  for (const value of ['5', null, {}, [], true, 5n, Symbol('x'), () => 5, new Date(0)]) {
    fails('invalid_value', () => counter.labels(1, 2).inc(value));
    fails('invalid_value', () => gauge.labels(1).set(value));
    fails('invalid_value', () => gauge.labels(1).dec(value));
    fails('invalid_value', () => histogram.labels().observe(value));
  }
  fails('invalid_value', () => plain.inc('5'));
  fails('invalid_value', () => plain.inc(-1));
  fails('invalid_value', () => plain.inc(NaN));
  fails('invalid_value', () => histogram.observe('5'));
  fails('label_mismatch', () => counter.inc());
  fails('label_mismatch', () => counter.labels('a'));
  fails('label_mismatch', () => counter.labels('a', 'b', 'c'));
  fails('label_mismatch', () => counter.labels());
  fails('label_mismatch', () => counter.inc({ a: 1 }));
  fails('label_mismatch', () => counter.inc({ a: 1, b: 2, c: 3 }));
  fails('label_mismatch', () => counter.inc({ a: 1, c: 3 }));
  fails('label_mismatch', () => plain.inc({ a: 1 }));
  fails('label_mismatch', () => plain.labels('x'));
  for (const value of [undefined, null, {}, [], Symbol('x'), () => 1, '\ud800', 'a\udc00b']) {
    fails('invalid_label_value', () => counter.labels('x', value));
    fails('invalid_label_value', () => counter.inc({ a: 'x', b: value }));
    fails('invalid_label_value', () => counter.remove('x', value));
  }
  fails('invalid_name', () => new Counter({ name: '1', help: '', registers }));
  fails('invalid_name', () => new Counter({ name: 5, help: '', registers }));
  fails('invalid_name', () => new Counter({ name: '\ud800', help: '', registers }));
  fails('invalid_name', () => new Counter({ name: 'x', help: '', labelNames: 'a', registers }));
  fails('invalid_name', () => new Counter({ name: 'x', help: '', labelNames: [1], registers }));
  fails('reserved_name', () => new Histogram({ name: 'x', help: '', labelNames: ['le'], registers }));
  fails('invalid_value', () => new Counter({ name: 'x', registers }));
  fails('invalid_value', () => new Counter());
  fails('invalid_value', () => new Counter({ name: 'x', help: '', maxSeries: -1, registers }));
  fails('invalid_value', () => new Counter({ name: 'x', help: '', expireAfterSeconds: 'soon', registers }));
  fails('invalid_buckets', () => new Histogram({ name: 'x', help: '', buckets: [2, 1], registers }));
  fails('invalid_buckets', () => new Histogram({ name: 'x', help: '', buckets: ['1'], registers }));
  fails('invalid_buckets', () => new Histogram({ name: 'x', help: '', buckets: 5, registers }));
  fails('invalid_buckets', () => new Histogram({ name: 'x', help: '', native: 0.5, registers }));
  fails('invalid_objectives', () => new Summary({ name: 'x', help: '', percentiles: [2], registers }));
  fails('invalid_value', () => new StateSet({ name: 'x', help: '', registers }));
  fails('invalid_value', () => new Gauge({ name: 'x', help: '', mode: 'other', registers }));
  fails('unsupported', () => new Gauge({ name: 'x', help: '', mode: 'up_down', registers }).set(1));
  fails('unsupported', () => new Registry('text/html'));
  fails('invalid_buckets', () => metrion.linearBuckets(0, 1, 0));
  fails('invalid_buckets', () => metrion.exponentialBuckets(0, 2, 3));
});

test('removed metrics and children do no harm', async () => {
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a'], registers: [own] });
  const child = counter.labels('x');
  assert.equal(counter.remove('x'), true);
  assert.equal(counter.remove('x'), false);
  child.inc();
  assert.deepEqual(await lines(own), []);
  assert.notEqual(counter.labels('x'), child);
  assert.equal(counter.labels('x').value(), 0);
  own.unregister(counter);
  fails('not_found', () => own.unregister(counter));
  counter.labels('y').inc();
  child.inc();
  assert.equal(await own.metrics(), '');
});

test('cells of dropped series are used again, and never those of a child that is held', async () => {
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a'], registers: [own] });
  const held = [];
  for (let i = 0; i < 20_000; i++) {
    const child = counter.labels(i);
    child.inc(i);
    if (i % 100 === 0) held.push([child, i]);
    counter.remove(i);
  }
  counter.labels('new').inc(5);
  held.forEach(([child, i]) => assert.equal(child.value(), i));
  assert.deepEqual(await lines(own), ['c_total{a="new"} 5']);
});

test('counters count exactly from whole numbers to large ones, fractions and infinity', () => {
  const sizes = [0, 1, 2, 0.5, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52, 1e300, -0, Number.MIN_VALUE];
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['first', 'second', 'third'], registers: [own] });
  for (const first of sizes) {
    for (const second of sizes) {
      for (const third of sizes) {
        const child = counter.labels(String(first), String(second), `${third} ${Object.is(third, -0)}`);
        let sum = child.value();
        for (const amount of [first, second, third, 1, Infinity].slice(0, first === 1 ? 5 : 4)) {
          child.inc(amount);
          sum += amount;
          assert.equal(child.value(), sum, `${first}, ${second}, ${third}`);
        }
      }
    }
  }
});

test('counts that another thread began are gone on with', async () => {
  // A thread of Rust's counts whole numbers in all cells of its slab; an isolate may get that slab later.
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', registers: [own] });
  const histogram = new Histogram({ name: 'h', help: '', buckets: [1], registers: [own] });
  const summary = new Summary({ name: 's', help: '', percentiles: [], registers: [own] });
  const WHOLE = 0x7ffcn << 48n;
  const wordsOf = (child) => new BigUint64Array(child.numbers.buffer, child.numbers.byteOffset);
  for (const begun of [1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 50n - 2n]) {
    const one = counter.labels();
    wordsOf(one)[one.low >> 1] = WHOLE + begun;
    one.inc();
    one.inc(2);
    assert.equal(one.value(), Number(begun) + 3);
    for (const child of [histogram.labels(), summary.labels()]) {
      wordsOf(child)[child.index] = WHOLE + begun;
      child.observe(1);
      child.observe(0.5);
      const { count, counts = [count] } = child.value();
      assert.equal(counts[0], Number(begun) + 2);
    }
  }
});

test('histograms whose cells lie in two blocks count right', async () => {
  const own = registry();
  const buckets = Array.from({ length: 100 }, (_, i) => i);
  const histogram = new Histogram({ name: 'h', help: '', buckets, labelNames: ['i'], registers: [own] });
  for (let i = 0; i < 500; i++) {
    const child = histogram.labels(i);
    for (let value = -1; value <= 101; value++) child.observe(value);
    const { counts, sum } = child.value();
    assert.deepEqual(counts, [2, ...Array(99).fill(1), 2]);
    assert.equal(sum, (101 * 102) / 2 - 1);
  }
});

test('observations of all sizes find the bucket that a search finds', () => {
  let seed = 88172645463325252n;
  const random = () => {
    seed ^= (seed << 13n) & 0xffffffffffffffffn;
    seed ^= seed >> 7n;
    seed ^= (seed << 17n) & 0xffffffffffffffffn;
    return seed;
  };
  const double = () => {
    for (;;) {
      const value = new Float64Array(new BigUint64Array([random()]).buffer)[0];
      if (Number.isFinite(value)) return value;
    }
  };
  for (let round = 0; round < 60; round++) {
    const near = Number(random() % 1000n) / 7;
    const bounds = [
      ...new Set(Array.from({ length: Number(random() % 40n) }, (_, i) => (round % 2 ? near + i * 1e-9 : double()))),
    ];
    bounds.sort((a, b) => a - b);
    const histogram = new Histogram({ name: 'h', help: '', buckets: bounds, registers: [] });
    const values = [
      ...bounds,
      ...bounds.map((b) => b * (1 + 2 ** -52)),
      ...Array.from({ length: 100 }, double),
      0,
      -0,
      5e-324,
      Infinity,
      -Infinity,
    ];
    const expected = Array(bounds.length + 1).fill(0);
    for (const value of values) {
      histogram.observe(value);
      const at = bounds.findIndex((bound) => value <= bound);
      expected[at < 0 ? bounds.length : at] += 1;
    }
    assert.deepEqual(histogram.labels().value().counts, expected, `${bounds}`);
  }
});

test('default metrics', async () => {
  const own = registry();
  metrion.collectDefaultMetrics({ register: own, prefix: 'app_', labels: { zone: 'a' } });
  globalThis.gc?.();
  const text = await own.metrics();
  for (const name of [
    'process_cpu_seconds_total',
    'process_start_time_seconds',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_active_handles_total',
  ]) {
    assert.match(text, new RegExp(`^app_${name}\\{zone="a"\\} \\d`, 'm'));
  }
  assert.match(text, new RegExp(`^app_nodejs_version_info\\{version="${process.version}",.*\\} 1$`, 'm'));
});

test('default metrics of the process are what the system says', { skip: process.platform !== 'linux' }, async () => {
  const own = registry();
  metrion.collectDefaultMetrics({ register: own });
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 50_000);
  const read = async () =>
    Object.fromEntries(
      (await lines(own)).filter((line) => line.startsWith('process_')).map((line) => line.split(' ')),
    );
  const status = () => readFileSync('/proc/self/status', 'utf8');
  const statusBefore = status();
  const found = await read();
  const statusAfter = status();
  assert.deepEqual(Object.keys(found), [
    'process_cpu_user_seconds_total',
    'process_cpu_system_seconds_total',
    'process_cpu_seconds_total',
    'process_start_time_seconds',
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_heap_bytes',
    'process_open_fds',
    'process_max_fds',
  ]);
  const number = (name) => Number(found[`process_${name}`]);
  // The kernel counts in hundredths of a second.
  assert.ok(number('cpu_user_seconds_total') >= 0.03, found.process_cpu_user_seconds_total);
  const parts = number('cpu_user_seconds_total') + number('cpu_system_seconds_total');
  assert.ok(Math.abs(number('cpu_seconds_total') - parts) < 1e-6);
  assert.ok(Math.abs(number('start_time_seconds') - (Date.now() / 1000 - process.uptime())) < 60);
  for (const [name, field] of [
    ['resident_memory_bytes', 'VmRSS'],
    ['virtual_memory_bytes', 'VmSize'],
    ['heap_bytes', 'VmData'],
  ]) {
    // The garbage collector may give back gigabytes of reserved memory meanwhile.
    const around = [statusBefore, statusAfter].map(
      (text) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1]) * 1024,
    );
    const isNear = number(name) > Math.min(...around) / 2 && number(name) < Math.max(...around) * 2;
    assert.ok(isNear, `${name} ${number(name)}, not ${around}`);
  }
  // What other tests left behind may be closed meanwhile.
  const files = Array.from({ length: 100 }, () => openSync('/proc/self/stat'));
  const opened = Number((await read()).process_open_fds) - number('open_fds');
  files.forEach((file) => closeSync(file));
  assert.ok(opened > 50 && opened < 150, `${opened} of 100`);
  assert.ok(number('max_fds') > number('open_fds'));
  assert.match(await own.metrics(), /^# HELP process_heap_bytes Process heap size in bytes\.$/m);
});

test('a scrape of 100,000 series runs beside the event loop', async () => {
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a', 'b'], registers: [own] });
  for (let i = 0; i < 100_000; i++) counter.labels(i & 255, i).inc();
  let turns = 0;
  let running = true;
  const turn = () => {
    turns += 1;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const body = await own.metricsBuffer();
  running = false;
  assert.equal(body.toString().split('\n').length, 100_002);
  // How long it took decides nothing; that the loop went round meanwhile does.
  assert.ok(turns > 1, `${turns} turns`);
});

test('cardinality has its limit', async () => {
  const own = registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['a'], maxSeries: 2, registers: [own] });
  for (let i = 0; i < 10; i++) counter.inc({ a: i });
  assert.deepEqual(await lines(own), ['c_total{a="0"} 1', 'c_total{a="1"} 1', 'c_total{metrion_overflow="true"} 8']);
});
