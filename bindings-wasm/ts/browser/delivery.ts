/** One attempt to send a batch, and when the next one is due. */

import { originalFetch } from './fetch_timing';
import type { Batch } from './queue';

/** What became of an attempt. `retry` may succeed later, `refused` will not. */
export type Outcome =
  { kind: 'accepted' } | { kind: 'refused'; reason: string } | { kind: 'retry'; reason: string; afterSeconds?: number };

/** Where and how a page sends. */
export interface Target {
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutSeconds: number;
}

/** Sends a batch and waits for the answer. Never rejects. */
export async function deliver(batch: Batch, { url, headers, timeoutSeconds }: Target): Promise<Outcome> {
  const gaveUp = new AbortController();
  const timer = setTimeout(() => gaveUp.abort(), timeoutSeconds * 1000);
  try {
    // What is under way when the page ends is still sent.
    const init: RequestInit = { method: 'POST', body: batch.body, headers, keepalive: true, signal: gaveUp.signal };
    const answer = await originalFetch()(url, init);
    // Without this the connection is kept until the garbage collector comes.
    answer.body?.cancel().catch(() => {});
    return outcomeOf(answer);
  } catch (error) {
    const reason = gaveUp.signal.aborted ? `no answer within ${timeoutSeconds} s` : String(error);
    return { kind: 'retry', reason };
  } finally {
    clearTimeout(timer);
  }
}

function outcomeOf(answer: Response): Outcome {
  if (answer.ok) {
    return { kind: 'accepted' };
  }
  const reason = `status ${answer.status}`;
  if (answer.status >= 500 || WORTH_A_RETRY.has(answer.status)) {
    return { kind: 'retry', reason, afterSeconds: retryAfter(answer.headers.get('retry-after')) };
  }
  return { kind: 'refused', reason };
}

/** Request time-out, too early, too many requests. */
const WORTH_A_RETRY: ReadonlySet<number> = new Set([408, 425, 429]);

/** The header's seconds, or the seconds until its date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) {
    return undefined;
  }
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER) : undefined;
}

/** No header silences a page for longer. */
const MAX_RETRY_AFTER = 3600;

/**
 * How long to wait after that many failures in a row, in seconds: from `first`, doubled each time up to `most`, and of
 * that a random part between half and all, so that pages do not come back together.
 */
export function backoff(failures: number, first: number, most: number): number {
  const whole = Math.min(first * 2 ** (failures - 1), most);
  return whole * (0.5 + Math.random() / 2);
}

/** Hands a batch to the browser, which sends it when the page has ended, too; whether it took it. */
export function beacon(batch: Batch, { url, headers }: Target): boolean {
  try {
    // A beacon has no headers.
    if (Object.keys(headers).length === 0 && typeof navigator.sendBeacon === 'function') {
      return navigator.sendBeacon(url, batch.body);
    }
    originalFetch()(url, { method: 'POST', body: batch.body, headers, keepalive: true }).catch(() => {});
    return true;
  } catch {
    return false;
  }
}
