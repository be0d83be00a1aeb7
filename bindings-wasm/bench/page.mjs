// What the page of the bench runs: the same metrics of both packages, in loops that take turns.

import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';

import * as metrion from '/dist/browser/index.js';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const M = ['GET', 'POST', 'PUT', 'DELETE'];
const P = ['/', '/users', '/users/:id', '/products/:id/owner'];
const V = Array.from({ length: 1024 }, (_, i) => BUCKETS[(i * 7) % 11] * (0.4 + ((i * 13) % 17) / 16));

function metricsOf(library) {
  const registers = [new library.Registry()];
  const common = { help: 'Help.', registers };
  return {
    counter: new library.Counter({ ...common, name: 'plain_total' }),
    requests: new library.Counter({ ...common, name: 'requests_total', labelNames: ['method', 'path'] }),
    gauge: new library.Gauge({ ...common, name: 'gauge' }),
    histogram: new library.Histogram({ ...common, name: 'seconds', buckets: BUCKETS }),
    registry: registers[0],
  };
}

// A loop over the statement, with its names as arguments.
function loopOf(statement, metrics) {
  const names = { ...metrics, M, P, V };
  const make = new Function(
    ...Object.keys(names),
    `return (count) => { for (let i = 0; i < count; i++) { ${statement}; } }`,
  );
  return make(...Object.values(names));
}

function milliseconds(loop, count) {
  const began = performance.now();
  loop(count);
  return performance.now() - began;
}

function fittingCount(loop, sampleMs) {
  for (let count = 1024; ; count *= 2) {
    milliseconds(loop, count);
    const took = milliseconds(loop, count);
    if (took >= sampleMs / 4) {
      return Math.max(1, Math.round((count * sampleMs) / took));
    }
  }
}

/** Nanoseconds for each case, package and round. */
globalThis.measure = async ({ cases, rounds, sampleMs }) => {
  const packages = { ours: metricsOf(metrion), peer: metricsOf({ Counter, Gauge, Histogram, Registry }) };
  const plans = cases.map(([, , , statement]) => {
    const loops = { ours: loopOf(statement, packages.ours), peer: loopOf(statement, packages.peer) };
    const counts = { ours: fittingCount(loops.ours, sampleMs), peer: fittingCount(loops.peer, sampleMs) };
    return { loops, counts, times: { ours: [], peer: [] } };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { loops, counts, times } of plans) {
      for (const side of round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']) {
        times[side].push((milliseconds(loops[side], counts[side]) * 1e6) / counts[side]);
      }
    }
  }
  return plans.map(({ times }) => times);
};
