// Counts before, while and after the memory of the module grows, which detaches every view of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Counter, Gauge, Histogram, Registry, Summary } from 'metrion-wasm';

// A registry of that size needs more memory than there is.
const MANY = 65_536;

/** Does something until the views of `child` are detached by it. */
function grow(child) {
  const made = [];
  for (let i = 0; i < 8 && child.numbers.length > 0; i++) {
    made.push(new Registry({ maxEntries: MANY }));
  }
  assert.equal(child.numbers.length, 0, 'the memory did not grow');
  return made;
}

function metrics() {
  const registers = [new Registry()];
  const common = { help: '', registers };
  return {
    registry: registers[0],
    counter: new Counter({ ...common, name: 'c' }),
    whole: new Counter({ ...common, name: 'w' }),
    labelled: new Counter({ ...common, name: 'l', labelNames: ['a', 'b'] }),
    last: new Gauge({ ...common, name: 'g' }),
    upDown: new Gauge({ ...common, name: 'u', mode: 'up_down' }),
    histogram: new Histogram({ ...common, name: 'h', buckets: [1, 2] }),
    summary: new Summary({ ...common, name: 's', percentiles: [] }),
  };
}

test('nothing is lost when the memory grows, and updates go to the cells again after the next one', () => {
  const { counter, whole, labelled, last, upDown, histogram, summary } = metrics();
  const update = () => {
    counter.inc(2.5);
    whole.inc();
    labelled.inc({ a: 'x', b: 'y' });
    last.set(3);
    last.inc(4);
    upDown.dec(2);
    histogram.observe(1.5);
    summary.observe(0.5);
  };
  const children = [counter, whole, last, upDown, histogram, summary].map((metric) => metric.labels());
  const child = labelled.labels('x', 'y');
  for (let round = 1; round <= 3; round++) {
    for (let i = 0; i < 5; i++) update();
    grow(children[0]);
    for (let i = 0; i < 5; i++) update();
    [...children, child].forEach((own) => assert.ok(own.numbers.length > 0, `${own.constructor.name} is detached`));
    assert.equal(labelled.labels('x', 'y'), child, 'the table of labels was lost');
    const updates = 10 * round;
    assert.deepEqual(
      [counter, whole, labelled.labels('x', 'y'), last, upDown].map((own) => (own.labels?.() ?? own).value()),
      [2.5 * updates, updates, updates, 7, -2 * updates],
    );
    const { counts, sum } = histogram.labels().value();
    assert.deepEqual({ counts, sum }, { counts: [0, updates, 0], sum: 1.5 * updates });
    assert.deepEqual(summary.labels().value(), { quantiles: [], sum: 0.5 * updates, count: updates });
  }
});

test('each kind is attached again by its own first update after the growth', () => {
  const own = metrics();
  const updates = {
    counter: (child) => child.inc(),
    last: (child) => child.set(1),
    upDown: (child) => child.inc(),
    histogram: (child) => child.observe(1),
    summary: (child) => child.observe(1),
  };
  for (const [name, update] of Object.entries(updates)) {
    const child = own[name].labels();
    update(child);
    grow(child);
    update(child);
    assert.ok(child.numbers.length > 0, `${name} is detached`);
  }
});

test('a removal is seen by the table after the memory grew', () => {
  const { labelled } = metrics();
  const first = labelled.labels('x', 'y');
  first.inc();
  grow(first);
  labelled.remove('x', 'y');
  const second = labelled.labels('x', 'y');
  assert.notEqual(second, first);
  second.inc(3);
  first.inc();
  assert.equal(second.value(), 3);
});

test('many series and a large page make it grow, and the page has exact totals', async () => {
  const registry = new Registry({ maxEntries: MANY });
  const counter = new Counter({ name: 'big', help: '', labelNames: ['i'], registers: [registry] });
  const first = counter.labels('0');
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 30_000; i++) {
      counter.labels(String(i)).inc(i);
    }
    first.inc();
    const lines = (await registry.metrics()).split('\n');
    assert.equal(lines.length, 30_000 + 2);
    for (const i of [1, 4096, 29_999]) {
      assert.ok(lines.includes(`big_total{i="${i}"} ${i * (round + 1)}`));
    }
    assert.ok(lines.includes(`big_total{i="0"} ${round + 1}`));
  }
});

test('a registry for which there is no memory is an error, and the others go on', () => {
  const { counter } = metrics();
  counter.inc();
  assert.throws(() => new Registry({ maxEntries: 100_000_000 }), { code: 'limit_reached' });
  counter.inc();
  assert.equal(counter.labels().value(), 2);
});

test('what is of a wrong type is an error with a code', () => {
  const registers = [new Registry()];
  for (const wrong of [
    { namespace: 5 },
    { unit: {} },
    { expireAfterSeconds: 'soon' },
    { constantLabels: [['a', {}]] },
  ]) {
    assert.throws(() => new Counter({ name: 'c', help: '', registers, ...wrong }), { name: 'MetrionError' });
  }
  assert.throws(() => new Registry({ maxEntries: 'many' }), { code: 'invalid_value' });
  assert.throws(() => new Histogram({ name: 'h', help: '', registers, native: { schema: 'x' } }), {
    code: 'invalid_value',
  });
});
