/** What all browser metrics have in common. */

import type { Registry } from '../index';

/** What every metric of the browser is made with, and how it stays out of the page's way. */
export class Settings {
  constructor(
    private readonly registry: Registry,
    private readonly prefix: string,
    private readonly labels: Readonly<Record<string, string>>,
  ) {}

  /** The options of the metric with this name. */
  of(name: string, help: string) {
    return { name: this.prefix + name, help, registers: [this.registry], constantLabels: this.labels };
  }

  /** Listens to the window, where there is one; gives the function that ends it. */
  listen(event: string, heard: () => void): () => void {
    if (typeof globalThis.addEventListener !== 'function') {
      return () => {};
    }
    const quiet = (): void => this.quietly(heard);
    globalThis.addEventListener(event, quiet);
    return () => globalThis.removeEventListener(event, quiet);
  }

  /** Measuring a page must not break it. */
  quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!this.told) {
        this.told = true;
        console.warn(`metrion: a browser metric could not be updated: ${String(error)}`);
      }
    }
  }

  private told = false;
}
