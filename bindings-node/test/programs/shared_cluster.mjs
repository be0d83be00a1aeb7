// Workers behind one port that count their requests in `register`, which METRION_SHARED makes one for all. The primary
// starts another one when one ends, tells its parent whenever all are there, and answers with clusterMetrics().

import cluster from 'node:cluster';
import { createServer } from 'node:http';

const WORKERS = 4;
const [library] = process.argv.slice(2);
const { AggregatorRegistry, Counter, Gauge, Histogram, register } = await import(library);

if (cluster.isPrimary) {
  const aggregator = new AggregatorRegistry();
  let port = 0;
  const told = () => {
    const workers = Object.values(cluster.workers).filter((worker) => worker.isConnected());
    if (workers.length === WORKERS && workers.every((worker) => worker.isListening)) {
      process.send({ port, pids: workers.map((worker) => worker.process.pid) });
    }
  };
  cluster.on('listening', (worker, address) => {
    worker.isListening = true;
    port = address.port;
    told();
  });
  cluster.on('exit', () => cluster.fork());
  for (let i = 0; i < WORKERS; i++) {
    cluster.fork();
  }
  process.on('message', async ({ id }) => process.send({ id, result: await aggregator.clusterMetrics() }));
  process.on('disconnect', () => {
    Object.values(cluster.workers).forEach((worker) => worker.process.kill('SIGKILL'));
    process.exit();
  });
} else {
  const requests = new Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['path'] });
  const took = new Histogram({ name: 'took_seconds', help: 'Took.', buckets: [1, 2] });
  const flight = new Gauge({ name: 'flight', help: 'In flight.', mode: 'up_down', aggregator: 'sum' });
  const up = new Gauge({ name: 'up', help: 'Workers.', mode: 'livesum', aggregator: 'sum' });
  up.set(1);
  const server = createServer(async (request, response) => {
    response.setHeader('x-pid', process.pid);
    if (request.url === '/metrics') {
      response.end(await register.metrics());
      return;
    }
    flight.inc();
    requests.inc({ path: request.url });
    took.observe(0.5);
    setImmediate(() => {
      flight.dec();
      response.end('ok');
    });
  });
  // All workers get the port that the first one got.
  server.listen(0, '127.0.0.1');
  process.on('disconnect', () => process.exit());
}
