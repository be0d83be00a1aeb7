/** Metrics of a browser's page, and the way out of it. */

export { collectBrowserMetrics, type BrowserMetrics, type BrowserMetricsConfig } from './collect';
export type { FetchOptions } from './fetch_timing';
export { Pusher, type PusherStats } from './pusher';
export type { Dropped, PusherOptions } from './pusher_options';
