/** What Node tells of itself: event loop, garbage collection, heap, handles, version. */

import { PerformanceObserver, constants, monitorEventLoopDelay, type PerformanceEntry } from 'node:perf_hooks';
// Without `node:`, so that a program's tests can replace it: jest 29 takes `node:v8` for another module.
import { getHeapSpaceStatistics } from 'v8';

import { secondsSince, start } from '../timer';
import type { DefaultGauge, Maker } from './maker';

export function eventLoopLag(make: Maker): void {
  const delay = monitorEventLoopDelay({ resolution: make.settings.eventLoopMonitoringPrecision ?? 10 });
  delay.enable();
  const lag = make.gauge('nodejs_eventloop_lag_seconds', 'Lag of event loop in seconds.', {
    aggregator: 'average',
    collect: () => {
      const began = start();
      setImmediate(() => lag.set(make.labels, secondsSince(began)));
      for (const [gauge, nanoseconds] of all) {
        gauge.set(make.labels, nanoseconds() / 1e9);
      }
      delay.reset();
    },
  });
  const summary = (
    word: string,
    help: string,
    aggregator: 'min' | 'max' | 'average',
    nanoseconds: () => number,
  ): [DefaultGauge, () => number] => [
    make.gauge(`nodejs_eventloop_lag_${word}_seconds`, `The ${help} of the recorded event loop delays.`, {
      aggregator,
    }),
    nanoseconds,
  ];
  const all = [
    [
      make.gauge('nodejs_eventloop_lag_min_seconds', 'The minimum recorded event loop delay.', { aggregator: 'min' }),
      () => delay.min,
    ] as [DefaultGauge, () => number],
    [
      make.gauge('nodejs_eventloop_lag_max_seconds', 'The maximum recorded event loop delay.', { aggregator: 'max' }),
      () => delay.max,
    ] as [DefaultGauge, () => number],
    summary('mean', 'mean', 'average', () => delay.mean),
    summary('stddev', 'standard deviation', 'average', () => delay.stddev),
    summary('p50', '50th percentile', 'average', () => delay.percentile(50)),
    summary('p90', '90th percentile', 'average', () => delay.percentile(90)),
    summary('p99', '99th percentile', 'average', () => delay.percentile(99)),
  ];
}

const GC_KINDS = new Map<unknown, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

export function gc(make: Maker): void {
  const histogram = make.histogram(
    'nodejs_gc_duration_seconds',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    { labelNames: ['kind'], buckets: make.settings.gcDurationBuckets ?? [0.001, 0.01, 0.1, 1, 2, 5] },
  );
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { detail?: { kind?: number } })[]) {
      const kind = GC_KINDS.get(entry.detail?.kind) ?? 'unknown';
      histogram.observe({ kind, ...make.labels }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

export function heapSizeAndUsed(make: Maker): void {
  const total = make.gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', {
    collect: () => {
      const memory = process.memoryUsage();
      total.set(make.labels, memory.heapTotal);
      used.set(make.labels, memory.heapUsed);
      external.set(make.labels, memory.external);
    },
  });
  const used = make.gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.');
  const external = make.gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.');
}

export function heapSpacesSizeAndUsed(make: Maker): void {
  const total = make.gauge(
    'nodejs_heap_space_size_total_bytes',
    'Process heap space size total from Node.js in bytes.',
    {
      labelNames: ['space'],
      collect: () => {
        for (const own of getHeapSpaceStatistics()) {
          const labels = { space: own.space_name.replace(/_space$/, ''), ...make.labels };
          total.set(labels, own.space_size);
          used.set(labels, own.space_used_size);
          available.set(labels, own.space_available_size);
        }
      },
    },
  );
  const used = make.gauge('nodejs_heap_space_size_used_bytes', 'Process heap space size used from Node.js in bytes.', {
    labelNames: ['space'],
  });
  const available = make.gauge(
    'nodejs_heap_space_size_available_bytes',
    'Process heap space size available from Node.js in bytes.',
    { labelNames: ['space'] },
  );
}

interface Internals {
  /** Not in Node before 17.3. */
  getActiveResourcesInfo?: () => string[];
  _getActiveHandles?: () => object[];
  _getActiveRequests?: () => object[];
}

export function processResources(make: Maker): void {
  const list = (process as Internals).getActiveResourcesInfo;
  if (list !== undefined) {
    counted(make, 'resources', () => list.call(process), {
      grouped:
        'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
      total: 'Total number of active resources.',
    });
  }
}

export function processHandles(make: Maker): void {
  const list = (process as Internals)._getActiveHandles;
  if (list !== undefined) {
    counted(make, 'handles', () => list.call(process).map((own) => own.constructor.name), {
      grouped: 'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
      total: 'Total number of active handles.',
    });
  }
}

export function processRequests(make: Maker): void {
  const list = (process as Internals)._getActiveRequests;
  if (list !== undefined) {
    counted(make, 'requests', () => list.call(process).map((own) => own.constructor.name), {
      grouped: 'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
      total: 'Total number of active requests.',
    });
  }
}

/** Two gauges: how many there are of each type, and of all. */
function counted(make: Maker, what: string, types: () => string[], help: { grouped: string; total: string }): void {
  const grouped = make.gauge(`nodejs_active_${what}`, help.grouped, {
    labelNames: ['type'],
    collect: () => {
      const counts = new Map<string, number>();
      types().forEach((type) => counts.set(type, (counts.get(type) ?? 0) + 1));
      grouped.clear();
      counts.forEach((count, type) => grouped.set({ type, ...make.labels }, count));
    },
  });
  const total = make.gauge(`nodejs_active_${what}_total`, help.total, {
    collect: () => total.set(make.labels, types().length),
  });
}

export function version(make: Maker): void {
  const [major, minor, patch] = process.version.slice(1).split('.').map(Number);
  const labels = { version: process.version, major, minor, patch };
  const gauge = make.gauge('nodejs_version_info', 'Node.js version info.', {
    labelNames: Object.keys(labels),
    aggregator: 'first',
    collect: () => gauge.set({ ...labels, ...make.labels }, 1),
  });
}
