// Takes orders over HTTP, in a cluster of two processes. They send each other no messages about metrics.
//
//     node kiosk.mjs PORT
import cluster from 'node:cluster';
import http from 'node:http';

import { Counter, Gauge, Histogram, register } from 'metrion';

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  const orders = new Counter({
    name: 'orders_total',
    help: 'Orders, by the language of who took them.',
    labelNames: ['taken_by'],
  });
  const seconds = new Histogram({
    name: 'order_duration_seconds',
    help: 'Time that an order took.',
    buckets: [0.0001, 0.001, 0.01, 0.1, 1],
  });
  const inFlight = new Gauge({ name: 'orders_in_flight', help: 'Orders that are being taken.', mode: 'up_down' });

  http
    .createServer(async (request, response) => {
      if (request.url === '/metrics') {
        response.setHeader('Content-Type', register.contentType);
        response.end(await register.metrics());
        return;
      }
      inFlight.inc();
      const end = seconds.startTimer();
      orders.inc({ taken_by: 'javascript' });
      end();
      inFlight.dec();
      response.end('thank you\n');
    })
    .listen(Number(process.argv[2]), '127.0.0.1');
}
