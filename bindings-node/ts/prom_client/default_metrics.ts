import { GROUPS, collectAll } from '../default_metrics';
import { Maker, type Classes, type Settings } from '../default_metrics/maker';
import { Counter } from './counter';
import { Gauge } from './gauge';
import { Histogram } from './histogram';
import { isObject } from './labels';
import type { Registry } from './registry';

export interface DefaultMetricsConfig extends Settings {
  register?: Registry;
}

const classes = { Counter, Gauge, Histogram } as unknown as Classes;

export function collectDefaultMetrics(config?: DefaultMetricsConfig | null): void {
  if (config !== null && config !== undefined && !isObject(config)) {
    throw new TypeError('config must be null, undefined, or an object');
  }
  const { register: target, ...settings } = config ?? {};
  collectAll(classes, settings, target === undefined ? undefined : [target]);
}
collectDefaultMetrics.metricsList = Object.keys(GROUPS);

/** One group of the default metrics, as a module of `lib/metrics` gives it. */
export function group(name: string): (registry?: Registry, config?: Settings) => void {
  return (registry, config = {}) =>
    GROUPS[name](new Maker(classes, config, registry === undefined ? undefined : [registry]));
}
