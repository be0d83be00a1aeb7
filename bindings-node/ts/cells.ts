/**
 * Where a series' numbers are: typed arrays over the memory of the core.
 *
 * A word is a double or, if it is a count, a whole number under the leading bits of a NaN that no arithmetic
 * makes; `core/slab/src/word.rs` says why. An addition to an integer takes a third of the time of one to a
 * double when the next one waits for it. So a counter is a whole number here as long as it fits into 31
 * bits, of which the lower half alone is stored, and a double from then on.
 */

import { native } from './native';
import type { NativeChild, NativeRegistry } from './native_module';

const BLOCK = native.NativeRegistry.blockCells();

/** What the upper half of a whole number's word begins with. Literals in the compiled code: an import is not one. */
export const enum Upper {
  WHOLE = 0x1fff,
  SHIFT = 18,
}

/** Which half of a word has the lower bits. */
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Consecutive cells in two views, as doubles and as their halves. Both are empty where JavaScript cannot see them. */
interface Block {
  readonly numbers: Float64Array;
  readonly halves: Int32Array;
}

/** The cells of one series: those of a block from `index` on. `low` is the lower half of the first. */
export interface Place extends Block {
  readonly index: number;
  readonly low: number;
}

const NOWHERE: Place = { ...blockOf(new Float64Array(0)), index: 0, low: LOW };

/** The blocks of cells that this isolate has had from a registry. */
export class Cells {
  private readonly blocks = new Map<number, Block>();
  private readonly commonBlocks = new Map<number, Block>();

  constructor(private readonly registry: NativeRegistry) {}

  /** This isolate's own cells of a series. */
  own(child: NativeChild, count: number): Place {
    return place(child.cell, count, this.blocks, (first, all) => this.registry.cells(first, all));
  }

  /** The one cell of a series that keeps its last value. */
  common(child: NativeChild): Place {
    return place(child.cell, 1, this.commonBlocks, (first, all) => this.registry.commonCells(first, all));
  }
}

function place(
  cell: number,
  count: number,
  blocks: Map<number, Block>,
  view: (first: number, count: number) => Float64Array | null,
): Place {
  if (cell < 0) {
    return NOWHERE;
  }
  const index = cell % BLOCK;
  if (index + count > BLOCK) {
    // It lies in two blocks: one of its own is simpler, and rare.
    return { ...blockOf(view(cell, count)), index: 0, low: LOW };
  }
  const number = (cell - index) / BLOCK;
  let block = blocks.get(number);
  if (block === undefined || isDetached(block.numbers)) {
    block = blockOf(view(cell - index, BLOCK));
    blocks.set(number, block);
  }
  return { ...block, index, low: 2 * index + LOW };
}

function blockOf(numbers: Float64Array | null): Block {
  if (numbers === null) {
    return NOWHERE;
  }
  return { numbers, halves: new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2) };
}

/** Whether the memory behind an array grew, as WebAssembly's does: the cells are there, in another array. */
export function isDetached(numbers: Float64Array): boolean {
  return numbers.length === 0 && numbers !== NOWHERE.numbers;
}

/** The number of a cell whose word is a double or a whole number. */
function numberOf(numbers: Float64Array, halves: Int32Array, low: number): number {
  const high = halves[low ^ 1];
  if (high >>> Upper.SHIFT !== Upper.WHOLE) {
    return numbers[low >> 1];
  }
  return (high & ((1 << Upper.SHIFT) - 1)) * 2 ** 32 + (halves[low] >>> 0);
}

/** Adds `amount`, a number from 0 up, to a count; whether it could, which is when the cell is there. */
export function addToCount(numbers: Float64Array, halves: Int32Array, low: number, amount: number): boolean {
  if (low >= halves.length) {
    return false;
  }
  const seen = numberOf(numbers, halves, low);
  if (seen === 0 && amount === (amount | 0)) {
    // Each store by itself is a zero or the number: nobody sees anything else.
    halves[low ^ 1] = Upper.WHOLE << Upper.SHIFT;
    halves[low] = amount;
  } else {
    numbers[low >> 1] = seen + amount;
  }
  return true;
}

/** Adds one to a count, which is a double from then on; whether it could. For counts that rarely wait for themselves. */
export function countInDouble(numbers: Float64Array, index: number): boolean {
  if (index >= numbers.length) {
    return false;
  }
  const halves = new Int32Array(numbers.buffer, numbers.byteOffset);
  numbers[index] = numberOf(numbers, halves, 2 * index + LOW) + 1;
  return true;
}
