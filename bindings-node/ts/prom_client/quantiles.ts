/** Quantiles of a sliding window of time. */

interface Digest {
  push(value: number): void;
  percentile(quantile: number): number | undefined;
  compress(): void;
  size(): number;
  reset(): void;
}

const { TDigest } = require('tdigest') as { TDigest: new () => Digest };

/**
 * A ring of digests of which each has all observations since it was emptied; the oldest one answers. It is
 * emptied when its time is over, and the next one is the oldest then.
 */
export class Quantiles {
  private readonly ring: Digest[];
  private readonly step: number;
  private current = 0;
  private turned = Date.now();
  private pushed = 0;

  constructor(
    maxAgeSeconds: number | undefined,
    ageBuckets: number | undefined,
    private readonly compressCount: number,
  ) {
    const ages = maxAgeSeconds !== undefined && ageBuckets !== undefined && maxAgeSeconds > 0 && ageBuckets > 0;
    this.ring = Array.from({ length: ages ? ageBuckets : 1 }, () => new TDigest());
    this.step = ages ? (maxAgeSeconds * 1000) / ageBuckets : Infinity;
  }

  push(value: number): void {
    this.turn();
    this.ring.forEach((digest) => digest.push(value));
    this.pushed += 1;
    if (this.pushed % this.compressCount === 0) {
      this.ring.forEach((digest) => digest.compress());
    }
  }

  /** The value of this rank; 0 when nothing was observed within the window. */
  at(quantile: number): number {
    const digest = this.turn();
    digest.compress();
    return digest.percentile(quantile) || 0;
  }

  isEmpty(): boolean {
    return this.turn().size() === 0;
  }

  reset(): void {
    this.ring.forEach((digest) => digest.reset());
    this.pushed = 0;
  }

  private turn(): Digest {
    let late = Math.ceil((Date.now() - this.turned) / this.step) - 1;
    if (late > this.ring.length) {
      // After a long pause everything is old: more turns than digests change nothing.
      this.turned += (late - this.ring.length) * this.step;
      late = this.ring.length;
    }
    for (; late > 0; late--) {
      this.ring[this.current].reset();
      this.current = (this.current + 1) % this.ring.length;
      this.turned += this.step;
    }
    return this.ring[this.current];
  }
}
