// One registry in several processes.

import assert from 'node:assert/strict';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, readSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, register } from 'metrion';

import { CAN_SHARE, Child, eventually, linesOf, sharedPath } from './processes.mjs';

const on = { skip: !CAN_SHARE, timeout: 240_000 };
const lines = async (registry) => linesOf(await registry.metrics());
const textOf = (_metrion, kept) => kept.registry.metrics();
const open = (_metrion, kept, path) => void (kept.registry = new _metrion.Registry({ shared: path }));

async function children(test, path, count) {
  const all = await Promise.all(Array.from({ length: count }, () => Child.start(test)));
  await Promise.all(all.map((child) => child.run(open, path)));
  return all;
}

test('without a path a registry is private', () => {
  assert.equal(register.isShared, false);
  assert.equal(new Registry().isShared, false);
});

test('processes count in one registry, and each answers for all', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  assert.equal(registry.isShared, true);
  const all = await children(t, path, 3);
  const work = ({ Counter, Gauge, Histogram, Summary }, kept, number) => {
    const registers = [kept.registry];
    const labelled = new Counter({ name: 'work_total', help: 'Work.', labelNames: ['kind'], registers });
    const histogram = new Histogram({ name: 'took', help: '', buckets: [1, 2, 3], registers });
    const native = new Histogram({ name: 'native', help: '', buckets: [], native: 1.1, registers });
    const summary = new Summary({ name: 'summary', help: '', percentiles: [0.5], registers });
    const gauge = new Gauge({ name: 'last', help: '', registers });
    for (let i = 1; i <= 1000; i++) {
      labelled.inc({ kind: i % 2 === 0 ? 'even' : 'odd' });
      labelled.labels(`own-${number}`).inc(0.5);
      histogram.observe(i % 4);
      native.observe(i);
      summary.observe(i);
      gauge.inc();
    }
    Object.assign(kept, { labelled, native });
    // Updates of these are no calls.
    return [labelled.labels('odd'), histogram.labels(), gauge.labels()].map((own) => own.numbers.length > 0);
  };
  const cells = await Promise.all(all.map((child, number) => child.run(work, number)));
  assert.deepEqual(cells, Array(3).fill([true, true, true]));
  const declare = ({ Counter, Info }, kept, number) => {
    const registers = [kept.registry];
    const traced = new Counter({ name: 'traced', help: '', enableExemplars: true, registers });
    traced.inc({ value: 1, exemplarLabels: { trace_id: `t${number}` } });
    new Info({ name: 'build', help: '', registers }).info({ version: String(number) });
  };
  for (const [number, child] of all.entries()) {
    await child.run(declare, number);
  }
  const expected = [
    'work_total{kind="odd"} 1500',
    'work_total{kind="even"} 1500',
    ...[0, 1, 2].map((number) => `work_total{kind="own-${number}"} 500`),
    'took_bucket{le="1"} 1500',
    'took_bucket{le="2"} 2250',
    'took_bucket{le="3"} 3000',
    'took_bucket{le="+Inf"} 3000',
    'took_sum 4500',
    'took_count 3000',
    'native_bucket{le="+Inf"} 3000',
    'native_sum 1501500',
    'native_count 3000',
    'summary_sum 1501500',
    'summary_count 3000',
    'last 3000',
    'traced_total 3',
    'build_info{version="2"} 1',
  ];
  const page = (own) => own.filter((line) => !line.startsWith('summary{')).sort();
  assert.deepEqual(page(await lines(registry)), expected.sort());
  assert.deepEqual(page(linesOf(await all[1].run(textOf))), expected);
  const [, median] = /^summary\{quantile="0.5"\} (.*)$/m.exec(await registry.metrics());
  assert.ok(Math.abs(median - 500) <= 6, median);
  const openMetrics = (await registry.encode({ format: 'openmetrics' })).body.toString();
  assert.match(openMetrics, /^traced_total 3\.0 # \{trace_id="t2"\} 1\.0/m);
  const [{ native }] = await Promise.all(all.map((child) => child.run((_m, kept) => kept.native.labels().value())));
  assert.equal(
    native.positive.filter((_, at) => at % 2 === 1).reduce((sum, count) => sum + count, 0),
    3000,
  );
  const json = await registry.getMetricsAsJSON();
  assert.equal(json.find(({ name }) => name === 'work_total').values[0].value, 1500);
  // Numbers stay when those who counted are gone, and go on.
  await Promise.all(all.map((child) => child.kill()));
  const counted = (line) => !line.startsWith('build') && !line.startsWith('summary{');
  assert.deepEqual((await lines(registry)).filter(counted).sort(), expected.filter(counted));
  const registers = [registry];
  new Counter({ name: 'work_total', help: 'Work.', labelNames: ['kind'], registers }).labels('odd').inc();
  assert.match(await registry.metrics(), /^work_total\{kind="odd"\} 1501$/m);
});

test('gauges by their mode', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  const modes = {
    ...{ last: 4, all: [7, 4], liveall: [7, 4], min: 4, livemin: 4, max: 7, livemax: 7, sum: 11, livesum: 11 },
    ...{ mostrecent: 4, livemostrecent: 4, up_down: 11 },
  };
  const set = ({ Gauge }, kept, [names, value]) => {
    for (const mode of names) {
      const gauge = new Gauge({ name: `g_${mode}`, help: '', mode, registers: [kept.registry] });
      if (mode === 'up_down') {
        gauge.inc(value + 1);
        gauge.dec();
      } else {
        gauge.set(value - 1);
        gauge.inc(2);
        gauge.dec();
      }
      kept[mode] = gauge;
    }
    return names.map((mode) => kept[mode].labels().value());
  };
  const all = await children(t, path, 2);
  const names = Object.keys(modes);
  await all[0].run(set, [names, 7]);
  // A last value is added to, whoever set it before.
  const own = await all[1].run(set, [names, 4]);
  assert.deepEqual(own, names.map((mode) => (mode === 'up_down' ? 11 : 4)));
  const expected = (pids) =>
    Object.entries(modes).flatMap(([mode, value]) =>
      Array.isArray(value) ? value.map((one, at) => `g_${mode}{pid="${pids[at]}"} ${one}`) : `g_${mode} ${value}`,
    );
  assert.deepEqual((await lines(registry)).sort(), expected(all.map(({ pid }) => pid)).sort());
  await all[1].kill();
  const after = await lines(registry);
  const ofMode = (mode) => after.filter((line) => line.startsWith(`g_${mode} `) || line.startsWith(`g_${mode}{`));
  for (const mode of ['livemin', 'livemax', 'livesum', 'livemostrecent', 'up_down']) {
    assert.deepEqual(ofMode(mode), [`g_${mode} 7`]);
  }
  assert.deepEqual(ofMode('liveall'), [`g_liveall{pid="${all[0].pid}"} 7`]);
  assert.deepEqual([ofMode('last'), ofMode('min'), ofMode('sum')], [['g_last 4'], ['g_min 4'], ['g_sum 11']]);
  assert.equal(ofMode('all').length, 2);
  assert.throws(() => new Gauge({ name: 'x', help: '', mode: 'most', registers: [registry] }), {
    code: 'invalid_value',
  });
  assert.throws(() => new Gauge({ name: 'g_up_down', help: '', mode: 'up_down', registers: [registry] }).set(1), {
    code: 'unsupported',
  });
});

test("an aggregator is a gauge's mode in a shared registry", on, (t) => {
  const registry = new Registry({ shared: sharedPath(t) });
  const modes = { sum: 'livesum', min: 'livemin', max: 'livemax', first: 'livemostrecent', average: 'liveall' };
  for (const [aggregator, mode] of Object.entries({ ...modes, omit: 'liveall' })) {
    const config = { name: `g_${aggregator}`, help: '', aggregator };
    assert.equal(new Gauge({ ...config, registers: [registry] }).mode, mode);
    assert.equal(new Gauge({ ...config, registers: [new Registry()] }).mode, 'last');
  }
  const given = new Gauge({ name: 'g', help: '', aggregator: 'sum', mode: 'max', registers: [registry] });
  assert.equal(given.mode, 'max');
  assert.equal(given.curry({}).mode, 'max');
});

test('in private memory modes are one value', async () => {
  const registry = new Registry();
  const gauge = new Gauge({ name: 'g', help: '', mode: 'liveall', registers: [registry] });
  gauge.set(3);
  gauge.inc();
  assert.ok(gauge.labels().numbers.length > 0, 'its updates are no calls');
  assert.deepEqual(await lines(registry), ['g 4']);
});

test('a removal is seen by all processes', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  const counter = new Counter({ name: 'c', help: '', labelNames: ['x'], registers: [registry] });
  const [child] = await children(t, path, 1);
  const inc = ({ Counter }, kept, names) => {
    kept.counter ??= new Counter({ name: 'c', help: '', labelNames: ['x'], registers: [kept.registry] });
    kept.held ??= kept.counter.labels('a');
    names.forEach((x) => kept.counter.inc({ x }));
  };
  await child.run(inc, ['a', 'b']);
  const held = counter.labels('a');
  counter.inc({ x: 'a' });
  assert.deepEqual(await lines(registry), ['c_total{x="a"} 2', 'c_total{x="b"} 1']);
  assert.equal(counter.remove('a'), true);
  await child.run((_metrion, kept) => kept.held.inc(100));
  held.inc(100);
  assert.deepEqual(await lines(registry), ['c_total{x="b"} 1']);
  await child.run(inc, ['a']);
  counter.labels('a').inc();
  assert.deepEqual((await lines(registry)).sort(), ['c_total{x="a"} 2', 'c_total{x="b"} 1']);
  assert.equal(await child.run((_metrion, kept) => kept.counter.removeMatching({ x: 'a' })), 1);
  counter.inc({ x: 'a' });
  assert.deepEqual((await lines(registry)).sort(), ['c_total{x="a"} 1', 'c_total{x="b"} 1']);
  await child.run((_metrion, kept) => kept.counter.clear());
  assert.deepEqual(await lines(registry), []);
});

test('series in many pages, which processes touch at different times', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  // Of 14 cells each, so that some lie in two blocks of 4,096.
  const config = { name: 'h', help: '', labelNames: ['i'], registers: [registry] };
  const histogram = new Histogram(config);
  const gauge = new Gauge({ ...config, name: 'g' });
  const flight = new Gauge({ ...config, name: 'f', mode: 'up_down' });
  const COUNT = 3000;
  for (let i = 0; i < COUNT; i++) {
    histogram.labels(i).observe(0.3);
  }
  const [child] = await children(t, path, 1);
  // It comes to each page when others have written to it, and from the other end.
  await child.run(({ Counter, Gauge, Histogram }, kept, count) => {
    const config = { name: 'h', help: '', labelNames: ['i'], registers: [kept.registry] };
    const histogram = new Histogram(config);
    const gauge = new Gauge({ ...config, name: 'g' });
    const flight = new Gauge({ ...config, name: 'f', mode: 'up_down' });
    for (let i = count - 1; i >= 0; i--) {
      histogram.labels(i).observe(0.3);
      gauge.labels(i).set(i);
      flight.labels(i).inc();
    }
  }, COUNT);
  for (let i = 0; i < COUNT; i += 7) {
    gauge.labels(i).inc();
    flight.labels(i).dec();
    histogram.labels(i).observe(20);
  }
  const page = new Map((await lines(registry)).map((line) => line.split(' ')));
  for (let i = 0; i < COUNT; i++) {
    const seventh = Number(i % 7 === 0);
    assert.equal(page.get(`h_count{i="${i}"}`), String(2 + seventh));
    assert.equal(page.get(`h_bucket{i="${i}",le="0.5"}`), '2');
    assert.equal(page.get(`g{i="${i}"}`), String(i + seventh));
    assert.equal(page.get(`f{i="${i}"}`), String(1 - seventh));
  }
});

test('a process that is killed in its work loses nothing, and another one goes on', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  const inc = ({ Counter, Gauge }, kept) => {
    const registers = [kept.registry];
    const counter = new Counter({ name: 'c', help: '', labelNames: ['x'], registers });
    const flight = new Gauge({ name: 'flight', help: '', mode: 'up_down', registers });
    flight.inc();
    const round = () => {
      for (let i = 0; i < 1000; i++) {
        counter.inc({ x: 'a' });
      }
      setImmediate(round);
    };
    round();
  };
  const value = async (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await registry.metrics())?.[1] ?? 0);
  const count = () => value('c_total\\{x="a"\\}');
  let before = 0;
  for (let round = 0; round < 3; round++) {
    const [child] = await children(t, path, 1);
    await child.run(inc);
    await eventually('the child counts', async () => (await count()) > before + 10_000);
    process.kill(child.pid, 'SIGSTOP');
    const isStopped = () => readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1][0] === 'T';
    await eventually('the child stands still', isStopped);
    before = await count();
    assert.equal(await value('flight'), 1, 'a stopped process is there');
    await child.kill();
    assert.equal(await count(), before);
    assert.equal(await value('flight'), 0);
  }
});

test('threads in shared registries', on, async (t) => {
  const path = sharedPath(t);
  const child = await Child.start(t, { env: { METRION_SHARED: path } });
  const registry = new Registry({ shared: path });
  const work = async ({ Counter, Gauge, register }, _kept, { path, threads }) => {
    const { Worker } = await import('node:worker_threads');
    const source = `
      const { Counter, Gauge, Histogram, Registry, register } = require('metrion');
      const { workerData } = require('node:worker_threads');
      for (const registry of [register, new Registry({ shared: workerData })]) {
        const registers = [registry];
        const counter = new Counter({ name: 'c', help: '', labelNames: ['x'], registers });
        const gauge = new Gauge({ name: 'g', help: '', registers });
        const histogram = new Histogram({ name: 'h', help: '', buckets: [1], registers });
        for (let i = 0; i < 1000; i++) {
          counter.inc({ x: i % 10 });
          gauge.inc();
          histogram.observe(i % 2);
        }
        new Gauge({ name: 'live', help: '', mode: 'livesum', registers }).inc();
      }`;
    const ends = Array.from({ length: threads }, () => {
      const worker = new Worker(source, { eval: true, workerData: path });
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    });
    await Promise.all(ends);
    new Gauge({ name: 'g', help: '', registers: [register] }).inc();
    new Counter({ name: 'c', help: '', labelNames: ['x'], registers: [register] }).inc({ x: 0 });
    return register.isShared;
  };
  assert.equal(await child.run(work, { path, threads: 6 }), true);
  const expected = [
    'c_total{x="0"} 1201',
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((x) => `c_total{x="${x}"} 1200`),
    'g 12001',
    ...['h_bucket{le="1"} 12000', 'h_bucket{le="+Inf"} 12000', 'h_sum 6000', 'h_count 12000'],
    // Those that the threads opened themselves are gone with them.
    'live 6',
  ];
  assert.deepEqual(await lines(registry), expected);
});

test('a thread that ends gives back what it had opened', on, async (t) => {
  const path = sharedPath(t);
  const [child] = await children(t, path, 1);
  // More than there is room for at a time.
  const THREADS = 70;
  const work = async (_metrion, _kept, { path, threads }) => {
    const { Worker } = await import('node:worker_threads');
    const source = `
      const { Counter, Gauge, Registry } = require('metrion');
      const { parentPort, workerData } = require('node:worker_threads');
      const registers = [new Registry({ shared: workerData })];
      const counter = new Counter({ name: 'c', help: '', registers });
      counter.inc();
      new Gauge({ name: 'g', help: '', mode: 'livesum', registers }).inc();
      parentPort.postMessage(counter.labels().numbers.length);`;
    const lengths = [];
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(source, { eval: true, workerData: path });
      worker.once('message', (length) => lengths.push(length));
      await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    }
    return lengths.every((length) => length > 0) && lengths.length;
  };
  assert.equal(await child.run(work, { path, threads: THREADS }), THREADS);
  // All that said something of itself is gone.
  assert.deepEqual(linesOf(await child.run(textOf)), [`c_total ${THREADS}`]);
});

test('more writers than there are slabs lose nothing', on, async (t) => {
  const path = sharedPath(t);
  const WRITERS = 110;
  const counters = Array.from({ length: WRITERS }, () => {
    const registers = [new Registry({ shared: path })];
    return [new Counter({ name: 'c', help: '', registers }), new Histogram({ name: 'h', help: '', registers })];
  });
  for (let i = 0; i < 10; i++) {
    counters.forEach(([counter, histogram]) => {
      counter.inc();
      histogram.observe(0.1);
    });
  }
  const without = counters.filter(([counter]) => counter.labels().numbers.length === 0);
  assert.ok(without.length > 0 && without.length < WRITERS);
  const text = await new Registry({ shared: path }).metrics();
  assert.match(text, /^c_total 1100$/m);
  assert.match(text, /^h_count 1100$/m);
});

test('a rolling deploy shows what the newest live process wants', on, async (t) => {
  const path = sharedPath(t);
  const registry = new Registry({ shared: path });
  const observe = ({ Histogram }, kept, buckets) => {
    new Histogram({ name: 'h', help: '', buckets, registers: [kept.registry] }).observe(1.5);
  };
  const [older, newer] = await children(t, path, 2);
  await older.run(observe, [1]);
  assert.deepEqual(await lines(registry), ['h_bucket{le="1"} 0', 'h_bucket{le="+Inf"} 1', 'h_sum 1.5', 'h_count 1']);
  await newer.run(observe, [1, 2]);
  await older.run(observe, [1]);
  const ofNewer = ['h_bucket{le="1"} 0', 'h_bucket{le="2"} 1', 'h_bucket{le="+Inf"} 1', 'h_sum 1.5', 'h_count 1'];
  assert.deepEqual(await lines(registry), ofNewer);
  await newer.kill();
  assert.match((await lines(registry)).join(), /le="\+Inf"\} 2/);
  // In one process it is an error still.
  await assert.rejects(older.run(observe, [3]), { code: 'metric_exists' });
});

test('files that cannot be used', on, async (t) => {
  const path = sharedPath(t);
  const make = (bytes) => {
    writeFileSync(path, bytes);
    chmodSync(path, 0o600);
  };
  const fails = (config, code) => assert.throws(() => new Registry(config), { name: 'MetrionError', code });
  make('not a registry');
  fails({ shared: path }, 'damaged');
  const child = await Child.start(t, { env: { METRION_SHARED: '' } });
  const load = `process.env.METRION_SHARED = ${JSON.stringify(path)}; require('metrion')`;
  const spawned = async (_metrion, _kept, source) => {
    const { spawnSync } = await import('node:child_process');
    return spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' }).stderr;
  };
  assert.match(await child.run(spawned, load), /code: 'damaged'/);
  const registry = new Registry({ shared: path, moveDamagedAside: true });
  new Counter({ name: 'c', help: '', registers: [registry] }).inc();
  assert.deepEqual(await lines(new Registry({ shared: path })), ['c_total 1']);
  assert.equal(readFileSync(`${path}.damaged-1`, 'utf8'), 'not a registry');
  const header = Buffer.alloc(1 << 16);
  const file = openSync(path);
  readSync(file, header);
  closeSync(file);
  header.writeBigUInt64LE(9999n, 8);
  const other = `${path}-other`;
  writeFileSync(other, header, { mode: 0o600 });
  fails({ shared: other }, 'other_version');
  writeFileSync(`${path}-open`, header, { mode: 0o600 });
  chmodSync(`${path}-open`, 0o644);
  fails({ shared: `${path}-open` }, 'io');
  symlinkSync(path, `${path}-link`);
  fails({ shared: `${path}-link` }, 'io');
  fails({ shared: `${path}/none` }, 'io');
  fails({ shared: '' }, 'invalid_value');
  fails({ shared: 5 }, 'invalid_value');
  assert.ok(!existsSync(`${path}-none`));
});

test('default metrics say of which process they are', on, async (t) => {
  const path = sharedPath(t);
  const [one, other] = await children(t, path, 2);
  const page = async ({ Counter, collectDefaultMetrics }, kept) => {
    if (!kept.collects) {
      collectDefaultMetrics({ register: kept.registry, labels: { app: 'shop' } });
      new Counter({ name: 'c', help: '', registers: [kept.registry] }).inc();
      kept.collects = true;
    }
    return kept.registry.metrics();
  };
  await one.run(page);
  for (const [child, count] of [
    [other, 2],
    [one, 2],
  ]) {
    const text = await child.run(page);
    assert.match(text, new RegExp(`^c_total ${count}$`, 'm'));
    const cpu = text.match(/^(process_cpu_seconds_total|nodejs_eventloop_lag_p99_seconds)\{.*$/gm);
    assert.equal(cpu.length, 2);
    cpu.forEach((line) => assert.ok(line.includes(`{app="shop",pid="${child.pid}"}`), line));
    const ofProcesses = text.split('\n').filter((line) => /^(process|nodejs)_/.test(line));
    assert.ok(ofProcesses.length > 20);
    ofProcesses.forEach((line) => assert.ok(line.includes(`pid="${child.pid}"`), line));
  }
});

test('a second server for scrapes is warned of, once', on, async (t) => {
  const path = sharedPath(t);
  const all = await children(t, path, 2);
  const serve = async (_metrion, kept) => {
    const { startHttpServer } = await import('metrion/http');
    if (kept.warnings === undefined) {
      kept.warnings = [];
      process.on('warning', (warning) => kept.warnings.push(warning.name));
    }
    await startHttpServer({ registry: kept.registry, port: 0 });
    // A warning comes in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    return kept.warnings;
  };
  assert.deepEqual(await all[0].run(serve), []);
  assert.deepEqual(await all[1].run(serve), ['MetrionWarning']);
  assert.deepEqual(await all[1].run(serve), ['MetrionWarning']);
  await Promise.all(all.map((child) => child.kill()));
  const [later] = await children(t, path, 1);
  assert.deepEqual(await later.run(serve), []);
});

test('an AggregatorRegistry over a shared registry is its page', on, async (t) => {
  const path = sharedPath(t);
  const registry = new AggregatorRegistry({ shared: path });
  const [child] = await children(t, path, 1);
  await child.run(({ Counter }, kept) => {
    new Counter({ name: 'c', help: '', registers: [kept.registry] }).inc(3);
  });
  assert.equal(await registry.clusterMetrics(), '# TYPE c_total counter\nc_total 3\n');
});
