import {
  proxy_add_header_map_value, proxy_get_header_map_pairs, proxy_get_header_map_value, proxy_remove_header_map_value,
  proxy_replace_header_map_value, proxy_set_header_map_pairs,
} from "./abi";
import { Bytes } from "./bytes";
import { encodeFirst, encodeSecond, outFirst, outSecond, receive, received, receiveInto } from "./host";
import { MapType, Status } from "./types";

/**
 * Reads and changes one header map of the current stream. Names are compared as the host does it, so write them in
 * lower case. Only `get` and `pairs` allocate.
 */
export class Headers {
  constructor(private map: MapType) {}

  /** Returns the value of a header, or null. Of several with one name the host chooses or joins. */
  get(name: string): string | null {
    const value = receive();
    return this.fetch(name) ? value.toString() : null;
  }

  /** Appends the value of a header to `target`; returns whether there is one. */
  read(name: string, target: Bytes): bool {
    receiveInto(target);
    return this.fetch(name);
  }

  has(name: string): bool {
    receive();
    return this.fetch(name);
  }

  /** Returns whether a header has this very value. */
  equals(name: string, value: string): bool {
    const actual = receive();
    return this.fetch(name) && actual.equals(value);
  }

  private fetch(name: string): bool {
    const key = encodeFirst(name);
    return received(proxy_get_header_map_value(this.map, key.ptr, key.length, outFirst(), outSecond()));
  }

  /** Adds a value, besides those that the header has. */
  add(name: string, value: string): Status {
    const key = encodeFirst(name), bytes = encodeSecond(value);
    return proxy_add_header_map_value(this.map, key.ptr, key.length, bytes.ptr, bytes.length);
  }

  /** Adds a value from bytes that were encoded before. */
  addBytes(name: Bytes, value: Bytes): Status {
    return proxy_add_header_map_value(this.map, name.ptr, name.length, value.ptr, value.length);
  }

  /** Replaces all values of a header by one. */
  set(name: string, value: string): Status {
    const key = encodeFirst(name), bytes = encodeSecond(value);
    return proxy_replace_header_map_value(this.map, key.ptr, key.length, bytes.ptr, bytes.length);
  }

  /** Likewise, from bytes that were encoded before. */
  setBytes(name: Bytes, value: Bytes): Status {
    return proxy_replace_header_map_value(this.map, name.ptr, name.length, value.ptr, value.length);
  }

  remove(name: string): Status {
    const key = encodeFirst(name);
    return proxy_remove_header_map_value(this.map, key.ptr, key.length);
  }

  /** Returns a copy of the whole map, in order. */
  pairs(): HeaderList {
    const list = new HeaderList();
    receiveInto(list.raw);
    if (!received(proxy_get_header_map_pairs(this.map, outFirst(), outSecond()))) list.raw.clear();
    list.index();
    return list;
  }

  /** Replaces the whole map, pseudo-headers included. */
  setPairs(list: HeaderList): Status {
    const raw = list.serialized();
    return proxy_set_header_map_pairs(this.map, raw.ptr, raw.length);
  }
}

/** Is a list of header names and values: a copy of a header map, or one of your own. */
export class HeaderList {
  /** The list as the ABI writes it: count, pairs of lengths, then names and values, each with a NUL. */
  raw: Bytes = new Bytes(256);
  private names: Array<string> = [];
  private values: Array<string> = [];

  /** Adds a header; names in lower case. */
  add(name: string, value: string): HeaderList {
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  get length(): i32 {
    return this.names.length;
  }

  name(index: i32): string {
    return this.names[index];
  }

  value(index: i32): string {
    return this.values[index];
  }

  /** Returns the first value of a header, or null. */
  get(name: string): string | null {
    const index = this.names.indexOf(name);
    return index < 0 ? null : this.values[index];
  }

  /** Reads `raw`, as the host wrote it. */
  index(): void {
    const raw = this.raw;
    if (raw.length < 4) return;
    const count = load<i32>(raw.ptr);
    let at = 4 + count * 8;
    for (let i = 0; i < count; i++) {
      const nameSize = load<i32>(raw.ptr + 4 + i * 8);
      const valueSize = load<i32>(raw.ptr + 8 + i * 8);
      this.names.push(raw.toString(at, at + nameSize));
      at += nameSize + 1;
      this.values.push(raw.toString(at, at + valueSize));
      at += valueSize + 1;
    }
  }

  /** Writes the list for the host; an empty list is no bytes. */
  serialized(): Bytes {
    const raw = this.raw.clear();
    const count = this.names.length;
    if (count == 0) return raw;
    store<i32>(raw.reserve(4 + count * 8), count);
    raw.length = 4 + count * 8;
    for (let i = 0; i < count; i++) {
      let begin = raw.length;
      raw.append(this.names[i]);
      store<i32>(raw.ptr + 4 + i * 8, raw.length - begin);
      raw.appendByte(0);
      begin = raw.length;
      raw.append(this.values[i]);
      store<i32>(raw.ptr + 8 + i * 8, raw.length - begin);
      raw.appendByte(0);
    }
    return raw;
  }
}
