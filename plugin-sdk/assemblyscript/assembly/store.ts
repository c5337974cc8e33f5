import { Bytes } from "./bytes";
import { ServiceCall } from "./callout";
import { Decoder, Encoder } from "./codec";
import { Status } from "./types";

function withTtl(encoder: Encoder, ttlMillis: u64): Encoder {
  return ttlMillis == 0 ? encoder.u8(0) : encoder.u8(1).u64(ttlMillis);
}

/** Reads a value (ABI.md, Store; needs the grant `store`). Extend it, as `TokenCount`. */
export abstract class StoreGet extends ServiceCall {
  /** Takes the value and its version; null and 0 when there is none. */
  abstract onEntry(status: Status, value: Bytes | null, version: u64): void;

  get(key: string): Status {
    return this.send("sluice.store.get", new Encoder().string(key));
  }

  onResult(status: Status, result: Decoder): void {
    if (status == Status.Ok && result.u8() == 1) this.onEntry(status, result.blob(), result.u64());
    else this.onEntry(status, null, 0);
  }
}

/** Writes a value. */
export abstract class StoreSet extends ServiceCall {
  /** Takes the new version; `CasMismatch` when the value has another version than the one it was to have. */
  abstract onStored(status: Status, version: u64): void;

  /** @param ttlMillis how long it is kept; 0 for as long as there is room */
  set(key: string, value: Bytes, ttlMillis: u64 = 0): Status {
    return this.send("sluice.store.set", withTtl(new Encoder().string(key).blob(value), ttlMillis));
  }

  /** Writes the value if it has a version still; version 0 if it is not there. */
  compareAndSet(key: string, value: Bytes, version: u64, ttlMillis: u64 = 0): Status {
    return this.send("sluice.store.compareAndSet", withTtl(new Encoder().string(key).blob(value).u64(version), ttlMillis));
  }

  onResult(status: Status, result: Decoder): void {
    this.onStored(status, status == Status.Ok ? result.u64() : 0);
  }
}

/** Deletes a value or frees a lock. */
export abstract class StoreDelete extends ServiceCall {
  /** Takes whether it was there. */
  abstract onDeleted(status: Status, deleted: bool): void;

  delete(key: string): Status {
    return this.send("sluice.store.delete", new Encoder().string(key));
  }

  /** Frees a lock that is still held with a fence. */
  unlock(key: string, fence: u64): Status {
    return this.send("sluice.store.unlock", new Encoder().string(key).u64(fence));
  }

  onResult(status: Status, result: Decoder): void {
    this.onDeleted(status, status == Status.Ok && result.u8() == 1);
  }
}

/** Takes a lock that frees itself after a time. */
export abstract class StoreLock extends ServiceCall {
  /** Takes the fence, higher for each later holder; 0 while another holds the lock. */
  abstract onLocked(status: Status, fence: u64): void;

  lock(key: string, expiryMillis: u64): Status {
    return this.send("sluice.store.lock", new Encoder().string(key).u64(expiryMillis));
  }

  onResult(status: Status, result: Decoder): void {
    this.onLocked(status, status == Status.Ok && result.u8() == 1 ? result.u64() : 0);
  }
}
