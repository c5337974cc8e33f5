import { Bytes } from "./bytes";

/** Writes the arguments of a host service call (ABI.md, Encoding). */
export class Encoder {
  readonly bytes: Bytes = new Bytes(256);

  constructor() {
    this.bytes.appendByte(1);
  }

  u8(value: u8): Encoder {
    this.bytes.appendByte(value);
    return this;
  }

  u32(value: u32): Encoder {
    store<u32>(this.bytes.reserve(4), value);
    this.bytes.length += 4;
    return this;
  }

  u64(value: u64): Encoder {
    store<u64>(this.bytes.reserve(8), value);
    this.bytes.length += 8;
    return this;
  }

  f64(value: f64): Encoder {
    return this.u64(reinterpret<u64>(value));
  }

  string(value: string): Encoder {
    const at = this.bytes.length;
    this.u32(0);
    this.bytes.append(value);
    store<u32>(this.bytes.ptr + at, this.bytes.length - at - 4);
    return this;
  }

  /** Writes a vector: four bytes for each number. */
  floats(value: StaticArray<f32>): Encoder {
    const size = value.length << 2;
    this.u32(size);
    memory.copy(this.bytes.reserve(size), changetype<usize>(value), size);
    this.bytes.length += size;
    return this;
  }

  blob(value: Bytes, from: i32 = 0, to: i32 = i32.MAX_VALUE): Encoder {
    const end = min(to, value.length);
    this.u32(max(0, end - from));
    this.bytes.appendBytes(value, from, end);
    return this;
  }
}

/** Reads the answer of a host service call. Reading past the end gives zeros and sets `broken`. */
export class Decoder {
  private at: i32 = 0;
  /** Whether the answer was shorter than what was read of it, or of another version. */
  broken: bool = false;

  constructor(readonly bytes: Bytes) {
    if (this.u8() != 1) this.broken = true;
  }

  u8(): u8 {
    const from = this.take(1);
    return from < 0 ? 0 : this.bytes[from];
  }

  u32(): u32 {
    const from = this.take(4);
    return from < 0 ? 0 : load<u32>(this.bytes.ptr + from);
  }

  u64(): u64 {
    const from = this.take(8);
    return from < 0 ? 0 : load<u64>(this.bytes.ptr + from);
  }

  f64(): f64 {
    return reinterpret<f64>(this.u64());
  }

  string(): string {
    const size = <i32>this.u32();
    const from = this.take(size);
    return from < 0 ? "" : this.bytes.toString(from, from + size);
  }

  blob(): Bytes {
    const size = <i32>this.u32();
    const from = this.take(size);
    const blob = new Bytes(max(0, size));
    return from < 0 ? blob : blob.appendBytes(this.bytes, from, from + size);
  }

  /** Reads a vector: four bytes for each number. */
  floats(): StaticArray<f32> {
    const size = <i32>this.u32();
    const from = this.take(size);
    const value = new StaticArray<f32>(from < 0 ? 0 : size >> 2);
    if (from >= 0) memory.copy(changetype<usize>(value), this.bytes.ptr + from, value.length << 2);
    return value;
  }

  private take(size: i32): i32 {
    if (size < 0 || this.bytes.length - this.at < size) {
      this.broken = true;
      this.at = this.bytes.length;
      return -1;
    }
    const from = this.at;
    this.at += size;
    return from;
  }
}
