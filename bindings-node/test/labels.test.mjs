// The table of children, with a generation that the test sets as another thread would.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LabelTable } from '../dist/labels.js';

const tableOf = (depth, generation = new Uint32Array(2)) => [
  new LabelTable(
    Array.from({ length: depth }, (_, i) => `l${i}`),
    { generation: () => generation },
  ),
  generation,
];

test('children of one to five labels are found by place and by name', () => {
  for (let depth = 1; depth <= 5; depth++) {
    const [table] = tableOf(depth);
    const values = Array.from({ length: depth }, (_, i) => `v${i}`);
    const labels = Object.fromEntries(values.map((value, i) => [`l${i}`, value]));
    assert.equal(table.find(values), undefined);
    table.insert(values, 'child', table.stamp());
    assert.equal(table.find(values), 'child');
    assert.equal(table.findByName(labels), 'child');
    assert.equal(table.findByName({ ...labels, other: 1 }), undefined);
    assert.equal(table.find(values.slice(1)), undefined);
    assert.equal(table.find([...values, 'more']), undefined);
    assert.equal(table.find([...values.slice(1), 'other']), undefined);
  }
});

test('a removal anywhere forgets all, and a child looked up before it is not kept after it', () => {
  const [table, generation] = tableOf(2);
  table.insert(['a', 'b'], 'first', table.stamp());
  const stamp = table.stamp();
  generation[0] += 1;
  assert.equal(table.find(['a', 'b']), undefined);
  table.insert(['a', 'b'], 'perhaps removed', stamp);
  assert.equal(table.find(['a', 'b']), undefined);
  table.insert(['a', 'b'], 'second', table.stamp());
  assert.equal(table.find(['a', 'b']), 'second');
});

test('without a generation nothing is kept', () => {
  const [table] = tableOf(1, null);
  table.insert(['a'], 'child', table.stamp());
  assert.equal(table.find(['a']), undefined);
  assert.equal(table.findByName({ l0: 'a' }), undefined);
});
