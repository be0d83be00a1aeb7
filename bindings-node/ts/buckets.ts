/** From a value to its bucket, by the leading bits of the double. */

const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

function highBits(value: number): number {
  number[0] = value;
  return halves[HIGH];
}

const MOST_PLACES = 2048;

/**
 * A histogram's bounds, as the core checked them, with a table over the leading bits of positive
 * doubles: they grow with the number, and the place that they lead to says at which bound to begin.
 */
export class Buckets {
  /** And infinity behind them. */
  private readonly bounds: Float64Array;
  private readonly shift: number;
  private readonly lowest: number;
  /** For each place, the first bound that is in it or behind. */
  private readonly table: Uint16Array;
  /** The first bound above zero: below it, values are compared one by one. */
  private readonly positive: number;

  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from([...bounds, Infinity]);
    const found = bounds.findIndex((bound) => bound > 0);
    this.positive = found < 0 ? bounds.length : found;
    const above = bounds.slice(this.positive);
    const low = highBits(above[0] ?? 1);
    const high = highBits(above[above.length - 1] ?? 1);
    let shift = 0;
    while ((high >>> shift) - (low >>> shift) + 2 > MOST_PLACES) {
      shift++;
    }
    this.shift = shift;
    this.lowest = low >>> shift;
    this.table = new Uint16Array((high >>> shift) - this.lowest + 2);
    for (let place = 0; place < this.table.length; place++) {
      const before = above.filter((bound) => (highBits(bound) >>> shift) - this.lowest < place);
      this.table[place] = this.positive + before.length;
    }
  }

  /** The index of the first bound that is not below `value`, which is a number. */
  find(value: number): number {
    const bounds = this.bounds;
    let bucket = 0;
    if (value > 0) {
      number[0] = value;
      let place = (halves[HIGH] >>> this.shift) - this.lowest;
      const last = this.table.length - 1;
      place = place < 0 ? 0 : place > last ? last : place;
      bucket = this.table[place];
    }
    while (value > bounds[bucket]) {
      bucket++;
    }
    return bucket;
  }

  /** The number of finite bounds. */
  get length(): number {
    return this.bounds.length - 1;
  }
}
