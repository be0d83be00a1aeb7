// Worker threads share `register` with no messages.

import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { test } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

import { Counter, Gauge, Histogram, register } from 'metrion';

const counter = new Counter({ name: 'work_total', help: 'Work.', labelNames: ['kind'] });
const gauge = new Gauge({ name: 'level', help: 'Level.' });
const flight = new Gauge({ name: 'flight', help: 'In flight.', mode: 'up_down' });
const histogram = new Histogram({ name: 'took', help: 'Took.', buckets: [1, 2] });

function work(rounds) {
  for (let i = 0; i < rounds; i++) {
    counter.inc({ kind: 'a' });
    counter.labels('b').inc(0.5);
    gauge.inc();
    flight.inc(2);
    flight.dec();
    histogram.observe(i % 3);
  }
}

const started = (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
const ended = (worker) => new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
const start = (data) => new Worker(fileURLToPath(import.meta.url), { workerData: data });

if (isMainThread) {
  test('sums over threads are exact, also after they ended, and slabs are handed on', async () => {
    const rounds = 1000;
    // More than there are slabs: the last of them get those of the first.
    for (let round = 0; round < 5; round++) {
      const workers = Array.from({ length: 4 }, () => start({ rounds }));
      const all = Promise.all(workers.map(ended));
      work(rounds);
      await all;
    }
    const total = 25 * rounds;
    assert.equal(counter.labels('a').value(), total);
    assert.equal(counter.labels('b').value(), total / 2);
    assert.equal(gauge.labels().value(), total);
    assert.equal(flight.labels().value(), total);
    const { counts, sum } = histogram.labels().value();
    const perRun = [0, 1, 2].map((rest) => Math.ceil((rounds - rest) / 3));
    assert.deepEqual(counts, [25 * (perRun[0] + perRun[1]), 25 * perRun[2], 0]);
    assert.equal(sum, 25 * (perRun[1] + 2 * perRun[2]));
    assert.match(await register.metrics(), /^work_total\{kind="a"\} 25000$/m);
  });

  test('a thread that ends hands its slab to the next', async () => {
    // More than there are slabs, one after the other: each has cells to write to without a call.
    for (let i = 0; i < 4 * cpus().length + 2; i++) {
      const worker = start({ tell: true });
      const exit = ended(worker);
      assert.equal(await started(worker), true);
      await exit;
    }
  });

  test('many threads at once, some without a slab of their own', async () => {
    const before = counter.labels('a').value();
    const workers = Array.from({ length: 20 }, () => start({ rounds: 200, wait: true }));
    const exits = Promise.all(workers.map(ended));
    await Promise.all(workers.map(started));
    workers.forEach((worker) => worker.postMessage('go'));
    await exits;
    assert.equal(counter.labels('a').value(), before + 20 * 200);
  });

  test('a child that another thread removed is not handed out', async () => {
    const kept = counter.labels('a');
    await ended(start({ remove: 'a' }));
    kept.inc(100);
    assert.doesNotMatch(await register.metrics(), /kind="a"/);
    counter.labels('a').inc(2);
    assert.match(await register.metrics(), /^work_total\{kind="a"\} 2$/m);
    counter.inc({ kind: 'a' });
    assert.equal(counter.labels('a').value(), 3);
  });

  test('a thread that is terminated in its work does no harm', async () => {
    const worker = start({ forever: true });
    await started(worker);
    await worker.terminate();
    const before = counter.labels('b').value();
    counter.labels('b').inc();
    assert.equal(counter.labels('b').value(), before + 1);
  });
} else if (workerData.tell) {
  parentPort.postMessage(counter.labels('a').numbers.length > 0);
} else if (workerData.remove !== undefined) {
  counter.remove(workerData.remove);
} else if (workerData.forever) {
  parentPort.postMessage('started');
  for (;;) {
    work(100);
  }
} else if (workerData.wait) {
  parentPort.once('message', () => work(workerData.rounds));
  parentPort.postMessage('started');
} else {
  work(workerData.rounds);
}
