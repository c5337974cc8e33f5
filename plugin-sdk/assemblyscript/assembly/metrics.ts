import { proxy_define_metric, proxy_get_metric, proxy_increment_metric, proxy_record_metric } from "./abi";
import { encodeFirst, outFirst, outU32, outU64 } from "./host";
import { Status } from "./types";

function define(type: u32, name: string): u32 {
  const bytes = encodeFirst(name);
  const status = proxy_define_metric(type, bytes.ptr, bytes.length, outFirst());
  assert(status == Status.Ok, "the host refused the metric " + name);
  return outU32();
}

/** Counts upwards. Define metrics once, in `onConfigure`. */
export class Counter {
  private id: u32;

  constructor(name: string) {
    this.id = define(0, name);
  }

  increment(by: i64 = 1): void {
    proxy_increment_metric(this.id, by);
  }

  get value(): u64 {
    return proxy_get_metric(this.id, outFirst()) == Status.Ok ? outU64() : 0;
  }
}

/** Holds a value that goes up and down. */
export class Gauge {
  private id: u32;

  constructor(name: string) {
    this.id = define(1, name);
  }

  set(value: u64): void {
    proxy_record_metric(this.id, value);
  }

  add(by: i64): void {
    proxy_increment_metric(this.id, by);
  }

  get value(): u64 {
    return proxy_get_metric(this.id, outFirst()) == Status.Ok ? outU64() : 0;
  }
}

/** Shows how values are distributed. */
export class Histogram {
  private id: u32;

  constructor(name: string) {
    this.id = define(2, name);
  }

  record(value: u64): void {
    proxy_record_metric(this.id, value);
  }
}
