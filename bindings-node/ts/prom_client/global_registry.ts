/** `register`: of this process, or, when `METRION_SHARED` says so, of all that share it. */

import { register as core, type ContentType } from '../registry';
import { OPENMETRICS, PageStyle } from './page';
import { Registry, pageOf, type Source } from './registry';
import type { MetricObject } from './values';

/**
 * The registry of all processes that share the core's. Its page is the core's, as any language writes it, and behind
 * it come the metrics of which the numbers are this process's alone.
 */
export class SharedRegistry<T extends string = string> extends Registry<T> {
  private async collected(): Promise<Source[]> {
    const metrics = this.getMetricsAsArray();
    await Promise.all(metrics.filter((own) => own.isShared).map((own) => own.collect?.()));
    return metrics.filter((own) => !own.isShared);
  }

  override metrics(): Promise<string> {
    return this.metricsAs(this.contentType);
  }

  /** The page in another format. */
  async metricsAs(contentType: string): Promise<string> {
    const rest = await this.collected();
    const labels = Object.entries(this.style.defaultLabels).flat().map(String);
    const page = await core.text(contentType as ContentType, labels);
    if (rest.length === 0) {
      return page;
    }
    const end = contentType === OPENMETRICS ? page.lastIndexOf('# EOF') : page.length;
    return page.slice(0, end) + (await pageOf(rest, new PageStyle(contentType, this.style.defaultLabels)));
  }

  override async getMetricsAsJSON(): Promise<Partial<MetricObject>[]> {
    const rest = await this.collected();
    const shared = (await core.getMetricsAsJSON()) as Partial<MetricObject>[];
    return this.withDefaultLabels([...shared, ...(await Promise.all(rest.map((metric) => metric.get())))]);
  }

  override removeSingleMetric(name: string): void {
    if (this.getSingleMetric(name)?.isShared) {
      core.removeSingleMetric(name);
    }
    super.removeSingleMetric(name);
  }

  override clear(): void {
    this.getMetricsAsArray().forEach(({ name }) => this.removeSingleMetric(name as string));
    super.clear();
  }
}

export const globalRegistry: Registry = core.isShared ? new SharedRegistry() : new Registry();
Registry.globalRegistry = globalRegistry;
