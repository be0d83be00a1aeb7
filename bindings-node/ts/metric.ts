/** What all metrics have in common. */

import { MetrionError, checkText, crossing, shown } from './errors';
import { LabelTable, flatLabels, labelText, type LabelTuple, type Labels } from './labels';
import type { FamilyInit, NativeChild, NativeFamily } from './native_module';
import { valuesOf, type MetricValue } from './json';
import { Registry, register } from './registry';

/** How the values of several processes become one: see `AggregatorRegistry`. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** What every metric is made with. */
export interface MetricConfig<N extends readonly string[]> {
  /** The name. A counter's sample ends with `_total`, whether the name does or not. */
  name: string;
  /** One sentence for people. */
  help: string;
  /** The names of the labels that tell the series apart. */
  labelNames?: N;
  /** Where it shows: `register` by default; nowhere when the list is empty. */
  registers?: readonly Registry[];
  /** How `AggregatorRegistry` adds it up: `sum` by default. */
  aggregator?: Aggregator;
  /** Called before every collection, to bring the metric up to date. */
  collect?: (this: any) => void | Promise<void>;
  /** What the name begins with, before an underscore. */
  namespace?: string;
  /** What follows the namespace. */
  subsystem?: string;
  /** The base unit, for instance `seconds`; the name gets it as its end. */
  unit?: string;
  /** Labels with one value for the whole metric. */
  constantLabels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
  /** At most that many series; further ones count in one overflow series. */
  maxSeries?: number;
  /** Series that did not move for that many seconds are left out. */
  expireAfterSeconds?: number;
  /** Whether `inc` and `observe` take `{ labels, value, exemplarLabels }`. */
  enableExemplars?: boolean;
}

/** A metric and its numbers, as `getMetricsAsJSON` gives them. */
export interface MetricObject {
  name: string;
  help: string;
  type: string;
  aggregator: Aggregator;
  values: MetricValue[];
}

/** Labels that tell where an update comes from, for instance `trace_id`. */
export type ExemplarLabels = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** An update by one object, where exemplars are enabled. */
export interface ExemplarUpdate<N extends readonly string[]> {
  labels?: Labels<N>;
  value?: number;
  exemplarLabels?: ExemplarLabels;
}

/** The family and its children. `C` are the handles to series. */
export abstract class Metric<N extends readonly string[], C> {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: N;
  readonly aggregator: Aggregator;
  /** Called before every collection, if there is one. */
  collect?: () => void | Promise<void>;
  /** @internal */
  readonly registry: Registry;
  /** @internal */
  readonly family: NativeFamily;
  /** @internal */
  protected readonly exemplars: boolean;
  /** @internal The one child of a metric without open labels. */
  protected readonly single: C | undefined;
  private readonly table: LabelTable<C>;

  /** @internal */
  protected constructor(
    config: MetricConfig<N>,
    kind: string,
    init: Partial<FamilyInit>,
    parent?: Metric<N, C>,
    family?: NativeFamily,
  ) {
    checkConfig(config);
    this.name = config.name;
    this.help = config.help;
    this.type = kind;
    this.aggregator = config.aggregator ?? 'sum';
    this.exemplars = config.enableExemplars ?? false;
    const registers = config.registers ?? [register];
    this.registry = parent?.registry ?? registers[0] ?? new Registry();
    this.family = family ?? crossing(() => this.registry.native.family({ ...familyInit(config, kind), ...init }));
    this.labelNames = this.family.openLabels as readonly string[] as N;
    this.table = new LabelTable(this.labelNames, this.family);
    if (config.collect !== undefined) {
      this.collect = config.collect as () => void | Promise<void>;
    }
    this.prepare(config);
    this.single = this.labelNames.length === 0 ? this.make([]) : undefined;
    if (parent === undefined) {
      registers.forEach((other) => other.registerMetric(this));
    }
  }

  /** @internal What `wrap` needs, before there is any child. */
  protected prepare(_config: MetricConfig<N>): void {}

  /** @internal The handle for JavaScript. */
  protected abstract wrap(child: NativeChild): C;

  /** The child with these label values: all by place, or one object with all by name. */
  labels(...values: LabelTuple<N>): C;
  labels(labels: Labels<N>): C;
  labels(...values: readonly unknown[]): C {
    const known = this.table.find(values);
    if (known !== undefined) {
      return known;
    }
    const [first] = values;
    if (values.length === 1 && typeof first === 'object' && first !== null) {
      return this.byName(first as Readonly<Record<string, unknown>>);
    }
    return this.make(values);
  }

  /** @internal The child with these labels by name. */
  protected byName(labels: Readonly<Record<string, unknown>>): C {
    return this.table.findByName(labels) ?? this.make(this.inOrder(labels));
  }

  /** @internal The child of a metric whose labels all have their values. */
  protected only(): C {
    if (this.single === undefined) {
      throw new MetrionError(
        'label_mismatch',
        `${this.name} has labels: give values for ${this.labelNames.join(', ')}`,
      );
    }
    return this.single;
  }

  /** The values of labels by name, in the order of the names. */
  private inOrder(labels: Readonly<Record<string, unknown>>): unknown[] {
    const names = Object.keys(labels);
    if (names.length !== this.labelNames.length || !this.labelNames.every((name) => Object.hasOwn(labels, name))) {
      // The core says what is wrong.
      crossing(() => this.family.checkLabels(flatLabels(labels)));
    }
    return this.labelNames.map((name) => labels[name]);
  }

  /** Looks a child up in the core, or makes it. */
  private make(values: readonly unknown[]): C {
    if (this.single !== undefined && values.length === 0) {
      return this.single;
    }
    const texts = values.map((value, place) => labelText(value, this.labelNames[place] ?? '?'));
    const stamp = this.table.stamp();
    const known = this.table.find(texts);
    const native = known === undefined ? crossing(() => this.family.child(texts)) : undefined;
    const child = known ?? this.wrap(native!);
    if (values.length > 0 && !(native?.isOverflow ?? false)) {
      this.table.insert(texts, child, stamp);
      this.table.insert(values, child, stamp);
    }
    return child;
  }

  /** Removes the series with these label values, by place or by name; whether it was there. */
  remove(...values: LabelTuple<N>): boolean;
  remove(labels: Labels<N>): boolean;
  remove(...values: readonly unknown[]): boolean {
    const [first] = values;
    const isObject = values.length === 1 && typeof first === 'object' && first !== null;
    const all = isObject ? this.inOrder(first as Readonly<Record<string, unknown>>) : values;
    const texts = all.map((value, place) => labelText(value, this.labelNames[place] ?? '?'));
    return crossing(() => this.family.remove(texts));
  }

  /** Removes all series that have these labels among their own; how many there were. */
  removeMatching(labels: Readonly<Partial<Labels<N>>>): number {
    return crossing(() => this.family.removeMatching(flatLabels(labels)));
  }

  /** Removes all series; a metric without labels is set to zero. */
  clear(): void {
    crossing(() => this.family.clear());
  }

  /** Sets all series to zero, without removing them. */
  reset(): void {
    crossing(() => this.family.reset());
  }

  /** The metric with its numbers now. */
  async get(): Promise<MetricObject> {
    await this.collect?.();
    return this.object();
  }

  /** @internal The same without asking `collect`. */
  object(): MetricObject {
    const { name, help, type, aggregator } = this;
    const values = valuesOf(JSON.parse(crossing(() => this.family.json())).families[0], name);
    return { name, help, type, aggregator, values };
  }
}

/** @internal What a view of a metric with some labels fixed is made with. */
export function curried<N extends readonly string[], C>(
  metric: Metric<N, C>,
  labels: Readonly<Record<string, unknown>>,
): NativeFamily {
  return crossing(() => metric.family.curry(flatLabels(labels)));
}

/** The error for an amount or a value that is no number. */
export function notANumber(value: unknown): MetrionError {
  return new MetrionError('invalid_value', `a number is needed, not ${shown(value)}`);
}

function checkConfig(config: MetricConfig<readonly string[]>): void {
  if (typeof config !== 'object' || config === null) {
    throw new MetrionError('invalid_value', `a metric is made with an object, not ${shown(config)}`);
  }
  checkText(config.name, 'invalid_name', 'the name of a metric');
  checkText(config.help, 'invalid_value', `the help of ${config.name}`);
  const names: unknown = config.labelNames ?? [];
  if (!Array.isArray(names)) {
    throw new MetrionError('invalid_name', `labelNames of ${config.name} is a list, not ${shown(names)}`);
  }
  names.forEach((name) => checkText(name, 'invalid_name', `a label name of ${config.name}`));
  if (config.collect !== undefined && typeof config.collect !== 'function') {
    throw new MetrionError('invalid_value', `collect of ${config.name} is a function, not ${shown(config.collect)}`);
  }
  const { maxSeries } = config as { maxSeries?: unknown };
  if (maxSeries !== undefined && !(Number.isInteger(maxSeries) && (maxSeries as number) >= 0)) {
    throw new MetrionError(
      'invalid_value',
      `maxSeries of ${config.name} is a whole number from 0 up, not ${shown(maxSeries)}`,
    );
  }
}

function familyInit(config: MetricConfig<readonly string[]>, kind: string): FamilyInit {
  return {
    kind,
    name: config.name,
    help: config.help,
    namespace: config.namespace,
    subsystem: config.subsystem,
    unit: config.unit,
    labelNames: config.labelNames === undefined ? undefined : [...config.labelNames],
    constantLabels: config.constantLabels === undefined ? undefined : flatLabels(config.constantLabels),
    maxSeries: config.maxSeries,
    expireAfter: config.expireAfterSeconds,
  };
}
