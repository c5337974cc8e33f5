// How values cross to the host and back. Arguments are encoded into buffers that are used again for each call, answers
// are written by the host straight into the buffer that wants them, so that a header call allocates nothing.
import { Bytes } from "./bytes";
import { Status } from "./types";

/** Bytes of scratch memory kept between calls. */
const KEEP = 16 * 1024;

/** Out-parameters of host functions: a 64-bit value, or two 32-bit ones. */
// @ts-ignore: decorator
@lazy const out: usize = memory.data(16, 8);

const first: Bytes = new Bytes(256);
const second: Bytes = new Bytes(1024);
const third: Bytes = new Bytes(64);
const answer: Bytes = new Bytes(1024);
let sink: Bytes = answer;

/** Gives the host memory for its answer. */
export function proxy_on_memory_allocate(size: usize): usize {
  return sink.reserve(<i32>size);
}

/** Encodes the first argument of a call. */
export function encodeFirst(text: string): Bytes {
  return first.clear(KEEP).append(text);
}

/** Encodes the second argument of a call. */
export function encodeSecond(text: string): Bytes {
  return second.clear(KEEP).append(text);
}

/** Encodes the third argument of a call. */
export function encodeThird(text: string): Bytes {
  return third.clear(KEEP).append(text);
}

/** Address of the out-parameter for a pointer, or for a number. */
// @ts-ignore: decorator
@inline export function outFirst(): usize {
  return out;
}

/** Address of the out-parameter for a size. */
// @ts-ignore: decorator
@inline export function outSecond(): usize {
  return out + 4;
}

// @ts-ignore: decorator
@inline export function outU32(): u32 {
  return load<u32>(out);
}

// @ts-ignore: decorator
@inline export function outU64(): u64 {
  return load<u64>(out);
}

/** Directs the answer of the next call into `target`, behind what it holds. */
export function receiveInto(target: Bytes): Bytes {
  store<u64>(out, 0);
  sink = target;
  return target;
}

/** Directs the answer of the next call into scratch memory that lasts until the call after it. */
export function receive(): Bytes {
  return receiveInto(answer.clear(KEEP));
}

/** Takes over the answer after the call; returns whether there is one. */
export function received(status: u32): bool {
  const target = sink;
  sink = answer;
  if (status != Status.Ok) return false;
  const ptr = <usize>load<u32>(out);
  const size = load<i32>(out, 4);
  if (size > 0) {
    const end = target.ptr + target.length;
    if (ptr == end) target.length += size;
    else target.appendRaw(ptr, size);
  }
  return true;
}
