/** Registries that write what prom-client's write. */

import type { AnyLabels } from './labels';
import { OPENMETRICS, PROMETHEUS, PageStyle, type Shown } from './page';
import { Slice } from './slices';
import type { MetricObject } from './values';

/** Whatever gives values: a metric of this package, or any object with `get`. */
export interface Source {
  name?: string;
  type?: string;
  get(): Promise<Partial<MetricObject>> | Partial<MetricObject>;
  reset?(): void;
  collect?(): void | Promise<void>;
  /** Whether its numbers are in the registry that processes share. */
  readonly isShared?: boolean;
  /** What a page shows, in place of `get`. */
  shown?(): Promise<Shown> | undefined;
}

export class Registry<T extends string = string> {
  static get PROMETHEUS_CONTENT_TYPE(): string {
    return PROMETHEUS;
  }

  static get OPENMETRICS_CONTENT_TYPE(): string {
    return OPENMETRICS;
  }

  /** `register`. */
  declare static globalRegistry: Registry;

  private readonly metricsByName = new Map<string | undefined, Source>();
  /** @internal */
  protected style: PageStyle;

  constructor(contentType: T = PROMETHEUS as T) {
    if (!isKnown(contentType)) {
      throw new TypeError(`Content type ${contentType} is unsupported`);
    }
    this.style = new PageStyle(contentType, {});
  }

  getMetricsAsArray(): Source[] {
    return [...this.metricsByName.values()];
  }

  async getMetricsAsString(source: Source): Promise<string> {
    const { style } = this;
    return style.metric(await shownOf(source), new Slice());
  }

  /** The page of all metrics. Its series are read one after another, and the event loop goes on meanwhile. */
  async metrics(): Promise<string> {
    return pageOf(this.getMetricsAsArray(), this.style);
  }

  registerMetric(metric: Source): void {
    this.checkFree(metric);
    this.metricsByName.set(metric.name, metric);
  }

  /** @internal Fails when another metric has the name. */
  checkFree(metric: Source): void {
    const known = this.metricsByName.get(metric.name);
    if (known !== undefined && known !== metric) {
      throw new Error(`A metric with the name ${metric.name} has already been registered.`);
    }
  }

  clear(): void {
    this.metricsByName.clear();
    this.setDefaultLabels({});
  }

  async getMetricsAsJSON(): Promise<Partial<MetricObject>[]> {
    return this.withDefaultLabels(await Promise.all(this.getMetricsAsArray().map((metric) => metric.get())));
  }

  /** @internal */
  protected withDefaultLabels(metrics: Partial<MetricObject>[]): Partial<MetricObject>[] {
    for (const metric of metrics) {
      for (const value of metric.values ?? []) {
        const labels = { ...value.labels };
        for (const [name, text] of Object.entries(this.style.defaultLabels)) {
          labels[name] = labels[name] || text;
        }
        value.labels = labels;
      }
    }
    return metrics;
  }

  removeSingleMetric(name: string): void {
    this.metricsByName.delete(name);
  }

  getSingleMetricAsString(name: string): Promise<string> {
    return this.getMetricsAsString(this.metricsByName.get(name) as Source);
  }

  getSingleMetric(name: string): Source | undefined {
    return this.metricsByName.get(name);
  }

  setDefaultLabels(labels: AnyLabels): void {
    this.style = new PageStyle(this.style.contentType, labels);
  }

  resetMetrics(): void {
    this.metricsByName.forEach((metric) => metric.reset?.());
  }

  get contentType(): T {
    return this.style.contentType as T;
  }

  setContentType(contentType: T): void {
    if (!isKnown(contentType)) {
      throw new Error(`Content type ${contentType} is unsupported`);
    }
    this.style = new PageStyle(contentType, this.style.defaultLabels);
  }

  static merge(registers: readonly Registry<any>[]): Registry {
    const [first] = registers;
    if (registers.some((other) => other.contentType !== first.contentType)) {
      throw new Error('Registers can only be merged if they have the same content type');
    }
    const merged = new Registry(first.contentType);
    registers.flatMap((own) => own.getMetricsAsArray()).forEach((metric) => merged.registerMetric(metric));
    return merged;
  }
}

function isKnown(contentType: string): boolean {
  return contentType === PROMETHEUS || contentType === OPENMETRICS;
}

async function shownOf(source: Source): Promise<Shown> {
  const shown = source.shown?.();
  if (shown !== undefined) {
    return shown;
  }
  const { name, help, type, values = [] } = await source.get();
  return { name, help, type, series: [values] };
}

/** The page of some metrics. */
export async function pageOf(sources: readonly Source[], style: PageStyle): Promise<string> {
  return style.page(await Promise.all(sources.map(shownOf)), new Slice());
}
