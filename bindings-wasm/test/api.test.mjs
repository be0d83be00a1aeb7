// What this package does in its own way: pages for requests, bytes, types for programs without Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Counter, Gauge, Registry, register } from 'metrion-wasm';

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
