/** The metric families of HTTP requests: names, help texts, labels and bounds, the same in every language. */

import type { CounterChild } from '../counter';
import { Counter } from '../counter';
import { Gauge, type GaugeChild } from '../gauge';
import { Histogram, type HistogramChild } from '../histogram';
import { register, type Registry } from '../registry';

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** The route of a request that no route matches. */
export const UNMATCHED = 'unmatched';

/** Clients choose the method, so a label takes only those that a standard knows (RFC 9110, 5789). */
const KNOWN_METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);
const OTHER_METHOD = 'OTHER';

/** Not a status that anybody sends: nginx writes it to its log when the client did not wait. */
export const CLIENT_CLOSED_REQUEST = '499';

/** How requests are counted. */
export interface HttpOptions {
  /** Where the metrics are: `register` by default. */
  registry?: Registry;
  /** Where they are served; `/metrics` by default, and nowhere when it is `false`. */
  path?: string | false;
  /** The bounds of the duration, in seconds. */
  buckets?: readonly number[];
  /** The bounds of the sizes, in bytes. */
  sizeBuckets?: readonly number[];
  /** What the names begin with. */
  namespace?: string;
  /** The series limit of each metric. */
  maxSeries?: number;
}

/** The metric families of HTTP requests in one registry; applications may share one. */
export class HttpFamilies {
  readonly inFlight: Gauge<readonly ['method', 'route']>;
  readonly requests: Counter<readonly ['method', 'route', 'status']>;
  readonly duration: Histogram<readonly ['method', 'route', 'status']>;
  readonly requestSize: Histogram<readonly ['method', 'route', 'status']>;
  readonly responseSize: Histogram<readonly ['method', 'route', 'status']>;

  constructor(options: HttpOptions) {
    const { namespace, maxSeries } = options;
    const common = { registers: [options.registry ?? register], namespace, maxSeries };
    const ended = { ...common, labelNames: ['method', 'route', 'status'] as const };
    const sizeBuckets = options.sizeBuckets ?? SIZE_BUCKETS;
    this.inFlight = new Gauge({
      ...common,
      name: 'http_requests_in_flight',
      help: 'HTTP requests being handled.',
      labelNames: ['method', 'route'],
      mode: 'up_down',
    });
    this.requests = new Counter({ ...ended, name: 'http_requests_total', help: 'HTTP requests handled.' });
    this.duration = new Histogram({
      ...ended,
      name: 'http_request_duration_seconds',
      help: "Time from the request's arrival to the last byte of its response.",
      buckets: options.buckets ?? DURATION_BUCKETS,
    });
    this.requestSize = new Histogram({
      ...ended,
      name: 'http_request_size_bytes',
      help: 'Bytes of request body that the application read.',
      buckets: sizeBuckets,
    });
    this.responseSize = new Histogram({
      ...ended,
      name: 'http_response_size_bytes',
      help: 'Bytes of response body that were sent.',
      buckets: sizeBuckets,
    });
  }

  /** The value of the label `method`. */
  method(method: string | undefined): string {
    return method !== undefined && KNOWN_METHODS.has(method) ? method : OTHER_METHOD;
  }

  /** The gauge of requests of this kind. */
  flight(method: string, route: string): GaugeChild {
    return this.inFlight.labels(method, route);
  }

  /** Counts a request that has ended. */
  observe(method: string, route: string, status: string, ended: Ended): void {
    const count: CounterChild = this.requests.labels(method, route, status);
    const duration: HistogramChild = this.duration.labels(method, route, status);
    count.inc();
    duration.observe(ended.seconds);
    this.requestSize.labels(method, route, status).observe(ended.received);
    this.responseSize.labels(method, route, status).observe(ended.sent);
  }
}

/** What is known of a request when it has ended. */
export interface Ended {
  seconds: number;
  /** Bytes of body that were read. */
  received: number;
  /** Bytes of body that were sent. */
  sent: number;
}
