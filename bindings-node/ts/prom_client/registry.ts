/** Registries that write what prom-client's write. */

import type { Exemplar } from './metric';
import { isObject, type AnyLabels } from './labels';
import type { MetricObject, Value } from './values';

/** Whatever gives values: a metric of this package, or any object with `get`. */
export interface Source {
  name?: string;
  type?: string;
  get(): Promise<Partial<MetricObject>> | Partial<MetricObject>;
  reset?(): void;
  /** Whether default labels stand before a series' own, as they do for histograms. */
  readonly defaultsFirst?: boolean;
  /** Whether the objects of its labels never change, so that their text may be kept. */
  readonly keepsLabels?: boolean;
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

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
  private defaultLabels: AnyLabels = {};
  /** The text of labels that a metric shows again and again. */
  private labelTexts = new WeakMap<object, string>();
  private type: string;

  constructor(contentType: T = PROMETHEUS as T) {
    if (!isKnown(contentType)) {
      throw new TypeError(`Content type ${contentType} is unsupported`);
    }
    this.type = contentType;
  }

  getMetricsAsArray(): Source[] {
    return [...this.metricsByName.values()];
  }

  async getMetricsAsString(source: Source): Promise<string> {
    const metric = await source.get();
    const isOpenMetrics = this.type === OPENMETRICS;
    const isCounter = isOpenMetrics && metric.type === 'counter';
    const given = escapeText(metric.name ?? '');
    const name = isCounter ? given.replace(/_total$/, '') : given;
    const lines = [`# HELP ${name} ${escapeText(metric.help ?? '')}`, `# TYPE ${name} ${metric.type}`];
    for (const value of metric.values ?? []) {
      const sample = `${value.metricName ?? name}${isCounter ? '_total' : ''}`;
      const labels = this.labelText(value, source);
      lines.push(`${sample}${labels} ${numberText(value.value)}${isOpenMetrics ? exemplarText(value.exemplar) : ''}`);
    }
    return lines.join('\n');
  }

  private labelText({ labels = {} }: Value, { keepsLabels, defaultsFirst = false }: Source): string {
    const known = keepsLabels ? this.labelTexts.get(labels) : undefined;
    if (known !== undefined) {
      return known;
    }
    const text = this.newLabelText(labels, defaultsFirst);
    if (keepsLabels) {
      this.labelTexts.set(labels, text);
    }
    return text;
  }

  private newLabelText(labels: AnyLabels, defaultsFirst: boolean): string {
    const { le, ...own } = labels;
    const defaults = Object.entries(this.defaultLabels).filter(([name]) => !Object.hasOwn(labels, name));
    const pairs = defaultsFirst
      ? [...(le === undefined ? [] : [['le', le]]), ...defaults, ...Object.entries(own)]
      : [...Object.entries(labels), ...defaults];
    return pairs.length === 0 ? '' : `{${pairsOf(pairs as [string, unknown][]).join(',')}}`;
  }

  async metrics(): Promise<string> {
    const texts = await Promise.all(this.getMetricsAsArray().map((metric) => this.getMetricsAsString(metric)));
    return this.type === OPENMETRICS ? `${texts.join('\n')}\n# EOF\n` : `${texts.join('\n\n')}\n`;
  }

  registerMetric(metric: Source): void {
    const known = this.metricsByName.get(metric.name);
    if (known !== undefined && known !== metric) {
      throw new Error(`A metric with the name ${metric.name} has already been registered.`);
    }
    this.metricsByName.set(metric.name, metric);
  }

  clear(): void {
    this.metricsByName.clear();
    this.setDefaultLabels({});
  }

  async getMetricsAsJSON(): Promise<Partial<MetricObject>[]> {
    const metrics = await Promise.all(this.getMetricsAsArray().map((metric) => metric.get()));
    for (const metric of metrics) {
      for (const value of metric.values ?? []) {
        const labels = { ...value.labels };
        for (const [name, text] of Object.entries(this.defaultLabels)) {
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
    this.defaultLabels = labels;
    this.labelTexts = new WeakMap();
  }

  resetMetrics(): void {
    this.metricsByName.forEach((metric) => metric.reset?.());
  }

  get contentType(): T {
    return this.type as T;
  }

  setContentType(contentType: T): void {
    if (!isKnown(contentType)) {
      throw new Error(`Content type ${contentType} is unsupported`);
    }
    this.type = contentType;
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

function pairsOf(labels: readonly [string, unknown][]): string[] {
  return labels.map(([name, value]) => `${name}="${labelText(value)}"`);
}

function labelText(value: unknown): unknown {
  return typeof value === 'string' ? escapeText(value).replace(/"/g, '\\"') : value;
}

function escapeText(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

/** A number as a page shows it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) {
    return 'Nan';
  }
  return Number.isFinite(value) ? `${value}` : value < 0 ? '-Inf' : '+Inf';
}

function exemplarText(exemplar: Exemplar | null | undefined): string {
  if (!isObject(exemplar)) {
    return '';
  }
  return ` # {${pairsOf(Object.entries(exemplar.labelSet)).join(',')}} ${numberText(exemplar.value)} ${exemplar.timestamp}`;
}

export const globalRegistry: Registry = new Registry();
Registry.globalRegistry = globalRegistry;
