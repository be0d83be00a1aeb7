/** Registries: which metrics show together, and in which formats. */

import { Cells } from './cells';
import { nativeFamilies, type Collector } from './collector';
import { MetrionError, checkText, crossing, shown } from './errors';
import { valuesOf, type CoreFamily } from './json';
import { flatLabels, type LabelValue } from './labels';
import type { Metric, MetricObject } from './metric';
import { native, type Bytes } from './native';
import type {
  EncodeInit,
  Encoded,
  NativeClock,
  NativeCollector,
  NativeRegistry,
  NativeScrape,
  Registration,
} from './native_module';

/** A metric of whatever kind. */
export type AnyMetric = Metric<any, any>;

/** What a registry is made with. */
export interface RegistryConfig {
  /** What `metrics()` gives: the Prometheus text format by default. */
  contentType?: ContentType;
  /** Labels that every metric gets. */
  constantLabels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
  /** Whether metric and label names may be any text that is not empty. */
  utf8Names?: boolean;
  /** How many metrics, series and parts of series there is room for; 262,144 by default, in a browser 4,096. */
  maxEntries?: number;
  /** Whether it tells of itself: series, bytes, dropped updates. */
  selfMetrics?: boolean;
  /**
   * The path of a file, best in `/dev/shm`, in which any number of processes share the registry, in whatever language:
   * each of them answers a scrape for all. It is made when it is not there. Linux on 64 bits only.
   */
  shared?: string;
  /** Whether a file there that is damaged, or of another version, is given another name (`.damaged-1`). */
  moveDamagedAside?: boolean;
  /** The time, for tests. */
  clock?: NativeClock;
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The formats of `metrics()`. */
export type ContentType = typeof PROMETHEUS_CONTENT_TYPE | typeof OPENMETRICS_CONTENT_TYPE;

/** In which way a registry is encoded. */
export interface EncodeOptions {
  format?: 'text' | 'openmetrics' | 'protobuf' | 'json';
  /** Only metrics with one of these names or with a sample of one; none is all. */
  names?: readonly string[];
  /** Whether `_created` samples are written. */
  created?: boolean;
  /** How names are written that are not classic. */
  escaping?: 'allow-utf-8' | 'underscores' | 'dots' | 'values';
}

/** A registry in one format. */
export interface Page {
  body: Bytes;
  contentType: string;
  contentEncoding: string | null;
  /** Why metrics were left out, as codes. */
  leftOut: string[];
}

/** What an HTTP request says of the answer that it wants. */
export interface PageRequest {
  accept?: string;
  acceptEncoding?: string;
  /** What is behind the `?`: `name[]` limits the metrics. */
  query?: string;
}

/** A set of metrics that are exposed together. */
export class Registry {
  static readonly PROMETHEUS_CONTENT_TYPE = PROMETHEUS_CONTENT_TYPE;
  static readonly OPENMETRICS_CONTENT_TYPE = OPENMETRICS_CONTENT_TYPE;

  /** @internal */
  readonly native: NativeRegistry;
  /** @internal */
  readonly cells: Cells;
  /** Whether other processes may have it, too. */
  readonly isShared: boolean;
  /** @internal Whether all threads of the process have it. */
  readonly isOfAllThreads: boolean;
  private readonly metricsByName = new Map<string, AnyMetric>();
  private readonly collectors = new Map<Collector, { slot: NativeCollector; id: Registration }>();
  private defaultLabels: string[] = [];
  private type: ContentType;
  /** What `metrics()` reads; made anew when the list of metrics changes. */
  private scrape: NativeScrape | undefined;

  constructor(config: RegistryConfig | ContentType = {}, ofAllThreads?: NativeRegistry) {
    const given = typeof config === 'string' ? { contentType: config } : config;
    this.type = checkContentType(given.contentType ?? PROMETHEUS_CONTENT_TYPE);
    this.isOfAllThreads = ofAllThreads !== undefined;
    this.native = ofAllThreads ?? makeNative(given);
    this.isShared = this.native.isShared;
    this.cells = new Cells(this.native);
  }

  /** All metrics in the registry's format, made on the worker pool. */
  async metrics(): Promise<string> {
    return this.text(this.type);
  }

  /** @internal The same in any format, with these default labels. */
  async text(contentType: ContentType, labels = this.defaultLabels): Promise<string> {
    const { body } = await this.run({ format: formatOf(contentType), asText: true }, labels);
    return body as string;
  }

  /** The same as bytes: what a server needs. */
  async metricsBuffer(): Promise<Bytes> {
    return (await this.encode({ format: formatOf(this.type) })).body;
  }

  /** All metrics in any format. */
  async encode(options: EncodeOptions = {}): Promise<Page> {
    const names = options.names === undefined || options.names.length === 0 ? undefined : [...options.names];
    return (await this.run({ ...options, names })) as Page;
  }

  /** The answer to a scrape over HTTP: format and compression follow from the request. */
  async page(request: PageRequest = {}): Promise<Page> {
    const { accept = '', acceptEncoding, query } = request;
    return (await this.run({ accept, acceptEncoding, query })) as Page;
  }

  /** All metrics as objects. */
  async getMetricsAsJSON(): Promise<MetricObject[]> {
    const { body } = await this.run({ format: 'json', asText: true });
    const known = new Map([...this.metricsByName.values()].map((metric) => [metric.family.name, metric]));
    const { families } = JSON.parse(body as string) as { families: CoreFamily[] };
    return families.map((family) => {
      const metric = known.get(family.name);
      const sampleName = family.type === 'counter' ? `${family.name}_total` : family.name;
      const name = metric?.name ?? sampleName;
      const { help, type } = family;
      return { name, help, type, aggregator: metric?.aggregator ?? 'sum', values: valuesOf(family, name) };
    });
  }

  /** The metrics of this isolate. */
  getMetricsAsArray(): AnyMetric[] {
    return [...this.metricsByName.values()];
  }

  getSingleMetric(name: string): AnyMetric | undefined {
    return this.metricsByName.get(name);
  }

  /** One metric in the registry's format; empty when there is none of that name. */
  async getSingleMetricAsString(name: string): Promise<string> {
    const metric = this.metricsByName.get(name);
    if (metric === undefined) {
      return '';
    }
    await metric.collect?.();
    const scrape = new native.NativeScrape();
    scrape.addFamily(metric.family);
    const { body } = await encodeWith(scrape, { format: formatOf(this.type), asText: true, labels: this.defaultLabels });
    return body as string;
  }

  /** Shows a metric of another registry here, too. One's own are here already. */
  registerMetric(metric: AnyMetric): void {
    const known = this.metricsByName.get(metric.name);
    if (known !== undefined && known !== metric && metric.registry !== this) {
      throw new MetrionError('metric_exists', `a metric with the name ${metric.name} has already been registered`);
    }
    this.metricsByName.set(metric.name, metric);
    this.scrape = undefined;
  }

  /** Takes a metric out: it shows no more, and its name is free. */
  unregister(metric: AnyMetric): void {
    if (metric.registry === this) {
      crossing(() => this.native.unregister(metric.family));
    } else if (this.metricsByName.get(metric.name) !== metric) {
      throw new MetrionError('not_found', `the metric ${metric.name} is not registered`);
    }
    if (this.metricsByName.get(metric.name) === metric) {
      this.metricsByName.delete(metric.name);
    }
    this.scrape = undefined;
  }

  /** The same by name; it is no error when there is none. */
  removeSingleMetric(name: string): void {
    const metric = this.metricsByName.get(name);
    if (metric !== undefined) {
      this.unregisterIfThere(metric);
    }
  }

  /** Takes all metrics of this isolate out, and forgets the default labels. */
  clear(): void {
    this.getMetricsAsArray().forEach((metric) => this.unregisterIfThere(metric));
    this.defaultLabels = [];
  }

  private unregisterIfThere(metric: AnyMetric): void {
    try {
      this.unregister(metric);
    } catch (error) {
      // Another isolate may have taken it out.
      if (!(error instanceof MetrionError) || error.code !== 'not_found') {
        throw error;
      }
      this.metricsByName.delete(metric.name);
    }
  }

  /** Sets all metrics to zero. */
  resetMetrics(): void {
    this.metricsByName.forEach((metric) => metric.reset());
  }

  /** Labels of every series that has none of their names. */
  setDefaultLabels(labels: Readonly<Record<string, LabelValue>>): void {
    this.defaultLabels = flatLabels(labels);
  }

  /** Adds an object that gives families at every collection. */
  registerCollector(collector: Collector): void {
    const described = nativeFamilies(collector.describe?.() ?? []);
    const slot = crossing(() => new native.NativeCollector(described));
    const id = crossing(() => this.native.register(slot));
    this.collectors.set(collector, { slot, id });
  }

  /** Takes it out. */
  unregisterCollector(collector: Collector): void {
    const known = this.collectors.get(collector);
    if (known === undefined) {
      throw new MetrionError('not_found', 'the collector is not registered');
    }
    this.collectors.delete(collector);
    crossing(() => this.native.unregisterCollector(known.id));
  }

  get contentType(): ContentType {
    return this.type;
  }

  /** What `metrics()` gives from now on. */
  setContentType(contentType: ContentType): void {
    this.type = checkContentType(contentType);
  }

  /** A registry with the metrics of several. */
  static merge(registries: readonly Registry[]): Registry {
    const [first] = registries;
    const types = new Set(registries.map((registry) => registry.contentType));
    if (types.size > 1) {
      throw new MetrionError('invalid_value', 'registries of different content types cannot be merged');
    }
    const merged = new Registry({ contentType: first?.contentType });
    registries.flatMap((registry) => registry.getMetricsAsArray()).forEach((metric) => merged.registerMetric(metric));
    return merged;
  }

  /** Brings everything up to date and encodes it. */
  private async run(init: EncodeInit, labels = this.defaultLabels): Promise<Encoded> {
    await this.collect();
    return encodeWith(this.whole(), { ...init, labels: labels.length === 0 ? undefined : labels });
  }

  private async collect(): Promise<void> {
    const waits: (void | Promise<void>)[] = [];
    for (const metric of this.metricsByName.values()) {
      if (metric.collect !== undefined) {
        waits.push(metric.collect());
      }
    }
    for (const [collector, { slot }] of this.collectors) {
      waits.push(
        Promise.resolve(collector.collect()).then((families) => {
          const converted = nativeFamilies(families);
          crossing(() => slot.set(converted));
        }),
      );
    }
    if (waits.length > 0) {
      await Promise.all(waits);
    }
  }

  private whole(): NativeScrape {
    if (this.scrape === undefined) {
      const scrape = new native.NativeScrape();
      scrape.addRegistry(this.native);
      for (const metric of this.metricsByName.values()) {
        if (metric.registry !== this) {
          scrape.addFamily(metric.family);
        }
      }
      this.scrape = scrape;
    }
    return this.scrape;
  }
}

async function encodeWith(scrape: NativeScrape, init: EncodeInit): Promise<Encoded> {
  const encoded = await crossing(() => scrape.encode(init));
  if (encoded.code !== undefined) {
    throw new MetrionError(encoded.code as MetrionError['code'], encoded.message ?? '');
  }
  return encoded;
}

function makeNative(config: RegistryConfig): NativeRegistry {
  const { constantLabels, utf8Names, maxEntries, selfMetrics, shared, moveDamagedAside, clock } = config;
  const init = {
    constantLabels: constantLabels === undefined ? undefined : flatLabels(constantLabels),
    utf8Names,
    maxEntries,
    selfMetrics,
    shared: shared === undefined ? undefined : checkText(shared, 'invalid_value', 'shared, the path of a file'),
    moveDamagedAside,
  };
  return crossing(() =>
    clock === undefined ? new native.NativeRegistry(init) : native.NativeRegistry.withClock(init, clock),
  );
}

function formatOf(contentType: ContentType): 'text' | 'openmetrics' {
  return contentType === OPENMETRICS_CONTENT_TYPE ? 'openmetrics' : 'text';
}

function checkContentType(contentType: unknown): ContentType {
  if (contentType !== PROMETHEUS_CONTENT_TYPE && contentType !== OPENMETRICS_CONTENT_TYPE) {
    const what = typeof contentType === 'string' ? checkText(contentType, 'invalid_value', 'a content type') : '';
    throw new MetrionError('unsupported', `Content type unsupported: ${what || shown(contentType)}`);
  }
  return contentType;
}

/**
 * The registry of the process, which all of its threads share; so do all processes for which the environment variable
 * `METRION_SHARED` has the path of the same file.
 */
export const register: Registry = new Registry(
  {},
  crossing(() => native.NativeRegistry.shared()),
);
