import { aggregateAll } from '../aggregators';
import { askWorkers, listen } from '../cluster';
import { Registry, globalRegistry } from './registry';
import type { MetricObject } from './values';

let registries: readonly Registry[] = [globalRegistry];

/** A registry of all processes of a cluster. */
export class AggregatorRegistry<T extends string = string> extends Registry<T> {
  constructor(contentType?: T) {
    super(contentType);
    listen(() => Promise.all(registries.map((own) => own.getMetricsAsJSON())));
  }

  /** The metrics of all workers, aggregated; empty when there is no worker. */
  async clusterMetrics(): Promise<string> {
    const lists = (await askWorkers()) as MetricObject[][];
    return lists.length === 0 ? '' : AggregatorRegistry.aggregate(lists, this.contentType).metrics();
  }

  /** A registry with the metrics of several `getMetricsAsJSON`. */
  static aggregate(lists: readonly MetricObject[][], contentType?: string): Registry {
    const registry = new Registry(contentType);
    for (const metric of aggregateAll(lists)) {
      registry.registerMetric({ ...metric, get: () => metric as MetricObject });
    }
    return registry;
  }

  /** Which registries a worker answers with. */
  static setRegistries(given: Registry | readonly Registry[]): void {
    const all = Array.isArray(given) ? (given as readonly Registry[]) : [given as Registry];
    const wrong = all.find((own) => !(own instanceof Registry));
    if (wrong !== undefined || all.length === 0) {
      throw new TypeError(`Expected Registry, got ${typeof wrong}`);
    }
    registries = all;
  }
}
