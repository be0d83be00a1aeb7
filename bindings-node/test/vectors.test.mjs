// Runs the conformance vectors: with updates that go to the cells, with updates by calls into the core, as they are
// where JavaScript has no cells, and in registries that processes may share.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as metrion from 'metrion';
import { startHttpServer } from 'metrion/http';
import * as testing from 'metrion/testing';

import { CAN_SHARE, sharedPath } from './processes.mjs';
import { vectorReport } from './vector_report.mjs';
import { vectorRunner } from './vector_runner.mjs';

const { Run, OPERATIONS, runCase } = vectorRunner({ ...metrion, ...testing, startHttpServer }, assert);

const VECTORS = fileURLToPath(new URL('../../core/conformance/vectors', import.meta.url));
const AREAS = [
  ...['collectors', 'counter', 'created', 'errors', 'exemplars', 'expiry', 'filter', 'formats'],
  ...['gauge', 'histogram', 'info', 'labels', 'limits', 'names', 'native', 'numbers', 'parsing'],
  ...['registry', 'removal', 'reset', 'serving', 'state_set', 'summary'],
];

const FILES = readdirSync(VECTORS, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();

test('the areas are those that this runner knows', () => {
  const areas = new Set(FILES.map((file) => relative(VECTORS, join(file, '..'))));
  assert.deepEqual([...areas].sort(), AREAS);
});

const counted = vectorReport('node');
for (const updates of ['cells', 'calls']) {
  for (const file of FILES) {
    const name = relative(VECTORS, file);
    test(`${name}, ${updates}`, async () => {
      assert.ok(file.endsWith('.json'));
      await counted(updates, name, () => runCase(JSON.parse(readFileSync(file, 'utf8')), updates));
    });
  }
}

for (const file of FILES) {
  test(`${relative(VECTORS, file)}, shared`, { skip: !CAN_SHARE }, async (t) => {
    await runCase(JSON.parse(readFileSync(file, 'utf8')), 'cells', { shared: sharedPath(t) });
  });
}

test('updates by calls have no cells', () => {
  const run = new Run({}, 'calls');
  OPERATIONS.create(run, { type: 'counter', id: 'c', name: 'c' });
  assert.equal(run.handle('c').labels().numbers.length, 0);
  const other = new Run();
  OPERATIONS.create(other, { type: 'counter', id: 'c', name: 'c' });
  assert.ok(other.handle('c').labels().numbers.length > 0);
});

const CREATE = { op: 'create', type: 'counter', id: 'c', name: 'c' };
for (const operation of [
  { op: 'increase', on: 'c' },
  { op: 'bind', id: 'd', handle: null },
  { op: 'inc', on: 'c', by: 2 },
  { op: 'inc' },
  { op: 'inc', on: 'unbound' },
  { op: 'inc', on: 'c', error: 'io' },
  { op: 'add', on: 'c', value: -1, error: 'io' },
  { op: 'expect_values', values: { c: 1 } },
  { op: 'expect_values', values: { c: '-0' } },
  { op: 'expect_text', text: [] },
  { op: 'create', type: 'counter', id: 'd', name: 'd', mode: 'last' },
]) {
  test(`what is wrong fails: ${JSON.stringify(operation)}`, async () => {
    const expect = { text: ['# TYPE c_total counter', 'c_total 0'] };
    await runCase({ description: '', operations: [CREATE], expect });
    await assert.rejects(runCase({ description: '', operations: [CREATE, operation], expect }));
  });
}
