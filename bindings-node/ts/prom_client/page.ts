/** Pages as prom-client writes them. */

import type { Exemplar } from './metric';
import { isObject, type AnyLabels } from './labels';
import type { Slice } from './slices';
import type { Value } from './values';

export const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A metric that a page shows. */
export interface Shown {
  readonly name?: string;
  readonly help?: string;
  readonly type?: string;
  /** The values of each series, which are read when their turn comes. */
  readonly series: Iterable<readonly Value[]>;
  /** Whether default labels stand before a series' own, as they do for histograms. */
  readonly defaultsFirst?: boolean;
  /** Whether the objects of its labels never change, so that their text may be kept. */
  readonly keepsLabels?: boolean;
}

/** How pages look. It never changes, so that a page is in one style from its beginning to its end. */
export class PageStyle {
  /** The text of labels that a metric shows again and again. */
  private readonly labelTexts = new WeakMap<object, string>();
  private readonly isOpenMetrics: boolean;

  constructor(
    readonly contentType: string,
    readonly defaultLabels: AnyLabels,
  ) {
    this.isOpenMetrics = contentType === OPENMETRICS;
  }

  /** The page of these metrics, written in slices. */
  async page(metrics: readonly Shown[], slice: Slice): Promise<string> {
    const separator = this.isOpenMetrics ? '\n' : '\n\n';
    let page = '';
    for (const [place, metric] of metrics.entries()) {
      page += `${place === 0 ? '' : separator}${await this.metric(metric, slice)}`;
    }
    return this.isOpenMetrics ? `${page}\n# EOF\n` : `${page}\n`;
  }

  /** The lines of one metric. */
  async metric(metric: Shown, slice: Slice): Promise<string> {
    const isCounter = this.isOpenMetrics && metric.type === 'counter';
    const given = escapeText(metric.name ?? '');
    const name = isCounter ? given.replace(/_total$/, '') : given;
    let text = `# HELP ${name} ${escapeText(metric.help ?? '')}\n# TYPE ${name} ${metric.type}`;
    // What is joined is as long as a slice: to join all lines would be one long step.
    let lines: string[] = [''];
    for (const values of metric.series) {
      for (const value of values) {
        const sample = `${value.metricName ?? name}${isCounter ? '_total' : ''}`;
        const exemplar = this.isOpenMetrics ? exemplarText(value.exemplar) : '';
        lines.push(`${sample}${this.labelText(value, metric)} ${numberText(value.value)}${exemplar}`);
        if (slice.isOver()) {
          text += lines.join('\n');
          lines = [''];
          await slice.next();
        }
      }
    }
    return text + lines.join('\n');
  }

  private labelText({ labels = {} }: Value, { keepsLabels, defaultsFirst = false }: Shown): string {
    const known = keepsLabels ? this.labelTexts.get(labels) : undefined;
    if (known !== undefined) {
      return known;
    }
    const text = this.newLabelText(labels, defaultsFirst);
    if (keepsLabels) {
      this.labelTexts.set(labels, text);
    }
    return text;
  }

  private newLabelText(labels: AnyLabels, defaultsFirst: boolean): string {
    const { le, ...own } = labels;
    const defaults = Object.entries(this.defaultLabels).filter(([name]) => !Object.hasOwn(labels, name));
    const pairs = defaultsFirst
      ? [...(le === undefined ? [] : [['le', le]]), ...defaults, ...Object.entries(own)]
      : [...Object.entries(labels), ...defaults];
    return pairs.length === 0 ? '' : `{${pairsOf(pairs as [string, unknown][]).join(',')}}`;
  }
}

function pairsOf(labels: readonly [string, unknown][]): string[] {
  return labels.map(([name, value]) => `${name}="${labelText(value)}"`);
}

function labelText(value: unknown): unknown {
  return typeof value === 'string' ? escapeText(value).replace(/"/g, '\\"') : value;
}

function escapeText(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

/** A number as a page shows it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) {
    return 'Nan';
  }
  return Number.isFinite(value) ? `${value}` : value < 0 ? '-Inf' : '+Inf';
}

function exemplarText(exemplar: Exemplar | null | undefined): string {
  if (!isObject(exemplar)) {
    return '';
  }
  return ` # {${pairsOf(Object.entries(exemplar.labelSet)).join(',')}} ${numberText(exemplar.value)} ${exemplar.timestamp}`;
}
