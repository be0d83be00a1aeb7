/** How the metrics of several processes become one. */

interface Value {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
}

interface Aggregated {
  name: string;
  help: string;
  type: string;
  aggregator: string;
  values: Value[];
}

type Aggregate = (metrics: readonly Aggregated[]) => Aggregated | undefined;

/** Lists of values by key. */
export class Grouper<K, V> extends Map<K, V[]> {
  add(key: K, value: V): void {
    const group = this.get(key);
    if (group === undefined) {
      this.set(key, [value]);
    } else {
      group.push(value);
    }
  }
}

/** An aggregator from a function that makes one number of several. */
export function AggregatorFactory(one: (values: readonly Value[]) => number): Aggregate {
  return (metrics) => {
    const [first] = metrics;
    if (first === undefined) {
      return undefined;
    }
    const groups = new Grouper<string, Value>();
    for (const value of metrics.flatMap((metric) => metric.values)) {
      const labels = Object.entries(value.labels).sort(([a], [b]) => (a < b ? -1 : 1));
      groups.add(JSON.stringify([value.metricName, labels]), value);
    }
    const values = [...groups.values()].map((group) => {
      const { labels, metricName } = group[0];
      return { value: one(group), labels, ...(metricName === undefined ? {} : { metricName }) };
    });
    const { help, name, type, aggregator } = first;
    return { help, name, type, values, aggregator };
  };
}

const sum = (values: readonly Value[]): number => values.reduce((total, own) => total + own.value, 0);

/** By the names that a metric's `aggregator` may have. */
export const aggregators: Readonly<Record<string, Aggregate>> = {
  sum: AggregatorFactory(sum),
  first: AggregatorFactory((values) => values[0].value),
  omit: () => undefined,
  average: AggregatorFactory((values) => sum(values) / values.length),
  min: AggregatorFactory((values) => Math.min(...values.map((own) => own.value))),
  max: AggregatorFactory((values) => Math.max(...values.map((own) => own.value))),
};

/** The metrics of several processes, each the list of `getMetricsAsJSON`, as one list. */
export function aggregateAll<T extends Aggregated>(lists: readonly (readonly T[])[]): Aggregated[] {
  const byName = new Grouper<string, T>();
  lists.flat().forEach((metric) => byName.add(metric.name, metric));
  return [...byName.values()].flatMap((group) => {
    const aggregate = aggregators[group[0].aggregator];
    if (aggregate === undefined) {
      throw new Error(`'${group[0].aggregator}' is not a defined aggregator.`);
    }
    return aggregate(group) ?? [];
  });
}
