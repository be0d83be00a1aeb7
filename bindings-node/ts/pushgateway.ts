/** Pushing to a Pushgateway. */

// Without `node:`, so that a program's tests can replace them: jest 29 takes `node:http` for another module.
import * as http from 'http';
import * as https from 'https';
import { urlToHttpOptions } from 'node:url';
import { gzipSync } from 'node:zlib';

import { MetrionError } from './errors';

/** What is pushed: a registry. */
export interface Pushed {
  metrics(): Promise<string>;
}

/** Which group of metrics it is. */
export interface PushParameters {
  jobName?: string;
  /** Further labels of the group. */
  groupings?: Readonly<Record<string, string>>;
}

/** What goes to `http.request`, and whether a push needs a job's name: it does by default. */
export interface PushgatewayOptions extends http.RequestOptions {
  requireJobName?: boolean;
}

/** The answer of a gateway. */
export interface PushAnswer {
  resp: http.IncomingMessage;
  body: string;
}

/** Pushes metrics of jobs that end before anybody scrapes them. */
export class Pushgateway {
  private readonly requireJobName: boolean;
  private readonly options: http.RequestOptions;

  constructor(
    private readonly url: string,
    options: PushgatewayOptions | undefined | null,
    private readonly registry: Pushed,
  ) {
    const { requireJobName = true, ...rest } = options ?? {};
    this.requireJobName = requireJobName;
    this.options = rest;
  }

  /** Replaces the metrics of the same names in the group. */
  pushAdd(parameters: PushParameters = {}): Promise<PushAnswer> {
    return this.send('POST', parameters);
  }

  /** Replaces the whole group. */
  push(parameters: PushParameters = {}): Promise<PushAnswer> {
    return this.send('PUT', parameters);
  }

  /** Removes the group. */
  delete(parameters: PushParameters = {}): Promise<PushAnswer> {
    return this.send('DELETE', parameters);
  }

  private send(method: string, { jobName, groupings = {} }: PushParameters): Promise<PushAnswer> {
    if (this.requireJobName && !jobName) {
      throw new MetrionError('invalid_value', 'Missing jobName parameter');
    }
    return this.exchange(method, groupUrl(this.url, jobName, groupings));
  }

  private exchange(method: string, url: URL): Promise<PushAnswer> {
    const headers = { ...(this.options.headers as http.OutgoingHttpHeaders | undefined) };
    const compress = headers['Content-Encoding'] === 'gzip';
    if (method === 'DELETE') {
      delete headers['Content-Encoding'];
    }
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new MetrionError('io', `push to ${url.origin} failed: ${error.message}`, { cause: error }));
      const sent = request({ ...urlToHttpOptions(url), ...this.options, headers, method }, (resp) => {
        let answer = '';
        resp.setEncoding('utf8');
        resp.on('data', (chunk: string) => (answer += chunk));
        resp.on('error', fail);
        resp.on('end', () => {
          if ((resp.statusCode ?? 0) >= 400) {
            reject(new MetrionError('io', `push failed with status ${resp.statusCode}, ${answer}`));
          } else {
            resolve({ resp, body: answer });
          }
        });
      });
      sent.on('error', fail);
      sent.on('timeout', () => sent.destroy(new Error('Pushgateway request timed out')));
      if (method === 'DELETE') {
        sent.end();
        return;
      }
      this.registry.metrics().then(
        (text) => sent.end(compress ? gzipSync(text) : text),
        (error: Error) => {
          // What a collector failed with is the caller's to see as it is.
          reject(error);
          sent.destroy();
        },
      );
    });
  }
}

function groupUrl(gateway: string, job: string | undefined, groupings: Readonly<Record<string, string>>): URL {
  const url = new URL(gateway);
  const group = job
    ? Object.entries({ job, ...groupings })
        .flat()
        .map(encodeURIComponent)
    : [];
  url.pathname = [url.pathname.replace(/\/$/, ''), 'metrics', ...group].join('/');
  return url;
}
