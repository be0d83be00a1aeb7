// What this package does in its own way: pages for requests, bytes, types for programs without Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Counter, Gauge, Histogram, Registry, register } from 'metrion-wasm';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test('a page follows from a request: its format and its names', async () => {
  const registers = [new Registry()];
  new Counter({ name: 'a', help: '', registers }).inc(2);
  new Gauge({ name: 'b', help: '', registers }).set(3);
  const [registry] = registers;
  const page = await registry.page({ accept: 'application/openmetrics-text;version=1.0.0', query: 'name[]=b&x=y' });
  assert.equal(page.contentEncoding, null);
  assert.match(page.contentType, /^application\/openmetrics-text; version=1.0.0/);
  assert.equal(new TextDecoder().decode(page.body), '# TYPE b gauge\nb 3.0\n# EOF\n');
  const whole = await registry.page();
  assert.equal(new TextDecoder().decode(whole.body), await registry.metrics());
});

test('a page shares no registry with other processes', () => {
  assert.throws(() => new Registry({ shared: '/dev/shm/app' }), { name: 'MetrionError', code: 'unsupported' });
  assert.equal(register.isShared, false);
});

test('a page of a wrong format is an error with a code', async () => {
  await assert.rejects(register.encode({ format: 'xml' }), { name: 'MetrionError', code: 'unsupported' });
  await assert.rejects(register.encode({ escaping: 'no' }), { code: 'unsupported' });
});

test('which bounds of a collector are numbers', async () => {
  // JavaScript reads them here: it takes texts for numbers that the formats do not have.
  for (const [bound, shown] of [
    ...[['0.5', '0.5'], ['5e-1', '0.5'], ['+1.', '1'], ['.25', '0.25'], ['0001', '1']],
    ...[['0x1', null], ['', null], [' 1', null], ['1e', null], ['-', null], ['1_0', null], ['1e999', null]],
    ...[['Infinit', null], ['1,5', null], ['true', null], ['1-1', null]],
  ]) {
    const registry = new Registry();
    const bucket = (le, value) => ({ name: 'h_bucket', labels: { le }, value });
    const samples = [bucket(bound, 1), bucket('+Inf', 2), { name: 'h_count', value: 2 }, { name: 'h_sum', value: 3 }];
    registry.registerCollector({ collect: () => [{ name: 'h', type: 'histogram', samples }] });
    const page = await registry.metrics();
    // What has no bounds is no histogram: its samples are shown as they are.
    const expected = shown === null ? '# TYPE h_bucket untyped' : `h_bucket{le="${shown}"} 1`;
    assert.ok(page.includes(`${expected}\n`), `${bound}: ${page}`);
  }
});

test('numbers have the fewest digits that read back as the same', async () => {
  const large = [1.7976931348623157e308, 2 ** 53, 123456789012345680000, 1e21];
  const numbers = [0.1, 1 / 3, 5e-324, ...large, -1.5e-7, 1e-5, 1e16];
  const registers = [new Registry()];
  const gauge = new Gauge({ name: 'g', help: '', registers, labelNames: ['at'] });
  numbers.forEach((number, at) => gauge.set({ at }, number));
  const lines = (await registers[0].metrics()).trim().split('\n').slice(1);
  assert.deepEqual(lines.map((line) => Number(line.split(' ')[1])), numbers);
  assert.equal(lines[2].split(' ')[1], `0.${'0'.repeat(323)}5`);
  assert.equal(lines[6].split(' ')[1], '1000000000000000000000');
  const { body } = await registers[0].encode({ format: 'openmetrics' });
  assert.match(new TextDecoder().decode(body), /g\{at="7"\} -1.5e-07\n/);
});

test('messages name what is wrong', () => {
  const options = (own) => ({ name: 'm', help: '', registers: [new Registry()], ...own });
  const message = (make) => {
    try {
      make();
    } catch (error) {
      return error.message;
    }
    return undefined;
  };
  assert.match(message(() => new Counter(options({ name: 'é "\n' }))), /invalid metric name "é \\"\\n": must match/);
  assert.match(message(() => new Histogram(options({ buckets: [2, 1.5] }))), /2 is followed by 1\.5/);
  assert.match(message(() => new Counter(options({})).inc(-2.5)), /not -2\.5/);
});

test('the default registry counts its gauges in place', async () => {
  const gauge = new Gauge({ name: 'in_place', help: '' });
  const child = gauge.labels();
  gauge.inc(2);
  gauge.dec();
  assert.ok(child.known === undefined && child.numbers.length > 0);
  assert.equal(child.numbers[child.index], 1);
});

const PROGRAM = `
import { Counter, register, type Page } from 'metrion-wasm';
import { checkExposition } from 'metrion-wasm/testing';
const counter = new Counter({ name: 'c', help: '', labelNames: ['a'] });
counter.inc({ a: 'x' });
// @ts-expect-error: no such label
counter.inc({ b: 'x' });
const page: Page = await register.encode();
const bytes: Uint8Array = page.body;
checkExposition(bytes);
`;

test('the types need no types of Node', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'metrion-types-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'node_modules'));
  await symlink(here('..'), join(root, 'node_modules/metrion-wasm'));
  await writeFile(join(root, 'program.ts'), PROGRAM);
  const compilerOptions = {
    ...{ noEmit: true, strict: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler' },
    ...{ lib: ['es2022', 'dom'], types: [], preserveSymlinks: true },
  };
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  execFileSync(process.execPath, [here('../node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit' });
});
