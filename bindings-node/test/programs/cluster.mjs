// Three workers count; the primary prints what all of them have.

import cluster from 'node:cluster';
import { once } from 'node:events';

const { AggregatorRegistry, Counter, Gauge } = await import(process.argv[2]);
const aggregator = new AggregatorRegistry();

if (cluster.isPrimary) {
  const workers = [1, 2, 3].map(() => cluster.fork());
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  console.log(await aggregator.clusterMetrics());
  workers.forEach((worker) => worker.kill());
} else {
  const { id } = cluster.worker;
  new Counter({ name: 'work', help: 'Work.', labelNames: ['kind'] }).inc({ kind: 'a' }, id);
  new Gauge({ name: 'most', help: 'Most.', aggregator: 'max' }).set(id);
  new Gauge({ name: 'first', help: 'First.', aggregator: 'min' }).set(id);
  process.send('ready');
}
