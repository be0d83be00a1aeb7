/** What waits to be sent, bounded by number and by bytes. */

/** A batch as it goes over the wire. */
export interface Batch {
  /** `<page>-<number>`: a receiver counts a batch that comes twice once. */
  id: string;
  body: string;
  /** Of the body in UTF-8. */
  bytes: number;
  /** How many series it has. */
  series: number;
}

/** Batches in the order in which they were made. */
export class Queue {
  private batches: Batch[] = [];
  private held = 0;

  constructor(
    private readonly maxBatches: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.batches.length;
  }

  get bytes(): number {
    return this.held;
  }

  /** Whether a batch of that many bytes still fits. */
  hasRoom(bytes: number): boolean {
    return this.batches.length < this.maxBatches && this.held + bytes <= this.maxBytes;
  }

  push(batch: Batch): void {
    this.batches.push(batch);
    this.held += batch.bytes;
  }

  first(): Batch | undefined {
    return this.batches[0];
  }

  all(): readonly Batch[] {
    return [...this.batches];
  }

  remove(batch: Batch): void {
    const place = this.batches.indexOf(batch);
    if (place >= 0) {
      this.batches.splice(place, 1);
      this.held -= batch.bytes;
    }
  }
}
