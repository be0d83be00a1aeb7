// Measures this package beside prom-client and OpenTelemetry, in rounds that take turns, and writes
// target/bench/node.json for core/benches/table.py.
//
//   node bindings-node/bench/bench.mjs [--rounds=15] [--sample-ms=20] [--out=file]

import { spawnSync } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import * as metrion from 'metrion';
import promClient from 'prom-client';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    'sample-ms': { type: 'string', default: '20' },
    out: { type: 'string', default: fileURLToPath(new URL('../../target/bench/node.json', import.meta.url)) },
    alone: { type: 'string' },
    scrape: { type: 'string' },
    cluster: { type: 'string' },
  },
});
const ROUNDS = Number(options.rounds);
const SAMPLE_NS = Number(options['sample-ms']) * 1e6;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const PATHS = ['/', '/users', '/users/:id', '/products/:id/owner'];
const SIZES = Array.from({ length: 1024 }, (_, i) => BUCKETS[(i * 7) % 11] * (0.4 + ((i * 13) % 17) / 16));
const LABELS = { labelNames: ['method', 'path'] };

// The same metrics of both packages.
function metricsOf(library, registry = new library.Registry()) {
  const common = { help: 'Help.', registers: [registry] };
  const own = {
    counter: new library.Counter({ ...common, name: 'plain_total' }),
    bytes: new library.Counter({ ...common, name: 'bytes_total' }),
    requests: new library.Counter({ ...common, ...LABELS, name: 'requests_total' }),
    gauge: new library.Gauge({ ...common, name: 'gauge' }),
    histogram: new library.Histogram({ ...common, name: 'seconds', buckets: BUCKETS }),
    took: new library.Histogram({ ...common, ...LABELS, name: 'took_seconds', buckets: BUCKETS }),
    summary: new library.Summary({ ...common, name: 'summary' }),
  };
  for (const method of METHODS) {
    for (const path of PATHS) {
      own.requests.labels(method, path).inc();
      own.took.labels(method, path).observe(1);
    }
  }
  return { ...own, child: own.requests.labels('GET', '/'), M: METHODS, P: PATHS, V: SIZES };
}

function otelMetrics() {
  class Reader extends MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const meter = new MeterProvider({ readers: [new Reader()] }).getMeter('bench');
  const M = METHODS;
  return {
    requests: meter.createCounter('requests_total'),
    took: meter.createHistogram('took_seconds', { advice: { explicitBucketBoundaries: BUCKETS } }),
    A: M.map((method) => PATHS.map((path) => ({ method, path }))),
    V: SIZES,
  };
}

function bigRegistry(library) {
  const registry = new library.Registry();
  const common = { help: 'Help.', registers: [registry] };
  const counter = new library.Counter({ ...common, name: 'big_total', labelNames: ['method', 'path', 'status'] });
  for (let i = 0; i < 10_000; i++) {
    counter.labels(METHODS[i % 4], `/path/${i >> 4}`, String(200 + ((i >> 2) % 4))).inc(i);
  }
  return { registry };
}

const CASES = [
  ['node_inc', 'counter.inc(), among others', 4, 'counter.inc()'],
  ['node_inc_value', 'counter.inc(2.5)', null, 'bytes.inc(2.5)'],
  ['node_child_inc', 'child.inc()', null, 'child.inc()'],
  ['node_labels_inc', "labels('GET', '/').inc(), 16 in turn", 13, 'requests.labels(M[i & 3], P[(i >> 2) & 3]).inc()'],
  [
    'node_object_inc',
    'inc({ method, path }), 16 in turn',
    null,
    'requests.inc({ method: M[i & 3], path: P[(i >> 2) & 3] })',
  ],
  ['node_gauge_set', 'gauge.set(2.5)', null, 'gauge.set(2.5)'],
  ['node_observe', 'histogram.observe(v)', 30, 'histogram.observe(V[i & 1023])'],
  [
    'node_object_observe',
    'observe({ method, path }, v)',
    null,
    'took.observe({ method: M[i & 3], path: P[(i >> 2) & 3] }, V[i & 1023])',
  ],
  ['node_summary', 'summary.observe(v)', null, 'summary.observe(V[i & 1023])'],
];
const OTEL = [
  [
    'node_otel_inc',
    'labelled inc, 16 in turn',
    null,
    'requests.labels(M[i & 3], P[(i >> 2) & 3]).inc()',
    'requests.add(1, A[i & 3][(i >> 2) & 3])',
  ],
  [
    'node_otel_observe',
    'labelled observe',
    null,
    'took.labels(M[i & 3], P[(i >> 2) & 3]).observe(V[i & 1023])',
    'took.record(V[i & 1023], A[i & 3][(i >> 2) & 3])',
  ],
];

// These with the registry shared between processes, beside private memory.
const SHARED = [
  ['node_shared_inc', 'counter.inc(), shared', 'counter.inc()'],
  ['node_shared_labels_inc', "labels('GET', '/').inc(), shared", 'requests.labels(M[i & 3], P[(i >> 2) & 3]).inc()'],
  ['node_shared_gauge_set', 'gauge.set(2.5), shared', 'gauge.set(2.5)'],
  ['node_shared_observe', 'histogram.observe(v), shared', 'histogram.observe(V[i & 1023])'],
];

// A loop over the statement, with its names as arguments.
function loopOf(statement, names) {
  const keys = Object.keys(names);
  const make = new Function(...keys, `return (count) => { for (let i = 0; i < count; i++) { ${statement}; } }`);
  return make(...keys.map((key) => names[key]));
}

const LEAST_CPU_SHARE = 0.95;
const RETRIES = 8;
let disturbed = 0;

// Nanoseconds of a loop; taken again when something else used the core meanwhile.
function timed(loop, count) {
  let best = { share: 0, wall: 0 };
  for (let tries = 0; tries < RETRIES; tries++) {
    const cpu = process.cpuUsage();
    const began = process.hrtime.bigint();
    loop(count);
    const wall = Number(process.hrtime.bigint() - began);
    const { user, system } = process.cpuUsage(cpu);
    const share = ((user + system) * 1000) / wall;
    if (share >= LEAST_CPU_SHARE || wall < 1e5) {
      return wall;
    }
    if (share > best.share) {
      best = { share, wall };
    }
  }
  disturbed += 1;
  return best.wall;
}

function fittingCount(loop) {
  for (let count = 64; ; count *= 2) {
    timed(loop, count);
    const ns = timed(loop, count);
    if (ns >= SAMPLE_NS / 4) {
      return Math.max(1, Math.round((count * SAMPLE_NS) / ns));
    }
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const rounded = (value) => Math.round(value * 100) / 100;

function row(id, title, goal, peer, version, times) {
  const ratios = times.ours.map((own, at) => times.peer[at] / own);
  return {
    id,
    title: `Node: ${title}`,
    ours_ns: rounded(median(times.ours)),
    peer,
    peer_version: version,
    peer_ns: rounded(median(times.peer)),
    ratio: rounded(median(times.peer) / median(times.ours)),
    ratio_min: rounded(Math.min(...ratios)),
    ratio_max: rounded(Math.max(...ratios)),
    goal,
  };
}

function versionOf(name) {
  const path = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')).version;
}

function updates() {
  const ours = metricsOf(metrion);
  const shared = metricsOf(metrion, new metrion.Registry({ shared: sharedPath }));
  const theirs = metricsOf(promClient);
  const otel = otelMetrics();
  const plans = [
    ...CASES.map(([id, title, goal, statement]) => ({
      head: [id, title, goal, 'prom-client', versionOf('prom-client')],
      sides: { ours: loopOf(statement, ours), peer: loopOf(statement, theirs) },
    })),
    ...OTEL.map(([id, title, goal, own, other]) => ({
      head: [id, title, goal, '@opentelemetry/sdk-metrics', versionOf('@opentelemetry/sdk-metrics')],
      sides: { ours: loopOf(own, ours), peer: loopOf(other, otel) },
    })),
    ...SHARED.map(([id, title, statement]) => ({
      head: [id, title, 0.9, 'metrion, not shared', versionOf('..')],
      sides: { ours: loopOf(statement, shared), peer: loopOf(statement, ours) },
    })),
  ];
  for (const plan of plans) {
    plan.times = { ours: [], peer: [] };
    plan.counts = { ours: fittingCount(plan.sides.ours), peer: fittingCount(plan.sides.peer) };
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { sides, counts, times } of plans) {
      for (const side of round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']) {
        times[side].push(timed(sides[side], counts[side]) / counts[side]);
      }
    }
  }
  return plans.map(({ head, times }) => row(...head, times));
}

// The median of some scrapes, in nanoseconds.
async function scrape(library) {
  const { registry } = bigRegistry(library);
  const times = [];
  for (let i = 0; i < 100; i++) {
    const began = process.hrtime.bigint();
    await registry.metrics();
    times.push(Number(process.hrtime.bigint() - began));
  }
  return median(times);
}

const WORKERS = 8;
const WORKER_SERIES = 5000;

// The median of some scrapes of a cluster, in nanoseconds: by the primary, of what all workers counted.
async function clusterScrape(library) {
  const registry = new library.AggregatorRegistry();
  if (cluster.isWorker) {
    const counter = new library.Counter({ name: 'big_total', help: 'Help.', labelNames: ['path'] });
    for (let i = 0; i < WORKER_SERIES; i++) {
      counter.inc({ path: `/path/${i}` }, i);
    }
    process.send('ready');
    return undefined;
  }
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const times = [];
  for (let i = 0; i < 9; i++) {
    const began = process.hrtime.bigint();
    const page = await registry.clusterMetrics();
    times.push(Number(process.hrtime.bigint() - began));
    const last = `big_total{path="/path/${WORKER_SERIES - 1}"} ${WORKERS * (WORKER_SERIES - 1)}`;
    if (page.match(/^big_total\{/gm).length !== WORKER_SERIES || !page.split('\n').includes(last)) {
      throw new Error('the page is not that of all workers');
    }
  }
  workers.forEach((worker) => worker.kill());
  return median(times);
}

// A faster scrape must not be one that leaves lines out.
async function checkSameScrape() {
  const lines = async (library) =>
    (await bigRegistry(library).registry.metrics()).split('\n').filter((line) => line !== '');
  if ((await lines(metrion)).length !== (await lines(promClient)).length) {
    throw new Error('the scrapes differ');
  }
}

// inc() with nothing else in the process: the peer's fastest case.
function alone(library) {
  const registry = new library.Registry();
  const counter = new library.Counter({ name: 'a_total', help: 'Help.', registers: [registry] });
  const loop = loopOf('counter.inc()', { counter });
  const count = fittingCount(loop);
  return median(Array.from({ length: 9 }, () => timed(loop, count) / count));
}

// A case that each package has a process of its own for.
function ownProcesses(what, id, title, goal) {
  const times = { ours: [], peer: [] };
  for (let round = 0; round < 5; round++) {
    for (const side of round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']) {
      const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), `--${what}=${side}`], {
        encoding: 'utf8',
        env: { ...process.env, METRION_SHARED: what === 'cluster' ? `${sharedPath}-${round}` : '' },
      });
      times[side].push(Number(child.stdout));
    }
  }
  return row(id, title, goal, 'prom-client', versionOf('prom-client'), times);
}

const library = (side) => (side === 'ours' ? metrion : promClient);
let sharedPath;
if (options.alone !== undefined) {
  console.log(alone(library(options.alone)));
} else if (options.scrape !== undefined) {
  console.log(await scrape(library(options.scrape)));
} else if (options.cluster !== undefined) {
  const time = await clusterScrape(library(options.cluster));
  if (time !== undefined) {
    console.log(time);
  }
} else {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'metrion-bench-'));
  sharedPath = join(folder, 'registry');
  await checkSameScrape();
  const rows = [
    ...updates(),
    ownProcesses('alone', 'node_inc_alone', 'counter.inc(), alone in a process', 0.4),
    ownProcesses('scrape', 'node_scrape_10k', 'metrics(), 10k series', 100),
    ownProcesses('cluster', 'node_cluster_scrape', 'clusterMetrics(), 8 workers x 5k series', 100),
  ];
  rmSync(folder, { recursive: true });
  const shown = (ns) => (ns < 1e3 ? `${ns} ns` : ns < 1e6 ? `${rounded(ns / 1e3)} µs` : `${rounded(ns / 1e6)} ms`);
  for (const { title, ours_ns, peer, peer_ns, ratio, ratio_min, ratio_max, goal } of rows) {
    const reached = goal === null ? '' : `goal ${goal}x${ratio >= goal ? '' : ': not reached'}`;
    console.log(
      `${title.padEnd(46)} ${shown(ours_ns).padStart(11)} ${shown(peer_ns).padStart(11)} ${ratio}x ` +
        `(${ratio_min}..${ratio_max}) ${peer} ${reached}`,
    );
  }
  console.log(`${ROUNDS} rounds, ${disturbed} samples disturbed by other processes`);
  mkdirSync(dirname(options.out), { recursive: true });
  const report = { ours_version: versionOf('..'), runtime: `Node ${process.version}`, rows };
  writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
}
