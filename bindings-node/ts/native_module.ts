/** What the native module offers, be it one for Node or WebAssembly. */

export interface NativeBuckets {
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  /** Indices and counts in turn. */
  positive: number[];
  negative: number[];
}

export interface Reading {
  numbers: Float64Array;
  texts: string[];
  states: string[];
  native?: NativeBuckets | null;
}

export interface NativeChild {
  readonly cell: number;
  readonly isOverflow: boolean;
  /** A counter's or gauge's value. */
  readonly number: number;
  /** The number that `add`, `set` and `observe` of the module take. */
  callNumber(): number;
  /** The same, once it was asked for. */
  known?: number;
  updateWithExemplar(value: number, labels: string[]): void;
  setInfo(labels: string[]): void;
  setState(state: string): void;
  read(): Reading;
}

export interface NativeFamily {
  readonly name: string;
  readonly openLabels: string[];
  readonly bounds: number[];
  readonly quantiles: number[];
  generation(): Uint32Array | null;
  child(values: string[]): NativeChild;
  checkLabels(labels: string[]): void;
  curry(labels: string[]): NativeFamily;
  remove(values: string[]): boolean;
  removeMatching(labels: string[]): number;
  clear(): void;
  reset(): void;
  json(): string;
}

export interface FamilyInit {
  kind: string;
  name: string;
  help: string;
  namespace?: string;
  subsystem?: string;
  unit?: string;
  labelNames?: string[];
  constantLabels?: string[];
  maxSeries?: number;
  expireAfter?: number;
  mode?: string;
  buckets?: number[];
  native?: object;
  objectives?: number[];
  maxAgeSeconds?: number;
  ageBuckets?: number;
  states?: string[];
}

export interface RegistryInit {
  constantLabels?: string[];
  utf8Names?: boolean;
  maxEntries?: number;
  selfMetrics?: boolean;
  shared?: string;
  moveDamagedAside?: boolean;
}

export interface SampleFamily {
  name: string;
  kind: string;
  help: string;
  unit: string;
  samples: {
    name: string;
    labels: string[];
    value: number;
    timestamp?: number;
    exemplar?: { labels: string[]; value: number; timestamp?: number };
    native?: NativeBuckets;
    nativeSum?: number;
  }[];
}

export interface NativeCollector {
  set(families: SampleFamily[]): void;
}

export interface NativeClock {
  advance(seconds: number): void;
}

/** Which collector it is. */
export interface Registration {
  readonly registration?: never;
}

export interface NativeRegistry {
  /** Whether other processes may have it, too. */
  readonly isShared: boolean;
  /** Says that this process shows it; gives a warning when another one does so, too. Where there are servers. */
  announceExporter?(): string | null;
  cells(first: number, count: number): Float64Array | null;
  commonCells(first: number, count: number): Float64Array | null;
  family(init: FamilyInit): NativeFamily;
  unregister(family: NativeFamily): void;
  register(collector: NativeCollector): Registration;
  unregisterCollector(registration: Registration): void;
}

export interface EncodeInit {
  format?: string;
  names?: string[];
  created?: boolean;
  escaping?: string;
  labels?: string[];
  asText?: boolean;
  accept?: string;
  acceptEncoding?: string;
  query?: string;
}

/** What an encoding gives; only `code` and `message` when it failed. */
export interface Encoded {
  body: Uint8Array | string;
  contentType: string;
  contentEncoding: string | null;
  leftOut: string[];
  code?: string;
  message?: string;
}

export interface NativeScrape {
  addRegistry(registry: NativeRegistry): void;
  addFamily(family: NativeFamily): void;
  encode(init: EncodeInit): Promise<Encoded> | Encoded;
}

export interface NativeModule {
  NativeRegistry: {
    new (init: RegistryInit): NativeRegistry;
    withClock(init: RegistryInit, clock: NativeClock): NativeRegistry;
    shared(): NativeRegistry;
    isolates(): Uint32Array | null;
    blockCells(): number;
  };
  NativeScrape: new () => NativeScrape;
  NativeCollector: new (described: SampleFamily[]) => NativeCollector;
  ManualClock: new (seconds: number) => NativeClock;
  add(callNumber: number, amount: number): void;
  set(callNumber: number, value: number): void;
  observe(callNumber: number, value: number): void;
  checkExposition(data: Uint8Array, format: string): void;
  linearBuckets(start: number, width: number, count: number): number[];
  exponentialBuckets(start: number, factor: number, count: number): number[];
}
