/** How much a registry moved: what a page sends, so that a receiver can add up what many pages send. */

import type { Registry } from '../index';

type Num = number | 'NaN' | '+Inf' | '-Inf';

/** A series in the core's JSON format. */
export interface Series {
  labels: Record<string, string>;
  /** A counter's, gauge's or info's. */
  value?: Num;
  /** A histogram's or summary's. */
  count?: Num;
  sum?: Num;
  /** Cumulative. */
  buckets?: { le: Num; count: Num }[];
  /** A state set's: 1 for the states that are on. */
  states?: Record<string, number>;
  /** Since when it counts, in Unix seconds. Not sent. */
  created?: number;
}

/** A metric family in the core's JSON format. */
export interface SeriesFamily {
  name: string;
  type: string;
  help: string;
  unit: string;
  series: Series[];
}

/** A series that moved. */
export interface Movement {
  family: SeriesFamily;
  /** By how much; for what cannot be added up, its state now. */
  series: Series;
  /** Which series it is, and what is remembered of it once this is sent. */
  key: string;
  now: Series;
}

/** All families of a registry, as numbers of now. */
export async function read(registry: Registry): Promise<SeriesFamily[]> {
  const { body } = await registry.encode({ format: 'json' });
  return (JSON.parse(new TextDecoder().decode(body)) as { families: SeriesFamily[] }).families;
}

/** What was sent of each series so far. */
export class Baseline {
  private sent = new Map<string, Series>();

  /** The series that moved since. Series that are gone are forgotten. */
  moved(families: readonly SeriesFamily[]): Movement[] {
    const known = new Map<string, Series>();
    const movements: Movement[] = [];
    for (const family of families) {
      for (const now of family.series) {
        const key = JSON.stringify([family.name, family.type, Object.entries(now.labels)]);
        const before = this.sent.get(key);
        if (before !== undefined) {
          known.set(key, before);
        }
        const series = difference(family.type, now, before);
        if (series !== undefined) {
          movements.push({ family, series, key, now });
        }
      }
    }
    this.sent = known;
    return movements;
  }

  /** Remembers that a movement is on its way. */
  advance({ key, now }: Movement): void {
    this.sent.set(key, now);
  }
}

/** How far a series moved, or nothing. */
function difference(type: string, now: Series, before: Series | undefined): Series | undefined {
  switch (type) {
    case 'counter':
      return counterDifference(now, continues(now.value, before?.value, now, before));
    case 'histogram':
    case 'summary':
      return distributionDifference(now, continues(now.count, before?.count, now, before));
    default:
      return changedState(now, before);
  }
}

/** What to subtract: nothing when the series was reset, or removed and made again. */
function continues(total: Num | undefined, last: Num | undefined, now: Series, before?: Series): Series | undefined {
  return now.created === before?.created && numberOf(total) >= numberOf(last) ? before : undefined;
}

function counterDifference({ labels, value }: Series, before: Series | undefined): Series | undefined {
  const added = minus(value, before?.value);
  return added === 0 ? undefined : { labels, value: added };
}

/** Quantiles are left out: those of many pages do not add up. */
function distributionDifference(now: Series, before: Series | undefined): Series | undefined {
  const count = minus(now.count, before?.count);
  if (count === 0) {
    return undefined;
  }
  const buckets = now.buckets?.map(({ le, count }, place) => ({
    le,
    count: minus(count, before?.buckets?.[place]?.count),
  }));
  return { labels: now.labels, count, sum: minus(now.sum, before?.sum), buckets };
}

function changedState(now: Series, before: Series | undefined): Series | undefined {
  const same =
    before !== undefined && STATE.every((part) => JSON.stringify(now[part]) === JSON.stringify(before[part]));
  const { labels, value, count, sum, buckets, states } = now;
  return same ? undefined : { labels, value, count, sum, buckets, states };
}

const STATE = ['value', 'count', 'sum', 'buckets', 'states'] as const;

function minus(now: Num | undefined, before: Num | undefined): Num {
  return written(numberOf(now) - numberOf(before));
}

/** A number of the core's JSON; what is not there is 0. */
function numberOf(written: Num | undefined): number {
  return written === undefined ? 0 : Number(written.toString().replace('Inf', 'Infinity'));
}

function written(number: number): Num {
  if (Number.isFinite(number)) {
    return number;
  }
  return Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf';
}
