// A cluster in which only the workers know of the shared registry: the primary prints what it is told.

import cluster from 'node:cluster';
import { once } from 'node:events';

const [library, shared] = process.argv.slice(2);
const { AggregatorRegistry } = await import(library);
const aggregator = new AggregatorRegistry();

if (cluster.isPrimary) {
  const worker = cluster.fork({ METRION_SHARED: shared });
  await once(worker, 'message');
  console.log(await aggregator.clusterMetrics().catch((error) => error.message));
  worker.kill();
} else {
  process.send('ready');
}
