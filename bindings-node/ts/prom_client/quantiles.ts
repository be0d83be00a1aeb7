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
 * emptied when its time is over, and the next one is the oldest then. (prom-client's are one digest at first,
 * which has early observations several times until each was emptied once.)
 */
export class TimeWindowQuantiles {
  readonly ringBuffer: readonly Digest[];
  readonly durationBetweenRotatesMillis: number;
  /** The place of the oldest one. */
  currentBuffer = 0;
  private rotated = Date.now();
  private pushed = 0;

  /** Without an age and a number of digests there is one digest of all observations. */
  constructor(
    private readonly maxAgeSeconds?: number,
    private readonly ageBuckets?: number,
    private readonly compressCount = Infinity,
  ) {
    const ages = maxAgeSeconds !== undefined && ageBuckets !== undefined && maxAgeSeconds > 0 && ageBuckets > 0;
    this.ringBuffer = Array.from({ length: ages ? ageBuckets : 1 }, () => new TDigest());
    this.durationBetweenRotatesMillis = ages ? (maxAgeSeconds * 1000) / ageBuckets : Infinity;
  }

  push(value: number): void {
    this.rotate();
    this.ringBuffer.forEach((digest) => digest.push(value));
    this.pushed += 1;
    if (this.pushed % this.compressCount === 0) {
      this.compress();
    }
  }

  /** The value of this rank; nothing when nothing was observed within the window. */
  percentile(quantile: number): number | undefined {
    return this.rotate().percentile(quantile);
  }

  /** How many different values the oldest digest has. */
  size(): number {
    return this.rotate().size();
  }

  compress(): void {
    this.ringBuffer.forEach((digest) => digest.compress());
  }

  reset(): void {
    this.ringBuffer.forEach((digest) => digest.reset());
    this.pushed = 0;
  }

  /** One without observations that rotates when this one does. */
  emptied(): TimeWindowQuantiles {
    const copy = new TimeWindowQuantiles(this.maxAgeSeconds, this.ageBuckets, this.compressCount);
    copy.currentBuffer = this.currentBuffer;
    copy.rotated = this.rotated;
    return copy;
  }

  private rotate(): Digest {
    const step = this.durationBetweenRotatesMillis;
    let late = Math.ceil((Date.now() - this.rotated) / step) - 1;
    if (late > this.ringBuffer.length) {
      // After a long pause everything is old: more turns than digests change nothing.
      this.rotated += (late - this.ringBuffer.length) * step;
      late = this.ringBuffer.length;
    }
    for (; late > 0; late--) {
      this.ringBuffer[this.currentBuffer].reset();
      this.currentBuffer = (this.currentBuffer + 1) % this.ringBuffer.length;
      this.rotated += step;
    }
    return this.ringBuffer[this.currentBuffer];
  }
}
