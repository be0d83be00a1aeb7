/** Long work in slices, between which the event loop goes on. */

import { setImmediate } from 'node:timers/promises';

// The one of now: a program's tests may replace it later, and nobody would wake what waits.
const immediate = setImmediate;

const SLICE_MS = 0.5;
/** What is quick enough for a slice on any machine, where the clock stands still, too. */
const SLICE_STEPS = 512;

let turns: Promise<void> = Promise.resolve();

/** Resolves in a turn of the event loop that is nobody else's: two scrapes do not add up their slices. */
function nextTurn(): Promise<void> {
  turns = turns.then(() => immediate());
  return turns;
}

/** How much of its time a task has used. */
export class Slice {
  private ends = performance.now() + SLICE_MS;
  private steps = 0;

  /** Whether it is time to let the others go on, at the end of one more step. */
  isOver(): boolean {
    this.steps += 1;
    return this.steps >= SLICE_STEPS || performance.now() >= this.ends;
  }

  /** Lets the others go on. */
  async next(): Promise<void> {
    await nextTurn();
    this.ends = performance.now() + SLICE_MS;
    this.steps = 0;
  }
}
