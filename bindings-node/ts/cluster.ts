/** The exchange of metrics between the processes of a cluster. */

import cluster, { type Worker } from 'node:cluster';

const REQUEST = 'metrion:getMetrics';
const ANSWER = 'metrion:metrics';
const TIMEOUT_MS = 5000;

/** Why a worker gives no answer. */
export const IS_SHARED = 'a shared registry is read by whoever asks, and not sent by its workers';

interface Message {
  type: string;
  requestId: number;
  lists?: unknown[];
  error?: string;
}

interface Pending {
  missing: Set<number>;
  lists: unknown[];
  resolve(lists: unknown[]): void;
  reject(error: Error): void;
}

const pending = new Map<number, Pending>();
let requests = 0;
let isListening = false;

/** Lets a worker answer, and the primary hear the answers. May be called more than once. */
export function listen(answer: () => Promise<unknown[]>): void {
  if (isListening) {
    return;
  }
  isListening = true;
  if (cluster.isPrimary) {
    cluster.on('message', hear);
    cluster.on('disconnect', (worker) => pending.forEach((own, id) => ended(own, id, worker.id)));
    return;
  }
  process.on('message', (message: Message) => {
    if (message?.type !== REQUEST) {
      return;
    }
    const { requestId } = message;
    answer().then(
      (lists) => process.send?.({ type: ANSWER, requestId, lists }),
      (error: Error) => process.send?.({ type: ANSWER, requestId, error: error.message }),
    );
  });
}

/** The metrics of all workers, a list for each of their registries. */
export function askWorkers(): Promise<unknown[]> {
  const workers = Object.values(cluster.workers ?? {}).filter((own): own is Worker => own?.isConnected() ?? false);
  if (workers.length === 0) {
    return Promise.resolve([]);
  }
  const requestId = requests++;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(requestId)?.reject(new Error('Operation timed out.')), TIMEOUT_MS);
    const own: Pending = {
      missing: new Set(workers.map((worker) => worker.id)),
      lists: [],
      resolve: (lists) => {
        clearTimeout(timer);
        resolve(lists);
      },
      reject: (error) => {
        clearTimeout(timer);
        reject(error);
      },
    };
    pending.set(requestId, own);
    workers.forEach((worker) => worker.send({ type: REQUEST, requestId }));
  });
}

function settle(requestId: number): Pending | undefined {
  const own = pending.get(requestId);
  pending.delete(requestId);
  return own;
}

function hear(worker: Worker, message: Message): void {
  const own = message?.type === ANSWER ? pending.get(message.requestId) : undefined;
  if (own === undefined) {
    return;
  }
  if (message.error !== undefined) {
    settle(message.requestId)?.reject(new Error(message.error));
    return;
  }
  own.lists.push(...(message.lists ?? []));
  ended(own, message.requestId, worker.id);
}

/** A worker that has answered, or is gone. */
function ended(own: Pending, requestId: number, worker: number): void {
  own.missing.delete(worker);
  if (own.missing.size === 0) {
    settle(requestId)?.resolve(own.lists);
  }
}
