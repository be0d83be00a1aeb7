// Several processes: a cluster, a Pushgateway, and the loader.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { Counter, MetrionError, Pushgateway, Registry } from 'metrion';

import { platformPackage } from '../dist/platforms.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

for (const library of ['metrion', 'metrion/prom-client']) {
  test(`a cluster's workers are added up: ${library}`, () => {
    const child = spawnSync(process.execPath, [path('programs/cluster.mjs'), library], { encoding: 'utf8' });
    assert.equal(child.status, 0, child.stderr);
    const lines = child.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const suffix = library === 'metrion' ? '_total' : '';
    assert.deepEqual(lines.sort(), ['first 1', 'most 3', `work${suffix}{kind="a"} 6`].sort());
  });
}

test('a Pushgateway', async () => {
  const seen = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => {
        seen.push([request.method, request.url, Buffer.concat(chunks)]);
        response.statusCode = request.url.includes('refused') ? 400 : 202;
        response.end('answer');
      });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const registry = new Registry();
  new Counter({ name: 'c', help: '', registers: [registry] }).inc();
  try {
    const gateway = new Pushgateway(url, undefined, registry);
    const { resp, body } = await gateway.push({ jobName: 'a b', groupings: { zone: 'ü/1' } });
    assert.deepEqual([resp.statusCode, body], [202, 'answer']);
    await gateway.pushAdd({ jobName: 'j' });
    await gateway.delete({ jobName: 'j' });
    const zipped = new Pushgateway(`${url}/base/`, { headers: { 'Content-Encoding': 'gzip' } }, registry);
    await zipped.push({ jobName: 'j' });
    const text = await registry.metrics();
    assert.deepEqual(
      seen.slice(0, 3).map(([method, at, sent]) => [method, at, sent.toString()]),
      [
        ['PUT', '/metrics/job/a%20b/zone/%C3%BC%2F1', text],
        ['POST', '/metrics/job/j', text],
        ['DELETE', '/metrics/job/j', ''],
      ],
    );
    assert.equal(seen[3][1], '/base/metrics/job/j');
    assert.equal(gunzipSync(seen[3][2]).toString(), text);
    const isIo = (error) => error instanceof MetrionError && error.code === 'io';
    await assert.rejects(gateway.push({ jobName: 'refused' }), isIo);
    assert.throws(() => gateway.push(), { code: 'invalid_value' });
    const failing = { metrics: () => Promise.reject(new Error('no data')) };
    const before = seen.length;
    await assert.rejects(new Pushgateway(url, undefined, failing).push({ jobName: 'j' }), { message: 'no data' });
    await gateway.delete({ jobName: 'j' });
    assert.deepEqual(
      seen.slice(before).map(([method]) => method),
      ['DELETE'],
      'nothing was pushed',
    );
  } finally {
    server.close();
  }
  await assert.rejects(new Pushgateway(url, undefined, registry).push({ jobName: 'j' }), { code: 'io' });
});

test('without its native module the package says what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrion-'));
  try {
    for (const name of ['dist', 'package.json']) {
      cpSync(path(`../${name}`), join(folder, name), { recursive: true });
    }
    const child = spawnSync(process.execPath, ['-e', 'require("./dist")'], { cwd: folder, encoding: 'utf8' });
    assert.notEqual(child.status, 0);
    assert.match(child.stderr, /code: 'unsupported'/);
    assert.match(child.stderr, /The package metrion-\S+ is missing or does not load.*npm install metrion-/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the packages that are published work together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrion-'));
  try {
    const native = `${platformPackage()}=${path('../metrion.node')}`;
    const packed = spawnSync(process.execPath, [path('../scripts/pack.mjs'), folder, native], { encoding: 'utf8' });
    assert.equal(packed.status, 0, packed.stderr);
    cpSync(path('../packages'), join(folder, 'node_modules'), { recursive: true });
    const program =
      'const { Counter, register } = require("metrion"); new Counter({ name: "c", help: "" }).inc(); register.metrics().then(console.log)';
    const child = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' });
    assert.equal(child.stdout, '# TYPE c_total counter\nc_total 1\n\n', child.stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
