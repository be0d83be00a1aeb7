// The roaster's thread. Its metrics are in the one registry of the process: whoever is scraped shows them.

import { parentPort } from 'node:worker_threads';

import { Counter, Histogram } from 'metrion';

const GRAMS_PER_BAG = 250;
const GRAMS_PER_BATCH = 1000;

const roasted = new Counter({ name: 'bags_roasted_total', help: 'Bags roasted.', labelNames: ['coffee'] });
const batches = new Histogram({
  name: 'roast_batches',
  help: 'Batches that an order took.',
  buckets: [1, 2, 5, 10],
});
const duration = new Histogram({ name: 'roast_duration_seconds', help: 'Time that the orders took.' });

parentPort.on('message', (order) => {
  const end = duration.startTimer();
  const needed = Math.ceil((order.bags * GRAMS_PER_BAG) / GRAMS_PER_BATCH);
  for (let batch = 0; batch < needed; batch++) {
    roast(batch);
  }
  batches.observe(needed);
  roasted.inc({ coffee: order.coffee }, order.bags);
  end();
  parentPort.postMessage({ ...order, batches: needed });
});

// Something that takes a thread a while.
function roast(batch) {
  let heat = batch;
  for (let turn = 0; turn < 1_000_000; turn++) {
    heat = Math.sqrt(heat + turn);
  }
  return heat;
}
