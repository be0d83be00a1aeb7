import { GROUPS, ofThisProcess } from '../default_metrics';
import { Maker, type Classes, type Settings } from '../default_metrics/maker';
import { Counter } from './counter';
import { Gauge } from './gauge';
import { Histogram } from './histogram';
import { isObject } from './labels';
import { SharedRegistry, globalRegistry } from './global_registry';
import { Registry } from './registry';

export interface DefaultMetricsConfig extends Settings {
  register?: Registry;
}

const classes = { Counter, Gauge, Histogram } as unknown as Classes;

export function collectDefaultMetrics(config?: DefaultMetricsConfig | null): void {
  if (config !== null && config !== undefined && !isObject(config)) {
    throw new TypeError('config must be null, undefined, or an object');
  }
  const { register: target, ...settings } = config ?? {};
  const maker = makerFor(target, settings);
  Object.values(GROUPS).forEach((group) => group(maker));
}
collectDefaultMetrics.metricsList = Object.keys(GROUPS);

/** One group of the default metrics, as a module of `lib/metrics` gives it. */
export function group(name: string): (registry?: Registry, config?: Settings) => void {
  return (registry, config = {}) => GROUPS[name](makerFor(registry, config));
}

/** Other processes have their own of these metrics: in a registry with theirs each says which it is. */
function makerFor(target: Registry = globalRegistry, settings: Settings): Maker {
  return target instanceof SharedRegistry
    ? new Maker(classes, ofThisProcess(settings), [new Registry(), target])
    : new Maker(classes, settings, [target]);
}
