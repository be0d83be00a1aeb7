// @ts-check
// Tries an installed package as a module: every entry point, a page, the HTTP server, an error. It needs
// nothing else: node smoke.mjs

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import { Counter, Histogram, MetrionError, Registry } from 'metrion';
import { middleware } from 'metrion/express';
import { metrics } from 'metrion/fastify';
import { instrument, startHttpServer } from 'metrion/http';
import client from 'metrion/prom-client';
import { checkExposition } from 'metrion/testing';

const registry = new Registry();
const requests = new Counter({
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['method'],
  registers: [registry],
});
requests.inc({ method: 'GET' }, 2);
const took = new Histogram({ name: 'took_seconds', help: 'Took.', buckets: [1], registers: [registry] });
took.observe(0.5);

const page = await registry.metrics();
assert.deepEqual(page.split('\n'), [
  '# HELP requests_total Requests.',
  '# TYPE requests_total counter',
  'requests_total{method="GET"} 2',
  '# HELP took_seconds Took.',
  '# TYPE took_seconds histogram',
  'took_seconds_bucket{le="1"} 1',
  'took_seconds_bucket{le="+Inf"} 1',
  'took_seconds_sum 0.5',
  'took_seconds_count 1',
  '',
]);
checkExposition(page);

assert.throws(
  () => requests.labels('GET').inc(-1),
  (error) => error instanceof MetrionError && error.code === 'invalid_value',
);

const server = await startHttpServer({ port: 0, registry });
const address = server.address();
assert(address !== null && typeof address === 'object');
const response = await fetch(`http://127.0.0.1:${address.port}/metrics`);
assert.equal(await response.text(), page);
await new Promise((resolve) => server.close(resolve));

const jobs = new client.Counter({ name: 'jobs', help: 'Jobs.' });
jobs.inc();
assert.match(await client.register.metrics(), /^jobs 1$/m);

createServer(instrument(() => {}));
assert.equal(typeof middleware(), 'function');
assert.equal(typeof metrics, 'function');

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(require.resolve('metrion/package.json'), 'utf8'));
console.log(`metrion ${version} works in a module on Node ${process.versions.node}`);
