/** What the drop-in's metrics have in common: labels are kept as they were given, numbers are the core's. */

import { LabelTable } from '../labels';
import type { Metric as CoreMetric } from '../metric';
import { Registry as CoreRegistry, register as sharedCore } from '../registry';
import {
  checkLabels,
  isObject,
  labelsOf,
  validateLabelName,
  validateMetricName,
  type AnyLabels,
  type LabelValues,
} from './labels';
import type { Shown } from './page';
import { SharedRegistry, globalRegistry } from './global_registry';
import { Registry } from './registry';
import type { Aggregator, MetricObject, Value } from './values';

export interface MetricConfiguration<T extends string = string> {
  name: string;
  help: string;
  labelNames?: readonly T[];
  registers?: readonly Registry<any>[];
  aggregator?: Aggregator;
  collect?: (this: any) => void | Promise<void>;
  enableExemplars?: boolean;
}

/** An update that stands for others. */
export interface Exemplar {
  labelSet: AnyLabels;
  value: number;
  timestamp: number;
}

/** One series: its labels as they were given first, and its handle. */
export interface Entry<C> {
  readonly labels: AnyLabels;
  readonly child: C;
  /** The labels of each of its values: the same objects every time, so that their text can be kept. */
  readonly shown: readonly AnyLabels[];
  /** By bucket, or under 0. */
  exemplars?: Map<number, Exemplar>;
}

/**
 * Where the cells of all drop-in metrics are that count for this process alone. Their names in it are numbers of
 * their own, because several registries may have metrics of one name, and nobody reads it but these metrics.
 */
const behind = new CoreRegistry();
let made = 0;

const forgotten = new FinalizationRegistry<CoreMetric<any, any>>((core) => behind.unregister(core));

/** What a metric of the core is made with, of whatever type. */
export interface CoreConfig {
  name: string;
  help: string;
  labelNames: readonly string[];
  /** The core's. Their type would bring all of it into the declarations. */
  registers: readonly any[];
  aggregator?: Aggregator;
}

function privateConfig(labelNames: readonly string[]): CoreConfig {
  made += 1;
  return { name: `metric_${made}`, help: '', labelNames, registers: [behind] };
}

function sharedConfig({ name, help, aggregator }: MetricConfiguration, labelNames: readonly string[]): CoreConfig {
  return { name, help, labelNames, registers: [sharedCore], aggregator: aggregator ?? 'sum' };
}

export abstract class Metric<C, T extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly registers: readonly Registry<any>[];
  readonly aggregator: Aggregator;
  readonly enableExemplars: boolean;
  /** Whether a registry's default labels stand before its own. */
  protected readonly defaultsFirst: boolean = false;
  /** @internal Whether it counts in the registry that processes share: when it shows there first of all. */
  readonly isShared: boolean;
  abstract readonly type: string;
  collect?: () => void | Promise<void>;
  protected readonly core: CoreMetric<readonly string[], C>;
  /** By the text of their label values, in the order in which they show. */
  protected entries = new Map<string, Entry<C>>();
  private readonly table: LabelTable<Entry<C>>;

  /** `prepare` is called when the core's metric is there, and no series yet. */
  protected constructor(
    config: MetricConfiguration,
    makeCore: (config: CoreConfig, isShared: boolean) => CoreMetric<readonly string[], C>,
    prepare: (metric: object) => void = () => undefined,
  ) {
    if (!isObject(config)) {
      throw new TypeError('constructor expected a config object');
    }
    if (!config.help) {
      throw new Error('Missing mandatory help parameter');
    }
    if (!config.name) {
      throw new Error('Missing mandatory name parameter');
    }
    if (!validateMetricName(config.name)) {
      throw new Error('Invalid metric name');
    }
    const labelNames = config.labelNames ?? [];
    if (!validateLabelName(labelNames)) {
      throw new Error('Invalid label name');
    }
    if (config.collect && typeof config.collect !== 'function') {
      throw new Error('Optional "collect" parameter must be a function');
    }
    this.name = config.name;
    this.help = config.help;
    this.labelNames = labelNames;
    this.registers = config.registers ?? [globalRegistry];
    this.aggregator = config.aggregator ?? 'sum';
    this.enableExemplars = config.enableExemplars ?? false;
    if (config.collect) {
      this.collect = config.collect as () => void | Promise<void>;
    }
    this.isShared = this.registers[0] instanceof SharedRegistry;
    if (this.isShared) {
      this.registers.forEach((registry) => registry.checkFree(this));
      this.core = makeCore(sharedConfig(config, labelNames), true);
    } else {
      this.core = makeCore(privateConfig(labelNames), false);
      forgotten.register(this, this.core);
    }
    this.table = new LabelTable(labelNames, this.core.family);
    prepare(this);
    this.start();
    for (const registry of this.registers) {
      if (this.enableExemplars && registry.contentType === Registry.PROMETHEUS_CONTENT_TYPE) {
        throw new TypeError('Exemplars are supported only on OpenMetrics registries');
      }
      registry.registerMetric(this);
    }
  }

  /** The entry of these labels; made when it is new. */
  protected entry(labels: AnyLabels): Entry<C> {
    return this.table.findByName(labels) ?? this.newEntry(labels);
  }

  private newEntry(labels: AnyLabels): Entry<C> {
    checkLabels(this.labelNames, labels);
    const values = this.valuesOf(labels);
    const stamp = this.table.stamp();
    // The table forgets all entries when one is removed: the others are still here. But which one another process
    // has removed, only the core knows.
    const mayBeGone = this.isShared && values.length > 0;
    const known = mayBeGone ? undefined : this.entries.get(keyOf(values));
    const entry = known ?? this.make(labels, values);
    if (values.length > 0) {
      this.table.insert(values, entry, stamp);
    }
    return entry;
  }

  /** A label that is not given is one that is empty, for Prometheus. */
  private valuesOf(labels: AnyLabels): (string | number)[] {
    return this.labelNames.map((name) => labels[name] ?? '');
  }

  private make(labels: AnyLabels, values: readonly (string | number)[]): Entry<C> {
    const child = this.core.labels(...values);
    const entry = { labels: { ...labels }, child, shown: this.labelsShown({ ...labels }) };
    this.entries.set(keyOf(values), entry);
    return entry;
  }

  /** Makes a series anew, in the place where it shows. */
  protected renew(labels: AnyLabels): void {
    checkLabels(this.labelNames, labels);
    const values = this.valuesOf(labels);
    this.core.remove(...values.map(String));
    this.make(labels, values);
  }

  /** The labels of each value of a series. */
  protected labelsShown(labels: AnyLabels): AnyLabels[] {
    return [labels];
  }

  /** The labels of a call of `labels`. */
  protected bound(given: readonly unknown[]): AnyLabels {
    return this.table.find(given)?.labels ?? labelsOf(this.labelNames, given);
  }

  /** Shows a metric without labels from the start. */
  protected start(): void {
    if (this.labelNames.length === 0) {
      this.entry({});
    }
  }

  /** Forgets all series. */
  reset(): void {
    this.forget();
    this.start();
  }

  protected forget(): void {
    this.core.clear();
    // Another map: a page that is being written shows what was there when it began.
    this.entries = new Map();
  }

  clear(): void {
    this.reset();
  }

  remove(...values: string[]): void;
  remove(labels: LabelValues<T>): void;
  remove(...given: unknown[]): void {
    const labels = labelsOf(this.labelNames, given);
    checkLabels(this.labelNames, labels);
    const values = this.valuesOf(labels);
    if (this.entries.delete(keyOf(values))) {
      this.core.remove(...values.map(String));
    }
  }

  async get(): Promise<MetricObject> {
    const { series } = await this.collected();
    const { help, name, type, aggregator } = this;
    return { help, name, type, values: [...series].flat(), aggregator };
  }

  /** What a page shows of it; nothing where a program has given it another `get`, which is to be asked then. */
  shown(): Promise<Shown> | undefined {
    return this.get === Metric.prototype.get ? this.collected() : undefined;
  }

  private async collected(): Promise<Shown> {
    const wait = this.collect?.();
    if (wait instanceof Promise) {
      await wait;
    }
    const { name, help, type, defaultsFirst, entries } = this;
    const inTurn = this.series(entries, entries.size);
    // Without labels there is one child for ever, which a reset would change before it is read.
    const series = this.labelNames.length === 0 ? [...inTurn] : inTurn;
    return { name, help, type, defaultsFirst, keepsLabels: true, series };
  }

  /** The values of each of the first series. */
  private *series(entries: ReadonlyMap<string, Entry<C>>, count: number): Generator<Value[]> {
    let left = count;
    for (const entry of entries.values()) {
      if (left === 0) {
        return;
      }
      left -= 1;
      yield this.values(entry);
    }
  }

  protected abstract values(entry: Entry<C>): Value[];
}

/** What label values have in common that are the same text: 200 and "200". */
function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values.map(String));
}

/** The labels of an exemplar as the core takes them. */
export function exemplarOf(labelSet: AnyLabels): [string, string][] {
  return Object.entries(labelSet).map(([name, value]) => [name, String(value)]);
}

/** Keeps an exemplar of a series. */
export function keepExemplar(entry: Entry<unknown>, place: number, labelSet: AnyLabels, value: number): void {
  const text = Object.entries(labelSet).flat().join('');
  if (text.length > 128) {
    throw new RangeError('Label set size must be smaller than 128 UTF-8 chars');
  }
  entry.exemplars ??= new Map();
  entry.exemplars.set(place, { labelSet, value, timestamp: Date.now() / 1000 });
}
