/** Holds bytes in a buffer that grows, and is made to be reused: `clear` keeps the memory. */
export class Bytes {
  private buffer: ArrayBuffer;
  /** Number of bytes held. */
  length: i32 = 0;

  constructor(capacity: i32 = 64) {
    this.buffer = allocate(capacity);
  }

  /** Returns the UTF-8 bytes of a text. */
  static of(text: string): Bytes {
    const bytes = new Bytes(String.UTF8.byteLength(text));
    bytes.append(text);
    return bytes;
  }

  /** Address of the first byte; good until the next call that adds bytes. */
  @inline get ptr(): usize {
    return changetype<usize>(this.buffer);
  }

  @inline get capacity(): i32 {
    return this.buffer.byteLength;
  }

  /** Forgets the content. Memory beyond `keep` bytes is given back. */
  clear(keep: i32 = i32.MAX_VALUE): Bytes {
    this.length = 0;
    if (this.capacity > keep) this.buffer = allocate(keep);
    return this;
  }

  /** Makes room for `extra` more bytes and returns the address where they belong; add them to `length` yourself. */
  reserve(extra: i32): usize {
    const wanted = this.length + extra;
    if (wanted > this.capacity || wanted < 0) this.grow(wanted);
    return this.ptr + this.length;
  }

  private grow(wanted: i32): void {
    assert(wanted >= 0, "more than 2 GiB in one buffer");
    const bigger = allocate(max(wanted, this.capacity * 2));
    memory.copy(changetype<usize>(bigger), this.ptr, this.length);
    this.buffer = bigger;
  }

  /** Adds the UTF-8 bytes of a text; an unpaired surrogate becomes three bytes (WTF-8). */
  append(text: string): Bytes {
    const to = this.reserve(text.length * 3);
    this.length += <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, to);
    return this;
  }

  @inline appendByte(value: u8): Bytes {
    if (this.length == this.capacity) this.grow(this.length + 1);
    store<u8>(this.ptr + this.length, value);
    this.length++;
    return this;
  }

  /** Adds `bytes[start, end)`. */
  appendBytes(bytes: Bytes, start: i32 = 0, end: i32 = i32.MAX_VALUE): Bytes {
    const to = min(end, bytes.length);
    return start < to ? this.appendRaw(bytes.ptr + start, to - start) : this;
  }

  appendRaw(from: usize, size: i32): Bytes {
    // from may lie in this very buffer: one that was outgrown stays until the next collection, after the callback.
    memory.copy(this.reserve(size), from, size);
    this.length += size;
    return this;
  }

  appendBuffer(buffer: ArrayBuffer): Bytes {
    return this.appendRaw(changetype<usize>(buffer), buffer.byteLength);
  }

  /** Adds a code point as UTF-8; a surrogate becomes three bytes (WTF-8). */
  appendCodePoint(c: i32): Bytes {
    if (c < 0x80) return this.appendByte(<u8>c);
    const to = this.reserve(4);
    if (c < 0x800) {
      store<u8>(to, 0xc0 | (c >> 6));
      store<u8>(to, 0x80 | (c & 0x3f), 1);
      this.length += 2;
    } else if (c < 0x10000) {
      store<u8>(to, 0xe0 | (c >> 12));
      store<u8>(to, 0x80 | ((c >> 6) & 0x3f), 1);
      store<u8>(to, 0x80 | (c & 0x3f), 2);
      this.length += 3;
    } else {
      store<u8>(to, 0xf0 | (c >> 18));
      store<u8>(to, 0x80 | ((c >> 12) & 0x3f), 1);
      store<u8>(to, 0x80 | ((c >> 6) & 0x3f), 2);
      store<u8>(to, 0x80 | (c & 0x3f), 3);
      this.length += 4;
    }
    return this;
  }

  @inline @operator("[]") get(index: i32): u8 {
    if (<u32>index >= <u32>this.length) outside(index, this.length);
    return load<u8>(this.ptr + index);
  }

  @inline @operator("[]=") set(index: i32, value: u8): void {
    if (<u32>index >= <u32>this.length) outside(index, this.length);
    store<u8>(this.ptr + index, value);
  }

  /** Removes the first `count` bytes and moves the rest to the front. */
  discard(count: i32): void {
    const rest = this.length - count;
    if (rest > 0) memory.copy(this.ptr, this.ptr + count, rest);
    this.length = max(rest, 0);
  }

  /** Returns the first offset of `value` at or after `from`, or -1. */
  indexOf(value: u8, from: i32 = 0): i32 {
    const base = this.ptr;
    for (let i = from; i < this.length; i++) {
      if (load<u8>(base + i) == value) return i;
    }
    return -1;
  }

  /** Returns whether `[start, end)` holds the bytes of an ASCII text. */
  equals(text: string, start: i32 = 0, end: i32 = i32.MAX_VALUE): bool {
    const to = min(end, this.length);
    if (to - start != text.length) return false;
    const base = this.ptr + start;
    for (let i = 0; i < text.length; i++) {
      if (load<u8>(base + i) != <u8>text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Likewise, without regard to the case of A to Z; `text` is in lower case. */
  equalsIgnoreCase(text: string, start: i32 = 0, end: i32 = i32.MAX_VALUE): bool {
    const to = min(end, this.length);
    if (to - start != text.length) return false;
    const base = this.ptr + start;
    for (let i = 0; i < text.length; i++) {
      let c = load<u8>(base + i);
      if (c >= 0x41 && c <= 0x5a) c |= 0x20;
      if (c != <u8>text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Returns `[start, end)` as a text. */
  toString(start: i32 = 0, end: i32 = i32.MAX_VALUE): string {
    const to = min(end, this.length);
    return start < to ? String.UTF8.decodeUnsafe(this.ptr + start, to - start) : "";
  }
}

function allocate(size: i32): ArrayBuffer {
  return changetype<ArrayBuffer>(__new(max(size, 16), idof<ArrayBuffer>()));
}

function outside(index: i32, length: i32): void {
  throw new RangeError("index " + index.toString() + " (expected: 0.." + (length - 1).toString() + ")");
}
