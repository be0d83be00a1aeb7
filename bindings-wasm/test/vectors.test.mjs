// Runs the conformance vectors in Node, with updates that go to the cells and with updates by calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as metrion from 'metrion-wasm';
import * as testing from 'metrion-wasm/testing';

import { vectorReport } from '../../bindings-node/test/vector_report.mjs';
import { vectorRunner } from '../../bindings-node/test/vector_runner.mjs';
import { CASES } from './cases.mjs';

const { Run, OPERATIONS, runCase } = vectorRunner({ ...metrion, ...testing }, assert);

const counted = vectorReport('wasm');
for (const updates of ['cells', 'calls']) {
  for (const { name, text } of CASES) {
    test(`${name}, ${updates}`, () => counted(updates, name, () => runCase(JSON.parse(text), updates)));
  }
}

test('updates by calls have no cells', () => {
  for (const [updates, some] of [
    ['cells', true],
    ['calls', false],
  ]) {
    const run = new Run({}, updates);
    OPERATIONS.create(run, { type: 'counter', id: 'c', name: 'c' });
    assert.equal(run.handle('c').labels().numbers.length > 0, some);
  }
});
