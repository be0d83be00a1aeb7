/** The metrics of all processes of a cluster. */

import { aggregateAll } from './aggregators';
import { IS_SHARED, askWorkers, listen } from './cluster';
import type { Family } from './collector';
import { MetrionError, shown } from './errors';
import type { MetricObject } from './metric';
import { Registry, register, type ContentType, type RegistryConfig } from './registry';

let registries: readonly Registry[] = [register];

/**
 * A registry that asks the workers of a cluster. Make one in the primary and in each worker. When it is shared, or
 * the registry that it would ask for is, nobody needs to be asked.
 */
export class AggregatorRegistry extends Registry {
  constructor(config?: RegistryConfig | ContentType) {
    super(config);
    listen(answer);
  }

  /**
   * The metrics of all workers, aggregated as each metric's `aggregator` says; empty without workers. Those of a shared
   * registry are its page, whoever is there.
   */
  async clusterMetrics(): Promise<string> {
    const shared = this.isShared ? this : sharedRegistry();
    if (shared !== undefined) {
      return shared.text(this.contentType);
    }
    const lists = (await askWorkers()) as MetricObject[][];
    return lists.length === 0 ? '' : AggregatorRegistry.aggregate(lists, this.contentType).metrics();
  }

  /** A registry with the metrics of several `getMetricsAsJSON`. */
  static aggregate(lists: readonly (readonly MetricObject[])[], contentType?: ContentType): Registry {
    const registry = new Registry({ contentType });
    const families = aggregateAll(lists).map((metric) => familyOf(metric as MetricObject));
    registry.registerCollector({ describe: () => families, collect: () => families });
    return registry;
  }

  /** Which registries a worker answers with: `register` by default. */
  static setRegistries(given: Registry | readonly Registry[]): void {
    const all = given instanceof Registry ? [given] : given;
    if (!Array.isArray(all) || !all.every((own) => own instanceof Registry)) {
      throw new MetrionError('invalid_value', `a registry or a list of them is needed, not ${shown(given)}`);
    }
    registries = all;
  }
}

/** The one registry that workers would answer with, if it is shared. */
function sharedRegistry(): Registry | undefined {
  const [first] = registries;
  return registries.length === 1 && first.isShared ? first : undefined;
}

async function answer(): Promise<MetricObject[][]> {
  if (registries.some((own) => own.isShared)) {
    // Every worker would answer with the numbers of all.
    throw new MetrionError('unsupported', `${IS_SHARED}: make the AggregatorRegistry of the primary with it`);
  }
  return Promise.all(registries.map((own) => own.getMetricsAsJSON()));
}

function familyOf({ name, help, type, values }: MetricObject): Family {
  const suffix = { counter: '_total', info: '_info' }[type] ?? '';
  const base = name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : name;
  const samples = values.map((value) => ({
    name: value.metricName ?? base + suffix,
    labels: Object.fromEntries(Object.entries(value.labels).map(([label, own]) => [label, String(own)])),
    value: value.value,
  }));
  return { name: base, help, type: type as Family['type'], samples };
}
