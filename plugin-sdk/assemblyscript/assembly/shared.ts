import {
  proxy_dequeue_shared_queue, proxy_enqueue_shared_queue, proxy_get_shared_data, proxy_register_shared_queue,
  proxy_resolve_shared_queue, proxy_set_shared_data,
} from "./abi";
import { Bytes } from "./bytes";
import { encodeFirst, encodeSecond, encodeThird, outFirst, outSecond, outU32, received, receiveInto } from "./host";
import { Status } from "./types";

// @ts-ignore: decorator
@lazy const cas: usize = memory.data(4, 4);

/** Is a value of the shared data, with the number that `sharedData.set` compares. */
export class SharedValue {
  constructor(readonly bytes: Bytes, readonly cas: u32) {}
}

/** Keys and values that all instances of the plugin's VM share. */
export namespace sharedData {
  /** Returns a value, or null. */
  export function get(key: string): SharedValue | null {
    const bytes = new Bytes();
    const encoded = encodeFirst(key);
    receiveInto(bytes);
    if (!received(proxy_get_shared_data(encoded.ptr, encoded.length, outFirst(), outSecond(), cas))) return null;
    return new SharedValue(bytes, load<u32>(cas));
  }

  /**
   * Sets a value. With `expected` (the `cas` of what was read) only when no one changed it since, else
   * `Status.CasMismatch`; 0 sets it in any case.
   */
  export function set(key: string, value: Bytes, expected: u32 = 0): Status {
    const encoded = encodeFirst(key);
    return proxy_set_shared_data(encoded.ptr, encoded.length, value.ptr, value.length, expected);
  }
}

/** A queue that instances of one VM, or of several, share. */
export class SharedQueue {
  private constructor(readonly id: u32) {}

  /** Opens the queue of this VM, whose root context then gets `onQueueReady`. */
  static register(name: string): SharedQueue {
    const bytes = encodeFirst(name);
    assert(proxy_register_shared_queue(bytes.ptr, bytes.length, outFirst()) == Status.Ok, "the host refused the queue " + name);
    return new SharedQueue(outU32());
  }

  /** Returns the queue of another VM, or null. */
  static find(vmId: string, name: string): SharedQueue | null {
    const vm = encodeSecond(vmId), bytes = encodeThird(name);
    const status = proxy_resolve_shared_queue(vm.ptr, vm.length, bytes.ptr, bytes.length, outFirst());
    return status == Status.Ok ? new SharedQueue(outU32()) : null;
  }

  push(item: Bytes): Status {
    return proxy_enqueue_shared_queue(this.id, item.ptr, item.length);
  }

  /** Takes the next item, or null when there is none. */
  take(): Bytes | null {
    const item = new Bytes();
    receiveInto(item);
    return received(proxy_dequeue_shared_queue(this.id, outFirst(), outSecond())) ? item : null;
  }
}
