/** A page pushes how much its metrics moved. core/docs/adr/0026 says what is sent and why. */

import { Counter } from '../index';
import { batchOf, share } from './batches';
import { Baseline, read } from './deltas';
import { backoff, beacon, deliver, type Outcome } from './delivery';
import { checkOptions, type Dropped, type PusherOptions, type PusherSettings } from './pusher_options';
import { Queue, type Batch } from './queue';
import { store, takeStored } from './storage';

/** How a pusher is doing. */
export interface PusherStats {
  /** Batches that the endpoint, or a beacon, took. */
  sent: number;
  /** Series that were given up, see `Dropped`. */
  dropped: number;
  /** Batches that wait, and their bytes. */
  queued: number;
  queuedBytes: number;
  /** Failures since the last success, and what the last one was. */
  failures: number;
  lastError: string | undefined;
}

/** The longest body: two fit into the 64 KiB that a browser sends for a page that ends. */
const MAX_BATCH_BYTES = 30_000;

/**
 * Sends how much the metrics of a page moved, every `intervalSeconds` and when the page is hidden or left, to an
 * endpoint that adds up what all pages send. A batch that fails is sent again under the same id, after an exponential
 * back-off or as the answer's `Retry-After` says. While batches wait, nothing that comes is lost: it is the registry
 * that counts on.
 *
 * The constructor throws a MetrionError (`invalid_value`) when an option is wrong. After that nothing is thrown: the
 * first failure of a kind is one line on the console, and what is given up is told to `onDrop` and counted in
 * `push_dropped_series_total{reason}`.
 */
export class Pusher {
  private readonly settings: PusherSettings;
  private readonly queue: Queue;
  private readonly baseline = new Baseline();
  private readonly page = pageName();
  private readonly droppedSeries: Counter<readonly ['reason']>;
  private readonly complaints = new Set<string>();
  private readonly listeners: [EventTarget, string, (event: Event) => void][] = [];
  private batches = 0;
  private sent = 0;
  private dropped = 0;
  private failures = 0;
  private lastError: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private round: Promise<void> | undefined;
  private cuts: Promise<void> = Promise.resolve();
  private underWay: Batch | undefined;
  /** What `Retry-After` asked for, in milliseconds since 1970. */
  private quietUntil = 0;
  private ended = false;

  constructor(options: PusherOptions) {
    this.settings = checkOptions(options);
    const { registry, maxQueue, maxBytes, persist, intervalSeconds } = this.settings;
    this.queue = new Queue(maxQueue, maxBytes);
    this.droppedSeries = new Counter({
      name: 'push_dropped_series_total',
      help: 'Series whose movement could not be pushed.',
      labelNames: ['reason'],
      registers: [registry],
    });
    if (persist) {
      this.adopt();
    }
    this.listen();
    this.schedule(intervalSeconds);
  }

  get stats(): PusherStats {
    const { sent, dropped, failures, lastError, queue } = this;
    return { sent, dropped, queued: queue.length, queuedBytes: queue.bytes, failures, lastError };
  }

  /** Sends now, whatever the interval says. Ends when nothing waits, or something has failed. */
  async flush(): Promise<void> {
    await this.round;
    await this.push();
  }

  /** Hands what is left to the browser, and ends. */
  async stop(): Promise<void> {
    this.end();
    await this.leave(true);
  }

  private end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.listeners.splice(0).forEach(([target, event, heard]) => target.removeEventListener(event, heard));
  }

  private schedule(seconds: number): void {
    clearTimeout(this.timer);
    if (!this.ended) {
      this.timer = setTimeout(() => void this.push(), seconds * 1000);
    }
  }

  /** One round of sending; there is never a second one beside it. */
  private push(): Promise<void> {
    this.round ??= this.sendAll()
      .catch((error: unknown) => {
        this.complain('push', `a push failed: ${String(error)}`);
        return this.settings.intervalSeconds;
      })
      .then((seconds) => {
        this.round = undefined;
        this.schedule(seconds);
      });
    return this.round;
  }

  /** Sends all there is; after how many seconds to come back. What waits goes first: the registry counts on. */
  private async sendAll(): Promise<number> {
    const wait = await this.sendQueue();
    if (wait !== undefined || this.ended) {
      return wait ?? 0;
    }
    await this.cut();
    return (await this.sendQueue()) ?? this.settings.intervalSeconds;
  }

  /** Sends what waits; how many seconds to wait when something failed. */
  private async sendQueue(): Promise<number | undefined> {
    for (let batch = this.queue.first(); batch !== undefined && !this.ended; batch = this.queue.first()) {
      this.underWay = batch;
      const outcome = await deliver(batch, this.settings.target);
      this.underWay = undefined;
      if (outcome.kind !== 'retry') {
        this.queue.remove(batch);
      }
      if (outcome.kind !== 'accepted') {
        return this.afterFailure(batch, outcome);
      }
      this.failures = 0;
      this.sent += 1;
    }
    return undefined;
  }

  private afterFailure(batch: Batch, outcome: Exclude<Outcome, { kind: 'accepted' }>): number {
    this.failures += 1;
    const { target, retrySeconds, maxRetrySeconds } = this.settings;
    const wait = backoff(this.failures, retrySeconds, maxRetrySeconds);
    if (outcome.kind === 'refused') {
      this.drop('refused', batch.series, outcome.reason);
      return wait;
    }
    const { reason, afterSeconds = 0 } = outcome;
    this.lastError = reason;
    this.quietUntil = Date.now() + afterSeconds * 1000;
    this.complain('endpoint', `pushing to ${target.url} failed and is tried again: ${reason}`);
    return Math.max(wait, afterSeconds);
  }

  /** Makes batches of what moved, as far as there is room. Never two at once: each begins where the last one ended. */
  private cut(): Promise<void> {
    this.cuts = this.cuts
      .then(() => this.cutNow())
      .catch((error: unknown) => this.complain('collect', `the metrics could not be read: ${String(error)}`));
    return this.cuts;
  }

  private async cutNow(): Promise<void> {
    const { registry, maxBytes } = this.settings;
    const movements = this.baseline.moved(await read(registry));
    const { parts, tooLong } = share(movements, Math.min(MAX_BATCH_BYTES, maxBytes));
    if (tooLong.length > 0) {
      tooLong.forEach((movement) => this.baseline.advance(movement));
      this.drop('too_long', tooLong.length, `${tooLong[0]?.family.name} has a series longer than a batch may be`);
    }
    for (const part of parts) {
      if (!this.queue.hasRoom(part.bytes)) {
        return;
      }
      part.movements.forEach((movement) => this.baseline.advance(movement));
      this.batches += 1;
      this.queue.push(batchOf(`${this.page}-${this.batches}`, part));
    }
  }

  private listen(): void {
    const on = (target: EventTarget | undefined, event: string, heard: (event: Event) => void): void => {
      if (typeof target?.addEventListener === 'function') {
        target.addEventListener(event, heard);
        this.listeners.push([target, event, heard]);
      }
    };
    const { window, document } = globalThis;
    // At the window, where it comes last: what others observe as the page is hidden is sent, too.
    on(window, 'visibilitychange', () => {
      if (document.visibilityState === 'hidden') {
        void this.leave(false);
      }
    });
    on(window, 'pagehide', () => void this.leave(true));
    on(document, 'securitypolicyviolation', (event) => this.violated(event as SecurityPolicyViolationEvent));
  }

  /**
   * The page may be about to end. Where reading the registry needs no more than microtasks, as in WebAssembly, all of
   * it is done before the browser goes on.
   */
  private async leave(forGood: boolean): Promise<void> {
    await this.cut();
    if (Date.now() >= this.quietUntil) {
      this.sendBeacons();
    }
    if (forGood && this.settings.persist && this.queue.length > 0) {
      const { target, maxBytes } = this.settings;
      this.withStorage(() => store(target.url, this.queue.all(), maxBytes));
    }
  }

  private sendBeacons(): void {
    for (const batch of this.queue.all()) {
      // A beacon has no answer: it is trusted while the last answer was good. Otherwise the batch stays, under its id.
      if (batch !== this.underWay && beacon(batch, this.settings.target) && this.failures === 0) {
        this.queue.remove(batch);
        this.sent += 1;
      }
    }
  }

  /** The page's policy does not change as long as it lives: there is no use in going on. */
  private violated({ effectiveDirective, disposition, blockedURI }: SecurityPolicyViolationEvent): void {
    const { url } = this.settings.target;
    if (effectiveDirective !== 'connect-src' || disposition !== 'enforce' || !url.startsWith(blockedURI)) {
      return;
    }
    this.end();
    this.lastError = "the page's Content-Security-Policy forbids it";
    this.complain('endpoint', `pushing to ${url} has ended: ${this.lastError} (connect-src)`);
    for (const batch of this.queue.all()) {
      this.queue.remove(batch);
      this.drop('blocked', batch.series, this.lastError);
    }
  }

  private adopt(): void {
    this.withStorage(() => {
      for (const batch of takeStored(this.settings.target.url)) {
        if (this.queue.hasRoom(batch.bytes)) {
          this.queue.push(batch);
        } else {
          this.drop('full', batch.series, 'earlier pages left more than the queue holds');
        }
      }
    });
  }

  private withStorage(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.complain('storage', `batches are not kept for the next page: ${String(error)}`);
    }
  }

  private drop(reason: Dropped['reason'], series: number, why: string): void {
    this.dropped += series;
    this.lastError = why;
    this.droppedSeries.inc({ reason }, series);
    if (reason !== 'blocked') {
      this.complain(reason, `${series} series were not pushed to ${this.settings.target.url}: ${why}`);
    }
    try {
      this.settings.onDrop?.({ reason, series });
    } catch (error) {
      this.complain('onDrop', `onDrop failed: ${String(error)}`);
    }
  }

  /** One line for each kind of failure. */
  private complain(kind: string, message: string): void {
    if (!this.complaints.has(kind)) {
      this.complaints.add(kind);
      console.warn(`metrion: ${message}`);
    }
  }
}

/** A name for this page that no other has. */
function pageName(): string {
  // Not randomUUID(), which pages without TLS lack.
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
