// Generated from bindings-node/ts by make generate: change it there.

/** Checks that bytes are an exposition. */
export declare function checkExposition(data: Uint8Array | string, format?: 'text' | 'openmetrics'): void;

/** A clock that shows what a test sets, in seconds since the Unix epoch: the `clock` of a registry. */
export declare const ManualClock: new (seconds: number) => NativeClock;

declare interface NativeClock {
    advance(seconds: number): void;
}

export { }
