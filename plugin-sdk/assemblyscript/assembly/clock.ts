import { proxy_get_current_time_nanoseconds } from "./abi";
import { outFirst, outU64 } from "./host";

/** Returns the time of day in nanoseconds since 1970. */
export function nowNanos(): u64 {
  proxy_get_current_time_nanoseconds(outFirst());
  return outU64();
}

/** Returns the time of day in milliseconds since 1970. */
export function nowMillis(): u64 {
  return nowNanos() / 1_000_000;
}
