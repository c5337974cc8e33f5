import { ServiceCall } from "./callout";
import { Decoder, Encoder } from "./codec";
import { Status } from "./types";

/** Says over which time a limit counts (ABI.md, Counters). */
export abstract class Window {
  /** Writes it; for the SDK. */
  abstract encode(encoder: Encoder): void;
}

/** Counts in a calendar unit (second, minute, hour, day, week, month) of a time zone such as `Europe/Berlin`. */
export class FixedWindow extends Window {
  constructor(private unit: string, private zone: string = "UTC") {
    super();
  }

  encode(encoder: Encoder): void {
    encoder.u8(0).string(this.unit).string(this.zone);
  }
}

/** Counts in the last so many milliseconds. */
export class SlidingWindow extends Window {
  constructor(private lengthMillis: u64) {
    super();
  }

  encode(encoder: Encoder): void {
    encoder.u8(1).u64(this.lengthMillis);
  }
}

/** Refills at a rate, up to the limit's amount. */
export class TokenBucket extends Window {
  constructor(private perSecond: f64) {
    super();
  }

  encode(encoder: Encoder): void {
    encoder.u8(2).f64(this.perSecond);
  }
}

/** Counts open reservations; a slot frees itself after a time. */
export class Concurrency extends Window {
  constructor(private expiryMillis: u64) {
    super();
  }

  encode(encoder: Encoder): void {
    encoder.u8(3).u64(this.expiryMillis);
  }
}

/** Is an amount that a key may have in a window. Keys of one call share what stands in their first braces. */
export class Limit {
  constructor(readonly key: string, readonly amount: u64, readonly window: Window) {}
}

/** Is what a limit has left: negative is debt. The time is in milliseconds since 1970. */
export class Left {
  constructor(readonly remaining: i64, readonly resetsAtMillis: u64) {}
}

function withLimits(limits: Array<Limit>): Encoder {
  const encoder = new Encoder().u32(limits.length);
  for (let i = 0; i < limits.length; i++) {
    encoder.string(limits[i].key).u64(limits[i].amount);
    limits[i].window.encode(encoder);
  }
  return encoder;
}

function lefts(result: Decoder): Array<Left> {
  const left: Array<Left> = [];
  const count = <i32>result.u32();
  for (let i = 0; i < count && !result.broken; i++) left.push(new Left(<i64>result.u64(), result.u64()));
  return left;
}

/** Counts, settles, releases or looks, and takes what is left (needs the grant `counters`). Extend it, as `TokenCount`. */
export abstract class Counting extends ServiceCall {
  /** Takes what each limit has left, in order; none when `status` is not `Ok`. */
  abstract onLeft(status: Status, left: Array<Left>): void;

  /** Counts whatever the limits say. */
  add(limits: Array<Limit>, amount: u64): Status {
    return this.send("sluice.counters.add", withLimits(limits).u64(amount));
  }

  /** Says what a reservation came to. */
  settle(reservation: u64, amount: u64): Status {
    return this.send("sluice.counters.settle", new Encoder().u64(reservation).u64(amount));
  }

  /** Gives a reservation back. */
  release(reservation: u64): Status {
    return this.send("sluice.counters.release", new Encoder().u64(reservation));
  }

  /** Counts nothing. */
  peek(limits: Array<Limit>): Status {
    return this.send("sluice.counters.peek", withLimits(limits));
  }

  onResult(status: Status, result: Decoder): void {
    this.onLeft(status, status == Status.Ok ? lefts(result) : []);
  }
}

/** Reserves an amount before it is known how much will be used (needs the grant `counters`). */
export abstract class Reservation extends ServiceCall {
  /** Takes the answer; `reservation` is 0 when it was not granted. */
  abstract onReserved(status: Status, granted: bool, reservation: u64, left: Array<Left>): void;

  /** Takes an amount of all limits or of none. */
  reserve(limits: Array<Limit>, amount: u64, expiryMillis: u64): Status {
    return this.send("sluice.counters.reserve", withLimits(limits).u64(amount).u64(expiryMillis));
  }

  onResult(status: Status, result: Decoder): void {
    if (status == Status.Ok) this.onReserved(status, result.u8() == 1, result.u64(), lefts(result));
    else this.onReserved(status, false, 0, []);
  }
}
