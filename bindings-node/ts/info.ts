import { crossing } from './errors';
import { flatLabels, type Labels } from './labels';
import { Metric, curried, type MetricConfig } from './metric';
import type { NativeChild, NativeFamily } from './native_module';

type Texts = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** One series of an info. */
export class InfoChild {
  /** @internal */
  constructor(private readonly native: NativeChild) {}

  /** Says these labels from now on, instead of what it said before. */
  info(labels: Texts): void {
    crossing(() => this.native.setInfo(flatLabels(labels)));
  }

  /** What it says. */
  value(): Record<string, string> {
    const { texts } = this.native.read();
    const pairs = texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1]]] : []));
    return Object.fromEntries(pairs) as Record<string, string>;
  }
}

/** Text that describes the program, as labels with the value 1. */
export class Info<const N extends readonly string[] = readonly []> extends Metric<N, InfoChild> {
  constructor(config: MetricConfig<N>);
  /** @internal */
  constructor(config: MetricConfig<N>, parent?: Info<N>, family?: NativeFamily);
  constructor(config: MetricConfig<N>, parent?: Info<N>, family?: NativeFamily) {
    super(config, 'info', {}, parent, family);
  }

  protected override wrap(child: NativeChild): InfoChild {
    return new InfoChild(child);
  }

  /** Says these labels from now on, instead of what it said before. */
  info(labels: Texts): void {
    this.only().info(labels);
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): Info<readonly string[]> {
    return new Info<readonly string[]>(this, this as unknown as Info<readonly string[]>, curried(this, labels));
  }
}
