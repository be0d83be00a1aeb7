/** Labels as prom-client takes them: any part of a metric's label names, by name or all by place. */

import { inspect } from 'node:util';

export type LabelValues<T extends string = string> = Readonly<Partial<Record<T, string | number>>>;

/** The same for the metrics themselves, which look at the names when they run. */
export type AnyLabels = Readonly<Record<string, string | number>>;

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

/** Fails on a label that the metric does not have. */
export function checkLabels(names: readonly string[], labels: object): void {
  for (const name in labels) {
    if (!names.includes(name)) {
      throw new Error(`Added label "${name}" is not included in initial labelset: ${inspect(names)}`);
    }
  }
}

/** The labels of a call: one object, or a value for each name. */
export function labelsOf(names: readonly string[], given: readonly unknown[]): AnyLabels {
  const [first] = given;
  if (typeof first === 'object') {
    return (first ?? {}) as AnyLabels;
  }
  if (given.length !== names.length) {
    throw new Error(
      `Invalid number of arguments (${given.length}): "${given.join(', ')}" for label names ` +
        `(${names.length}): "${names.join(', ')}".`,
    );
  }
  return Object.fromEntries(names.map((name, place) => [name, given[place]])) as AnyLabels;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function validateMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

export function validateLabelName(names: readonly string[] = []): boolean {
  return names.every((name) => LABEL_NAME.test(name));
}
