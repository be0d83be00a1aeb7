/** Where a series' numbers are: typed arrays over the memory of the core. */

import { native, type NativeChild, type NativeRegistry } from './native';

const BLOCK = native.NativeRegistry.blockCells();

/** The cells of one series: `array[index]` and those behind it. */
export interface Place {
  array: Float64Array | null;
  index: number;
}

/**
 * The blocks of cells that this isolate has had from a registry, each one typed array.
 *
 * Without an array, of which there may be none, an update is a call.
 */
export class Cells {
  private readonly blocks = new Map<number, Float64Array | null>();
  private readonly commonBlocks = new Map<number, Float64Array | null>();

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
  blocks: Map<number, Float64Array | null>,
  view: (first: number, count: number) => Float64Array | null,
): Place {
  if (cell < 0) {
    return { array: null, index: 0 };
  }
  const index = cell % BLOCK;
  if (index + count > BLOCK) {
    // It lies in two blocks: an array of its own is simpler, and rare.
    return { array: view(cell, count), index: 0 };
  }
  const number = (cell - index) / BLOCK;
  let array = blocks.get(number);
  if (array === undefined) {
    array = view(cell - index, BLOCK);
    blocks.set(number, array);
  }
  return { array, index };
}
