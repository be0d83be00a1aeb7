import { Counter } from './counter';
import { collectAll, ofThisProcess } from './default_metrics';
import type { Classes, Settings } from './default_metrics/maker';
import { MetrionError, shown } from './errors';
import { Gauge } from './gauge';
import { Histogram } from './histogram';
import { Registry, register } from './registry';

/** Where and how the default metrics are collected. */
export interface DefaultMetricsConfig extends Settings {
  /** Where they show: `register` by default. */
  register?: Registry;
}

/**
 * Collects metrics of the process, the heap, garbage collection, the event loop, handles and the version. Those of a
 * shared registry are of the process that answers the scrape, and have its `pid` as a label.
 */
export function collectDefaultMetrics(config: DefaultMetricsConfig = {}): void {
  if (typeof config !== 'object' || config === null) {
    throw new MetrionError('invalid_value', `the configuration is an object, not ${shown(config)}`);
  }
  const classes = { Counter, Gauge, Histogram } as unknown as Classes;
  const target = config.register ?? register;
  if (!target.isShared) {
    collectAll(classes, config, [target]);
    return;
  }
  // Other processes have theirs: each shows its own, and says which it is.
  collectAll(classes, ofThisProcess(config), [new Registry(), target]);
}
