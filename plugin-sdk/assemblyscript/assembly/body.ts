import { proxy_get_buffer_bytes, proxy_set_buffer_bytes } from "./abi";
import { Bytes } from "./bytes";
import { encodeFirst, outFirst, outSecond, receive, received, receiveInto } from "./host";
import { BufferType, Status } from "./types";

/**
 * Reads and changes the bytes that the current callback sees: the new ones, or all that is buffered while the plugin
 * holds the body back.
 */
export class Body {
  /** Number of bytes, as the callback was told. */
  size: i32 = 0;

  constructor(private buffer: BufferType) {}

  /** Appends bytes to `target`; returns whether the buffer can be read now. */
  read(target: Bytes, start: i32 = 0, length: i32 = i32.MAX_VALUE): bool {
    receiveInto(target);
    return received(proxy_get_buffer_bytes(this.buffer, start, length, outFirst(), outSecond()));
  }

  /** Returns the bytes as a text. */
  text(): string {
    const bytes = receive();
    return received(proxy_get_buffer_bytes(this.buffer, 0, i32.MAX_VALUE, outFirst(), outSecond())) ? bytes.toString() : "";
  }

  /** Replaces everything. */
  set(bytes: Bytes): Status {
    return this.replace(0, i32.MAX_VALUE, bytes);
  }

  setText(text: string): Status {
    return this.replace(0, i32.MAX_VALUE, encodeFirst(text));
  }

  /** Replaces `length` bytes from `start` on; the range is clamped to what is there. */
  replace(start: i32, length: i32, bytes: Bytes): Status {
    return proxy_set_buffer_bytes(this.buffer, start, length, bytes.ptr, bytes.length);
  }

  append(bytes: Bytes): Status {
    return this.replace(i32.MAX_VALUE, 0, bytes);
  }

  prepend(bytes: Bytes): Status {
    return this.replace(0, 0, bytes);
  }
}
