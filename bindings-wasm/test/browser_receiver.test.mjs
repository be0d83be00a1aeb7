// The example's receiver: it adds up what pages push, and believes nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Registry } from 'metrion-wasm';

import { Receiver, Refusal } from '../../examples/browser/receiver.mjs';

let number = 0;
const batch = (...families) => JSON.stringify({ version: 1, id: `test-${(number += 1)}`, families });
const counter = (value, labels = {}) => ({
  name: 'clicks',
  type: 'counter',
  help: 'Clicks.',
  series: [{ labels, value }],
});
const buckets = (one, all) => [
  { le: 0.5, count: one },
  { le: '+Inf', count: all },
];
const histogram = (one, all, sum) => ({
  name: 'h_seconds',
  type: 'histogram',
  help: '',
  series: [{ labels: {}, count: all, sum, buckets: buckets(one, all) }],
});

async function page(receiver) {
  const registry = new Registry();
  registry.registerCollector(receiver);
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('counters and histograms add up, gauges are the last one, and a batch counts once', async () => {
  const receiver = new Receiver();
  const gauge = (value) => ({ name: 'g', type: 'gauge', help: '', series: [{ labels: { page: 'a' }, value }] });
  const first = batch(counter(2), histogram(1, 3, 4.5), gauge('-Inf'));
  assert.equal(receiver.take(first), true);
  assert.equal(receiver.take(first), false);
  assert.equal(receiver.take(batch(counter(3, { button: 'x"y' }), histogram(1, 1, 0.25), gauge(7))), true);
  assert.equal(receiver.take(batch(counter(5))), true);
  assert.deepEqual((await page(receiver)).sort(), [
    'clicks_total 7',
    'clicks_total{button="x\\"y"} 3',
    'g{page="a"} 7',
    'h_seconds_bucket{le="+Inf"} 4',
    'h_seconds_bucket{le="0.5"} 2',
    'h_seconds_count 4',
    'h_seconds_sum 4.75',
  ]);
});

test('other types', async () => {
  const receiver = new Receiver();
  receiver.take(
    batch(
      { name: 's', type: 'summary', help: '', series: [{ labels: {}, count: 2, sum: 3 }] },
      { name: 'build', type: 'info', help: '', series: [{ labels: { version: '1' }, value: 1 }] },
      { name: 'mood', type: 'stateset', help: '', series: [{ labels: {}, states: { good: 1, bad: 0 } }] },
    ),
  );
  assert.deepEqual((await page(receiver)).sort(), [
    'build_info{version="1"} 1',
    'mood{mood="bad"} 0',
    'mood{mood="good"} 1',
    's_count 2',
    's_sum 3',
  ]);
});

test('what is wrong is refused as a whole', async () => {
  const receiver = new Receiver();
  receiver.take(batch(counter(1), histogram(1, 1, 1)));
  const series = (one) => ({ name: 'x', type: 'counter', help: '', series: [one] });
  const h = (one) => ({ name: 'x', type: 'histogram', help: '', series: [{ labels: {}, ...one }] });
  const wrong = [
    '',
    'null',
    '[]',
    '{"version":2,"id":"a","families":[]}',
    '{"version":1,"families":[]}',
    '{"version":1,"id":"","families":[]}',
    `{"version":1,"id":"${'x'.repeat(65)}","families":[]}`,
    '{"version":1,"id":"a","families":{}}',
    batch(null),
    batch({ name: '7x', type: 'counter', help: '', series: [] }),
    batch({ name: 'x', type: 'toString', help: '', series: [] }),
    batch({ name: 'x', type: 'counter', help: 7, series: [] }),
    batch({ name: 'x', type: 'counter', help: '', series: {} }),
    batch(counter(1), counter(1)),
    batch({ ...counter(1), series: [...counter(1).series, ...counter(1).series] }),
    batch({ ...counter(1), type: 'gauge' }),
    batch(series(null)),
    batch(series({ labels: { le: '1' }, value: 1 })),
    batch(series({ labels: { __name__: 'y' }, value: 1 })),
    batch(series({ labels: { a: 7 }, value: 1 })),
    batch(series({ labels: [], value: 1 })),
    batch(series({ labels: {}, value: -1 })),
    batch(series({ labels: {}, value: '+Inf' })),
    batch(series({ labels: {} })),
    batch(h({ count: 1, sum: 1 })),
    batch(h({ count: 1, sum: 'NaN', buckets: buckets(1, 1) })),
    batch(h({ count: 1, sum: 1, buckets: buckets(2, 1) })),
    batch(h({ count: 2, sum: 1, buckets: buckets(1, 1) })),
    batch(h({ count: 1, sum: 1, buckets: [{ le: 0.5, count: 1 }] })),
    batch(
      h({
        count: 1,
        sum: 1,
        buckets: [
          { le: 0.5, count: 0 },
          { le: 0.5, count: 0 },
          { le: '+Inf', count: 1 },
        ],
      }),
    ),
    batch({ ...histogram(1, 1, 1), series: [{ labels: {}, count: 1, sum: 1, buckets: [{ le: '+Inf', count: 1 }] }] }),
    batch(counter(1), series({ labels: {}, value: -1 })),
  ];
  for (const text of wrong) {
    assert.throws(
      () => receiver.take(text),
      (error) => error instanceof Refusal && error.status === 400,
      text,
    );
  }
  assert.ok((await page(receiver)).includes('clicks_total 1'));
});

test('series and remembered batches are bounded', () => {
  const receiver = new Receiver({ maxSeries: 2, maxIds: 2 });
  const first = batch(counter(1));
  receiver.take(first);
  receiver.take(batch(counter(1, { a: '1' })));
  assert.throws(
    () => receiver.take(batch(counter(1, { a: '2' }))),
    (error) => error.status === 422,
  );
  receiver.take(batch(counter(1)));
  assert.equal(receiver.take(first), true, 'forgotten by now');
});
