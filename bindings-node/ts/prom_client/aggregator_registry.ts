import { aggregateAll } from '../aggregators';
import { IS_SHARED, askWorkers, listen } from '../cluster';
import { SharedRegistry, globalRegistry } from './global_registry';
import { Registry } from './registry';
import type { MetricObject } from './values';

let registries: readonly Registry[] = [globalRegistry];

/** A registry of all processes of a cluster. */
export class AggregatorRegistry<T extends string = string> extends Registry<T> {
  constructor(contentType?: T) {
    super(contentType);
    listen(answer);
  }

  /**
   * The metrics of all workers, aggregated; empty when there is no worker. When processes share `register`, it is the
   * page of that.
   */
  async clusterMetrics(): Promise<string> {
    const [first] = registries;
    if (registries.length === 1 && first instanceof SharedRegistry) {
      return first.metricsAs(this.contentType);
    }
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

async function answer(): Promise<unknown[]> {
  if (registries.some((own) => own instanceof SharedRegistry)) {
    // Every worker would answer with the numbers of all.
    throw new Error(`${IS_SHARED}: set METRION_SHARED in the primary, too`);
  }
  return Promise.all(registries.map((own) => own.getMetricsAsJSON()));
}
