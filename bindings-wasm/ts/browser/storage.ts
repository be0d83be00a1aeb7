/** Batches that a page could not send, for the next page of the same origin. */

import { bytesOf } from './batches';
import type { Batch } from './queue';

/** Takes what earlier pages left. Throws where the browser refuses storage. */
export function takeStored(url: string): Batch[] {
  const text = localStorage.getItem(keyOf(url));
  if (text === null) {
    return [];
  }
  localStorage.removeItem(keyOf(url));
  return batchesIn(text);
}

/** Leaves batches to the next page, behind what is there; `maxBytes` bounds all. Throws where storage is refused. */
export function store(url: string, batches: readonly Batch[], maxBytes: number): void {
  const known = batchesIn(localStorage.getItem(keyOf(url)) ?? '[]');
  const all = new Map([...known, ...batches].map((batch) => [batch.id, batch]));
  let room = maxBytes;
  const kept = [...all.values()].filter(({ bytes }) => (room -= bytes) >= 0);
  if (kept.length > 0) {
    localStorage.setItem(keyOf(url), JSON.stringify(kept.map(({ id, body, series }) => ({ id, body, series }))));
  }
}

function keyOf(url: string): string {
  return `metrion-pusher:${url}`;
}

/** Anybody on the origin may have written it: what is no batch is left out. */
function batchesIn(text: string): Batch[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  const batches = Array.isArray(list) ? list.filter(isStored) : [];
  return batches.map(({ id, body, series }) => ({ id, body, series, bytes: bytesOf(body) }));
}

function isStored(value: unknown): value is Pick<Batch, 'id' | 'body' | 'series'> {
  const { id, body, series } = (value ?? {}) as Partial<Batch>;
  return typeof id === 'string' && typeof body === 'string' && Number.isInteger(series);
}
