// Runs the service, sends it requests, and reads the numbers where an operator does: in a real Prometheus.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Prometheus } from './prometheus.mjs';

const DEADLINE_MILLISECONDS = 60_000;
const REQUESTS = [
  ['POST', '/orders', { coffee: 'house', bags: 2 }, 201],
  ['POST', '/orders', { coffee: 'espresso', bags: 1 }, 201],
  ['POST', '/orders', { coffee: 'house', bags: 40 }, 201],
  ['POST', '/orders', { coffee: 'tea', bags: 1 }, 422],
  ['GET', '/orders/1', undefined, 200],
  ['GET', '/orders/3', undefined, 200],
  ['GET', '/orders/99', undefined, 404],
  ['GET', '/admin.php', undefined, 404],
];
const ROUNDS = 5;

async function startService() {
  const service = spawn(process.execPath, [fileURLToPath(new URL('service.mjs', import.meta.url)), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const url of createInterface({ input: service.stdout })) {
    return { service, url };
  }
  throw new Error('the service ended at its start');
}

async function send(url) {
  for (const [method, path, body, status] of REQUESTS) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    await response.arrayBuffer();
    assert.equal(response.status, status, `${method} ${path}`);
  }
}

async function expectInTime(prometheus, expression, expected) {
  const deadline = Date.now() + DEADLINE_MILLISECONDS;
  for (;;) {
    const found = await prometheus.query(expression);
    try {
      assert.deepEqual(found, expected, expression);
      return;
    } catch (difference) {
      if (Date.now() > deadline) throw difference;
      await setTimeout(50);
    }
  }
}

test('Prometheus sees every request and every bag', async () => {
  const { service, url } = await startService();
  const prometheus = await Prometheus.start(new URL(url).host);
  const expected = (expression, results) => expectInTime(prometheus, expression, results);
  try {
    for (let round = 0; round < ROUNDS; round++) await send(url);

    const requests = [
      [{ method: 'GET', route: '/orders/:id', status: '200' }, 2 * ROUNDS],
      [{ method: 'GET', route: '/orders/:id', status: '404' }, ROUNDS],
      [{ method: 'GET', route: 'unmatched', status: '404' }, ROUNDS],
      [{ method: 'POST', route: '/orders', status: '201' }, 3 * ROUNDS],
      [{ method: 'POST', route: '/orders', status: '422' }, ROUNDS],
    ];
    await expected('sum by (method, route, status) (http_requests_total)', requests);
    await expected('sum by (method, route, status) (http_request_duration_seconds_count)', requests);
    for (const what of ['ordered', 'roasted']) {
      await expected(`sum by (coffee) (bags_${what}_total)`, [
        [{ coffee: 'espresso' }, ROUNDS],
        [{ coffee: 'house' }, 42 * ROUNDS],
      ]);
    }
    // Prometheus asks for OpenMetrics, where bounds have a point.
    await expected('sum by (le) (roast_batches_bucket)', [
      [{ le: '+Inf' }, 3 * ROUNDS],
      [{ le: '1.0' }, 2 * ROUNDS],
      [{ le: '10.0' }, 3 * ROUNDS],
      [{ le: '2.0' }, 2 * ROUNDS],
      [{ le: '5.0' }, 2 * ROUNDS],
    ]);
    await expected('sum(roast_batches_sum)', [[{}, 12 * ROUNDS]]);
    await expected('sum(roast_duration_seconds_count)', [[{}, 3 * ROUNDS]]);
    await expected('count by (version) (nodejs_version_info)', [[{ version: process.version }, 1]]);
    await expected('process_resident_memory_bytes > bool 1e6', [[{}, 1]]);
    await expected('up', [[{ __name__: 'up' }, 1]]);
  } finally {
    await prometheus.stop();
    service.kill();
    const [code] = service.exitCode === null ? await once(service, 'exit') : [service.exitCode];
    assert.equal(code, 0);
  }
});
