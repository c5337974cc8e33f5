import { proxy_get_property, proxy_set_property } from "./abi";
import { Bytes } from "./bytes";
import { encodeFirst, encodeSecond, outFirst, outSecond, receive, received, receiveInto } from "./host";
import { Status } from "./types";

/** Reads and writes properties of the exchange; a path is given as up to three segments. */
export namespace properties {
  /** Returns a property that is a text (`request.path`, `route_name`), or null. */
  export function text(a: string, b: string = "", c: string = ""): string | null {
    const value = receive();
    return fetch(a, b, c) ? value.toString() : null;
  }

  /** Returns a property that is a number (`source.port`, `response.code`), or `otherwise`. */
  export function integer(a: string, b: string = "", c: string = "", otherwise: i64 = 0): i64 {
    const value = receive();
    return fetch(a, b, c) && value.length == 8 ? load<i64>(value.ptr) : otherwise;
  }

  /** Returns a property that is true or false (`connection.mtls`). */
  export function flag(a: string, b: string = "", c: string = ""): bool {
    const value = receive();
    return fetch(a, b, c) && value.length == 1 && value[0] != 0;
  }

  /** Appends the bytes of a property to `target`; returns whether there is one. */
  export function read(target: Bytes, a: string, b: string = "", c: string = ""): bool {
    receiveInto(target);
    return fetch(a, b, c);
  }

  /** Sets a property of the exchange, which later filters and the access log see. */
  export function set(name: string, value: string): Status {
    const path = encodeFirst(name), bytes = encodeSecond(value);
    return proxy_set_property(path.ptr, path.length, bytes.ptr, bytes.length);
  }

  function fetch(a: string, b: string, c: string): bool {
    const path = encodeFirst(a);
    if (b.length > 0) path.appendByte(0).append(b);
    if (c.length > 0) path.appendByte(0).append(c);
    return received(proxy_get_property(path.ptr, path.length, outFirst(), outSecond()));
  }
}
