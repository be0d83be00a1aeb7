/** The one place where an error of the native module becomes one of this package. */

/** Stable codes, the same in every language that Metrion is bound to. */
export type ErrorCode =
  | 'metric_exists'
  | 'label_mismatch'
  | 'invalid_label_value'
  | 'invalid_name'
  | 'reserved_name'
  | 'invalid_value'
  | 'invalid_buckets'
  | 'invalid_objectives'
  | 'invalid_exemplar'
  | 'parse_error'
  | 'limit_reached'
  | 'not_found'
  | 'unsupported'
  | 'address_in_use'
  | 'damaged'
  | 'other_version'
  | 'io';

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'metric_exists',
  'label_mismatch',
  'invalid_label_value',
  'invalid_name',
  'reserved_name',
  'invalid_value',
  'invalid_buckets',
  'invalid_objectives',
  'invalid_exemplar',
  'parse_error',
  'limit_reached',
  'not_found',
  'unsupported',
  'address_in_use',
  'damaged',
  'other_version',
  'io',
]);

/** Every error of this package. `code` says what was wrong, and stays the same when messages change. */
export class MetrionError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetrionError';
    this.code = code;
  }
}

/** Calls the native module, and makes its errors those of this package. */
export function crossing<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw translated(error);
  }
}

function translated(error: unknown): unknown {
  // The native module's errors may be of another realm than this code, in tests for instance.
  if (Object.prototype.toString.call(error) !== '[object Error]') {
    return error;
  }
  const { code, message } = error as { code?: unknown; message: string };
  if (typeof code !== 'string') {
    return error;
  }
  // Any other code is of a value that could not be converted.
  return new MetrionError(CODES.has(code) ? (code as ErrorCode) : 'invalid_value', message);
}

/** What a value is, for a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value);
  }
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A text that has a form in UTF-8. */
export function checkText(value: unknown, code: ErrorCode, what: string): string {
  if (typeof value !== 'string') {
    throw new MetrionError(code, `${what} must be a string, not ${shown(value)}`);
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new MetrionError(code, `${what} has a lone surrogate: ${JSON.stringify(value)}`);
  }
  return value;
}
