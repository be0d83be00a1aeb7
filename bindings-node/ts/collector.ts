/** Objects that give families at every collection, from somewhere else's numbers. */

import { flatLabels } from './labels';
import type { NativeBuckets, SampleFamily } from './native_module';

/** One line of an exposition. */
export interface Sample {
  /** Its own name: `x_bucket` where the family is `x`. */
  name: string;
  /** All labels, `le` and the like included. */
  labels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
  /** The number; buckets are cumulative. */
  value: number;
  /** Of when it is, in Unix seconds. */
  timestamp?: number;
  exemplar?: {
    labels: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
    value: number;
    timestamp?: number;
  };
  /** The buckets of a whole native histogram, and its sum. */
  native?: NativeBuckets;
  nativeSum?: number;
}

/** A family as an exposition shows it. */
export interface Family {
  /** The name, a counter's without `_total`. */
  name: string;
  type: 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary' | 'info' | 'stateset' | 'unknown';
  help?: string;
  unit?: string;
  samples: readonly Sample[];
}

/** Gives families at every collection. */
export interface Collector {
  /** What it will give, so that clashes of names are found when it is registered. */
  describe?(): readonly Family[];
  collect(): readonly Family[] | Promise<readonly Family[]>;
}

/** Families as the native module takes them. */
export function nativeFamilies(families: readonly Family[]): SampleFamily[] {
  return families.map(({ name, type, help = '', unit = '', samples }) => ({
    name,
    kind: type,
    help,
    unit,
    samples: samples.map(({ labels = {}, exemplar, ...sample }) => ({
      ...sample,
      labels: flatLabels(labels),
      exemplar: exemplar === undefined ? undefined : { ...exemplar, labels: flatLabels(exemplar.labels) },
    })),
  }));
}
