// The order desk of a small coffee roastery: an Express service whose roaster is a worker thread.
//
//   node service.mjs 8000

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import express from 'express';
import { Counter, collectDefaultMetrics } from 'metrion';
import { middleware } from 'metrion/express';

const COFFEES = ['house', 'espresso', 'decaf'];
const MOST_WAITING = 100;
const MOST_ORDERS = 10_000; // the oldest beyond this are forgotten

const ordered = new Counter({ name: 'bags_ordered_total', help: 'Bags ordered.', labelNames: ['coffee'] });
collectDefaultMetrics();

// The roaster answers in the order in which it was asked.
const roaster = new Worker(new URL('roaster.mjs', import.meta.url));
const waiting = [];
roaster.on('message', (order) => waiting.shift()(order));
roaster.on('error', (error) => {
  throw error;
});

function roast(order) {
  return new Promise((resolve) => {
    waiting.push(resolve);
    roaster.postMessage(order);
  });
}

const orders = new Map();
let lastId = 0;
const desk = express.Router();
desk.post('/', express.json(), async (request, response) => {
  const { coffee, bags } = request.body ?? {};
  if (!COFFEES.includes(coffee) || !(Number.isInteger(bags) && bags >= 1 && bags <= 200)) {
    response.status(422).json({ error: `an order has a coffee, one of ${COFFEES.join(', ')}, and 1 to 200 bags` });
    return;
  }
  if (waiting.length === MOST_WAITING) {
    response.status(503).json({ error: 'too many orders at once' });
    return;
  }
  ordered.inc({ coffee }, bags);
  const order = await roast({ id: ++lastId, coffee, bags });
  orders.set(order.id, order);
  if (orders.size > MOST_ORDERS) {
    orders.delete(orders.keys().next().value);
  }
  response.status(201).json(order);
});
desk.get('/:id', (request, response) => {
  const order = orders.get(Number(request.params.id));
  response.status(order === undefined ? 404 : 200).json(order ?? { error: 'no such order' });
});

const app = express();
app.use(middleware()); // before the routes: counts their requests, and serves /metrics
app.use('/orders', desk);

const server = app.listen(Number(process.argv[2] ?? 8000), '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${server.address().port}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => roaster.terminate());
    server.closeAllConnections();
  });
}
