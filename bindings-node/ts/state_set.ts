import { MetrionError, crossing, shown } from './errors';
import type { Labels } from './labels';
import { Metric, curried, type MetricConfig } from './metric';
import type { NativeChild, NativeFamily } from './native_module';

/** What a state set is made with. */
export interface StateSetConfig<N extends readonly string[]> extends MetricConfig<N> {
  /** The states, 1 to 53; the first one holds at the start. */
  states: readonly string[];
}

/** One series of a state set. */
export class StateSetChild {
  /** @internal */
  constructor(private readonly native: NativeChild) {}

  /** Makes one state hold and no other. */
  state(state: string): void {
    if (typeof state !== 'string') {
      throw new MetrionError('invalid_value', `a state is a string, not ${shown(state)}`);
    }
    crossing(() => this.native.setState(state));
  }

  /** The states that hold. */
  value(): string[] {
    return this.native.read().states;
  }
}

/** Which of some named states holds. */
export class StateSet<const N extends readonly string[] = readonly []> extends Metric<N, StateSetChild> {
  constructor(config: StateSetConfig<N>);
  /** @internal */
  constructor(config: StateSetConfig<N>, parent?: StateSet<N>, family?: NativeFamily);
  constructor(config: StateSetConfig<N>, parent?: StateSet<N>, family?: NativeFamily) {
    super(config, 'stateset', { states: [...(config.states ?? [])] }, parent, family);
  }

  protected override wrap(child: NativeChild): StateSetChild {
    return new StateSetChild(child);
  }

  /** Makes one state hold and no other. */
  state(state: string): void {
    this.only().state(state);
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): StateSet<readonly string[]> {
    const config = { name: this.name, help: this.help, states: [] };
    return new StateSet<readonly string[]>(
      config,
      this as unknown as StateSet<readonly string[]>,
      curried(this, labels),
    );
  }
}
