/** Label values of JavaScript, and the table that finds a child by them. */

import { MetrionError, checkText, shown } from './errors';
import type { NativeFamily } from './native_module';

/** What a label's value may be: it is shown as `String()` shows it. */
export type LabelValue = string | number | boolean | bigint;

/** The label values of a metric by name. */
export type Labels<N extends readonly string[]> = N['length'] extends 0
  ? Readonly<Record<string, never>>
  : { readonly [name in N[number]]: LabelValue };

/** The label values of a metric by place. */
export type LabelTuple<N extends readonly string[]> = { [place in keyof N]: LabelValue };

/** The text of a label's value. */
export function labelText(value: unknown, name: string): string {
  switch (typeof value) {
    case 'string':
      return checkText(value, 'invalid_label_value', `the value of the label ${name}`);
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      throw new MetrionError(
        'invalid_label_value',
        `the value of the label ${name} must be a string or a number, not ${shown(value)}`,
      );
  }
}

/** Names and values in turn, as the native module takes pairs; pairs may also come as a list. */
export function flatLabels(labels: Readonly<Record<string, unknown>> | Iterable<readonly [string, unknown]>): string[] {
  const pairs = Symbol.iterator in labels ? [...labels] : Object.entries(labels);
  return pairs.flatMap(([name, value]) => [checkText(name, 'invalid_name', 'a label name'), labelText(value, name)]);
}

type Node<C> = Level<C> | C;
type Level<C> = Map<unknown, Node<C>>;

/**
 * The children of a family by their label values: a map of maps, a level for each label.
 *
 * It never hands out a child of before a removal: every removal, in whatever thread, changes the
 * family's generation, which is a word of shared memory.
 */
export class LabelTable<C> {
  /** Nothing for a metric without labels, whose one child is not in a table. */
  private root: Node<C> | undefined;
  private seen: number;
  private generation: Uint32Array | null;

  constructor(
    private readonly names: readonly string[],
    private readonly family: Pick<NativeFamily, 'generation'>,
  ) {
    this.generation = family.generation();
    this.seen = this.generation === null ? 0 : this.generation[0];
    this.root = this.empty();
  }

  /** The child of these values if it is in the table. */
  find(values: readonly unknown[]): C | undefined {
    if (this.isStale() || values.length !== this.names.length) {
      return undefined;
    }
    // Without a loop the optimizing compiler needs no array of the values.
    const root = this.root as Level<C>;
    switch (values.length) {
      case 1:
        return root.get(values[0]) as C | undefined;
      case 2:
        return (root.get(values[0]) as Level<C> | undefined)?.get(values[1]) as C | undefined;
      case 3: {
        const second = (root.get(values[0]) as Level<C> | undefined)?.get(values[1]) as Level<C> | undefined;
        return second?.get(values[2]) as C | undefined;
      }
      default:
        return this.findDeep(values);
    }
  }

  private findDeep(values: readonly unknown[]): C | undefined {
    let node = this.root;
    for (let i = 0; i < values.length; i++) {
      node = (node as Level<C> | undefined)?.get(values[i]);
    }
    return node as C | undefined;
  }

  /** The child of values by name, if it is in the table and no other names are there. */
  findByName(labels: Readonly<Record<string, unknown>>): C | undefined {
    if (this.isStale()) {
      return undefined;
    }
    const names = this.names;
    let extra = -names.length;
    for (const _name in labels) {
      extra++;
    }
    if (extra !== 0) {
      return undefined;
    }
    let node = this.root;
    for (let i = 0; i < names.length && node !== undefined; i++) {
      node = (node as Level<C>).get(labels[names[i]]);
    }
    return node as C | undefined;
  }

  /** The family's generation now: take it before a child is looked up in the core, for `insert`. */
  stamp(): number {
    this.isStale();
    return this.generation === null ? -1 : this.seen;
  }

  /**
   * Keeps a child under values as they were given: 200 and "200" are two keys of one child. It is not
   * kept when something was removed since the stamp, as that may have been this child.
   */
  insert(values: readonly unknown[], child: C, stamp: number): void {
    if (this.isStale() || this.seen !== stamp) {
      return;
    }
    let node = this.root as Level<C>;
    const last = values.length - 1;
    for (let i = 0; i < last; i++) {
      let next = node.get(values[i]) as Level<C> | undefined;
      if (next === undefined) {
        next = new Map();
        node.set(values[i], next);
      }
      node = next;
    }
    node.set(values[last], child);
  }

  private empty(): Node<C> | undefined {
    return this.names.length === 0 ? undefined : (new Map() as Level<C>);
  }

  /** Forgets everything if something was removed; whether the table is of no use. */
  private isStale(): boolean {
    if (this.generation === null) {
      return true;
    }
    return this.generation[0] !== this.seen && this.renew();
  }

  /** The rare part of `isStale`. WebAssembly's memory detaches its arrays when it grows. */
  private renew(): boolean {
    if (this.generation?.length === 0) {
      this.generation = this.family.generation();
    }
    if (this.generation === null) {
      return true;
    }
    if (this.generation[0] !== this.seen) {
      this.root = this.empty();
      this.seen = this.generation[0];
    }
    return false;
  }
}
