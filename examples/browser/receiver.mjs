// Adds up what pages push, so that Prometheus sees one set of series for all of them.

/** What a page sent is wrong; `status` is the HTTP answer. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A collector of metrics that pages pushed. Anybody may push, so all of it is bounded and checked. */
export class Receiver {
  #families = new Map();
  #seriesCount = 0;
  #ids = new Set();
  #maxSeries;
  #maxIds;

  /** `maxIds` batches are remembered, so that one that comes again is not added again. */
  constructor({ maxSeries = 10_000, maxIds = 100_000 } = {}) {
    this.#maxSeries = maxSeries;
    this.#maxIds = maxIds;
  }

  /** Adds a batch; whether it was a new one. Throws a Refusal, and adds nothing, when any part of it is wrong. */
  take(text) {
    const { id, families } = checkBatch(text);
    if (this.#ids.has(id)) {
      return false;
    }
    this.#check(families);
    families.forEach((family) => this.#add(family));
    this.#ids.add(id);
    if (this.#ids.size > this.#maxIds) {
      this.#ids.delete(this.#ids.values().next().value);
    }
    return true;
  }

  /** All families, as `registerCollector` of metrion wants them. */
  collect() {
    return [...this.#families.values()].map(({ name, type, help, series }) => ({
      name,
      type,
      help,
      samples: [...series.values()].flatMap((own) => samplesOf(name, type, own)),
    }));
  }

  /** Whether the batch agrees with what is known, and there is room for it. */
  #check(families) {
    let more = 0;
    for (const { name, type, series } of families) {
      const known = this.#families.get(name);
      need(known === undefined || known.type === type, `${name} is a ${known?.type}, not a ${type}`);
      for (const one of series) {
        const before = known?.series.get(keyOf(one));
        more += before === undefined ? 1 : 0;
        need(before === undefined || boundsOf(before) === boundsOf(one), `${name} has other buckets`);
      }
    }
    if (this.#seriesCount + more > this.#maxSeries) {
      throw new Refusal(422, `there is no room for more than ${this.#maxSeries} series`);
    }
  }

  #add({ name, type, help, series }) {
    const family = this.#families.get(name) ?? { name, type, help, series: new Map() };
    this.#families.set(name, family);
    for (const one of series) {
      const key = keyOf(one);
      const before = family.series.get(key);
      this.#seriesCount += before === undefined ? 1 : 0;
      family.series.set(key, before === undefined || !ADDED.has(type) ? one : sum(before, one));
    }
  }
}

/** The types that are added up; of the others the last one to come counts. */
const ADDED = new Set(['counter', 'histogram', 'summary']);
const TYPES = new Set([...ADDED, 'gauge', 'info', 'stateset', 'unknown']);

const keyOf = ({ labels }) => JSON.stringify(Object.entries(labels).sort());
const boundsOf = ({ buckets }) => JSON.stringify(buckets?.map(({ le }) => le));

function sum(one, other) {
  return {
    labels: one.labels,
    value: one.value + other.value,
    count: one.count + other.count,
    sum: one.sum + other.sum,
    buckets: one.buckets?.map(({ le, count }, place) => ({ le, count: count + other.buckets[place].count })),
  };
}

function samplesOf(name, type, { labels, value, count, sum, buckets = [], states = {} }) {
  switch (type) {
    case 'counter':
      return [{ name: `${name}_total`, labels, value }];
    case 'info':
      return [{ name: `${name}_info`, labels, value }];
    case 'stateset':
      return Object.entries(states).map(([state, on]) => ({ name, labels: { ...labels, [name]: state }, value: on }));
    case 'histogram':
    case 'summary':
      return [
        ...buckets.map((bucket) => ({
          name: `${name}_bucket`,
          labels: { ...labels, le: String(bucket.le) },
          value: bucket.count,
        })),
        { name: `${name}_sum`, labels, value: sum },
        { name: `${name}_count`, labels, value: count },
      ];
    default:
      return [{ name, labels, value: Number(String(value).replace('Inf', 'Infinity')) }];
  }
}

function need(isRight, message) {
  if (!isRight) {
    throw new Refusal(400, message);
  }
}

function checkBatch(text) {
  let batch;
  try {
    batch = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'a batch is JSON');
  }
  need(batch?.version === 1, 'the version of a batch is 1');
  need(typeof batch.id === 'string' && batch.id.length > 0 && batch.id.length <= 64, 'a batch has an id');
  need(Array.isArray(batch.families), 'a batch has families');
  const names = new Set(batch.families.map((family) => family?.name));
  need(names.size === batch.families.length, 'a family stands once in a batch');
  batch.families.forEach(checkFamily);
  return batch;
}

function checkFamily(family) {
  const { name, type, help, series } = family ?? {};
  need(typeof name === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/.test(name), 'a family has a name');
  need(TYPES.has(type), `${name} has an unknown type`);
  need(typeof help === 'string' && help.length <= 1000, `${name} has a help`);
  need(Array.isArray(series), `${name} has series`);
  const keys = new Set(series.map((one) => checkSeries(name, type, one)));
  need(keys.size === series.length, `${name} has a series twice`);
}

function checkSeries(name, type, one) {
  const { labels, value, count, sum, buckets, states } = one ?? {};
  const what = `a series of ${name}`;
  need(isObject(labels) && Object.entries(labels).every(isLabel), `${what} has labels`);
  switch (type) {
    case 'counter':
      need(isCount(value), `${what} adds a number from 0 up`);
      break;
    case 'histogram':
    case 'summary': {
      const counts = buckets?.map?.((bucket) => bucket?.count) ?? [];
      need(isCount(count) && Number.isFinite(sum), `${what} has a count and a sum`);
      need(
        buckets === undefined ? type === 'summary' : type === 'histogram' && areBounds(buckets),
        `${what} has buckets`,
      );
      need(
        counts.every((each, place) => isCount(each) && each >= (counts[place - 1] ?? 0)),
        `${what} has cumulative counts`,
      );
      need(buckets === undefined || counts.at(-1) === count, `the last bucket of ${what} has all`);
      break;
    }
    case 'stateset':
      need(isObject(states) && Object.values(states).every((on) => on === 0 || on === 1), `${what} has states`);
      break;
    default:
      need(Number.isFinite(value) || ['NaN', '+Inf', '-Inf'].includes(value), `${what} has a value`);
  }
  return keyOf(one);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value) => Number.isFinite(value) && value >= 0;
const isLabel = ([name, value]) =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) &&
  !name.startsWith('__') &&
  !['le', 'quantile'].includes(name) &&
  typeof value === 'string' &&
  value.isWellFormed?.() !== false;

function areBounds(buckets) {
  const bounds = Array.isArray(buckets) ? buckets.map((bucket) => (bucket?.le === '+Inf' ? Infinity : bucket?.le)) : [];
  return (
    bounds.length > 0 &&
    bounds.length <= 200 &&
    bounds.at(-1) === Infinity &&
    bounds.every((le, place) => typeof le === 'number' && (place === 0 || le > bounds[place - 1]))
  );
}
