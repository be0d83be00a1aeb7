/** Movements as batches: JSON documents that are no longer than a beacon may be. */

import type { Movement, SeriesFamily } from './deltas';
import type { Batch } from './queue';

/** What becomes one batch. */
export interface Part {
  movements: Movement[];
  /** At least what the batch will have. */
  bytes: number;
}

/** Shares movements out; `tooLong` has those that are in no part, as a batch of each alone would be longer. */
export function share(movements: readonly Movement[], maxBytes: number): { parts: Part[]; tooLong: Movement[] } {
  const tooLong: Movement[] = [];
  const parts: Part[] = [];
  let heads = new Set<SeriesFamily>();
  for (const movement of movements) {
    const { family, series } = movement;
    const own = length(series);
    const head = length({ ...family, series: [] });
    if (FRAME + head + own > maxBytes) {
      tooLong.push(movement);
      continue;
    }
    const last = parts.at(-1);
    const more = own + (heads.has(family) ? 0 : head);
    if (last === undefined || last.bytes + more > maxBytes) {
      parts.push({ movements: [movement], bytes: FRAME + head + own });
      heads = new Set([family]);
    } else {
      last.movements.push(movement);
      last.bytes += more;
      heads.add(family);
    }
  }
  return { parts, tooLong };
}

/** The document that is sent. */
export function batchOf(id: string, { movements }: Part): Batch {
  const families = new Map<SeriesFamily, SeriesFamily>();
  for (const { family, series } of movements) {
    const own = families.get(family) ?? { ...family, series: [] };
    own.series.push(series);
    families.set(family, own);
  }
  const body = JSON.stringify({ version: 1, id, families: [...families.values()] });
  return { id, body, bytes: bytesOf(body), series: movements.length };
}

/** More than what stands around the families. */
const FRAME = 128;

/** The length of a value in a list. */
function length(value: object): number {
  return bytesOf(JSON.stringify(value)) + 1;
}

const encoder = new TextEncoder();

/** The length of a text in UTF-8. */
export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
