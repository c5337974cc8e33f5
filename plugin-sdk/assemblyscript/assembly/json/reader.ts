import { Bytes } from "../bytes";

/** What stands at the reader's place. */
export enum JsonToken {
  ObjectStart,
  ObjectEnd,
  ArrayStart,
  ArrayEnd,
  Key,
  String,
  Number,
  True,
  False,
  Null,
  /** The text has ended, complete and correct. */
  End,
  /** The text is not JSON: `error` says why, `start` where. */
  Error,
}

// What may come next.
const VALUE: u8 = 0;
const FIRST_KEY: u8 = 1;
const FIRST_ELEMENT: u8 = 2;
const AFTER_KEY: u8 = 3;
const AFTER_VALUE: u8 = 4;

const MAX_DEPTH = 512;

/** For each byte whether it stands for itself inside a string: ASCII, no quote, no backslash, no control character. */
// @ts-ignore: decorator
@lazy const PLAIN: StaticArray<u8> = plainBytes();

function plainBytes(): StaticArray<u8> {
  const table = new StaticArray<u8>(256);
  for (let c = 0x20; c < 0x80; c++) table[c] = c != 0x22 && c != 0x5c ? 1 : 0;
  return table;
}

/**
 * Reads JSON token by token, straight from its UTF-8 bytes (RFC 8259, strictly: no comments, no trailing commas, no byte
 * order mark, valid UTF-8). Every token knows its place, so that a text can be edited where it stands:
 *
 * ```ts
 * reader.reset(bytes);
 * for (let token = reader.next(); token != JsonToken.End; token = reader.next()) { … }
 * ```
 *
 * An error is final: every further call answers `Error`. Duplicate keys are all shown. Nesting beyond 512 is an error.
 */
export class JsonReader {
  /** Offset of the token's first byte; of a string, its quote. */
  start: i32 = 0;
  /** Offset after the token's last byte. */
  end: i32 = 0;
  /** Number of objects and arrays that are open, the one just begun included. */
  depth: i32 = 0;
  /** What is wrong, after `Error`. */
  error: string = "";
  token: JsonToken = JsonToken.End;

  private bytes: Bytes = new Bytes();
  private limit: i32 = 0;
  private expect: u8 = VALUE;
  /** 1 for each open object, 0 for each open array. */
  private nesting: StaticArray<u8> = new StaticArray<u8>(MAX_DEPTH);
  /** Whether the key or string at hand has escapes. */
  escaped: bool = false;
  private scratch: Bytes = new Bytes();

  /** Begins to read `bytes[from, to)`, which must not change meanwhile. */
  reset(bytes: Bytes, from: i32 = 0, to: i32 = i32.MAX_VALUE): JsonReader {
    this.bytes = bytes;
    this.limit = min(to, bytes.length);
    this.start = from;
    this.end = from;
    this.depth = 0;
    this.expect = VALUE;
    this.error = "";
    this.token = JsonToken.Null;
    return this;
  }

  /** Moves to the next token. */
  next(): JsonToken {
    if (this.token == JsonToken.Error || this.token == JsonToken.End) return this.token;
    this.token = this.read();
    return this.token;
  }

  /** Moves to the end of the value at whose first token the reader stands; returns whether that worked. */
  skip(): bool {
    if (this.token != JsonToken.ObjectStart && this.token != JsonToken.ArrayStart) return this.token != JsonToken.Error;
    const outside = this.depth - 1;
    while (this.depth > outside) {
      if (this.next() == JsonToken.Error) return false;
    }
    return true;
  }

  /** Returns whether the key or string at hand is this ASCII text, however it is escaped. */
  equals(text: string): bool {
    if (!this.escaped) return this.bytes.equals(text, this.start + 1, this.end - 1);
    this.decode(this.scratch.clear());
    return this.scratch.equals(text);
  }

  /** Returns the key or string at hand. */
  text(): string {
    if (!this.escaped) return this.bytes.toString(this.start + 1, this.end - 1);
    this.decode(this.scratch.clear());
    return this.scratch.toString();
  }

  /** Returns the number at hand. */
  number(): f64 {
    return parseFloat(this.bytes.toString(this.start, this.end));
  }

  /**
   * Appends the key or string at hand to `target` as UTF-8, escapes resolved. Half of a surrogate pair is written as
   * three bytes (WTF-8), which `JsonWriter` turns back into its escape.
   */
  decode(target: Bytes): void {
    let at = this.bytes.ptr + this.start + 1;
    const last = this.bytes.ptr + this.end - 1;
    if (!this.escaped) {
      target.appendRaw(at, <i32>(last - at));
      return;
    }
    while (at < last) {
      const begin = at;
      while (at < last && load<u8>(at) != 0x5c) at++;
      if (at > begin) target.appendRaw(begin, <i32>(at - begin));
      if (at >= last) break;
      const c = load<u8>(at, 1);
      at += 2;
      if (c == 0x75) {
        let unit = hex4(at);
        at += 4;
        if ((unit & 0xfc00) == 0xd800 && at + 6 <= last && load<u16>(at) == 0x755c) {
          const low = hex4(at + 2);
          if ((low & 0xfc00) == 0xdc00) {
            unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
            at += 6;
          }
        }
        target.appendCodePoint(unit);
      } else {
        target.appendByte(unescape(c));
      }
    }
  }

  private read(): JsonToken {
    let at = this.skipSpace(this.end);
    this.start = at;
    if (this.expect == AFTER_VALUE) {
      if (this.depth == 0) {
        if (at == this.limit) return JsonToken.End;
        return this.fail("text after the value", at);
      }
      const inObject = this.nesting[this.depth - 1] == 1;
      const c = this.at(at);
      if (c == (inObject ? 0x7d : 0x5d)) return this.close(at);
      if (c != 0x2c) return this.fail(inObject ? "expected , or }" : "expected , or ]", at);
      at = this.skipSpace(at + 1);
      this.start = at;
      return inObject ? this.key(at) : this.value(at);
    }
    if (this.expect == FIRST_KEY) return this.at(at) == 0x7d ? this.close(at) : this.key(at);
    if (this.expect == FIRST_ELEMENT) return this.at(at) == 0x5d ? this.close(at) : this.value(at);
    if (this.expect == AFTER_KEY) {
      if (this.at(at) != 0x3a) return this.fail("expected :", at);
      at = this.skipSpace(at + 1);
      this.start = at;
    }
    return this.value(at);
  }

  private close(at: i32): JsonToken {
    this.depth--;
    this.end = at + 1;
    this.expect = AFTER_VALUE;
    return this.nesting[this.depth] == 1 ? JsonToken.ObjectEnd : JsonToken.ArrayEnd;
  }

  private open(at: i32, kind: u8): JsonToken {
    if (this.depth == MAX_DEPTH) return this.fail("more than 512 levels", at);
    this.nesting[this.depth] = kind;
    this.depth++;
    this.end = at + 1;
    this.expect = kind == 1 ? FIRST_KEY : FIRST_ELEMENT;
    return kind == 1 ? JsonToken.ObjectStart : JsonToken.ArrayStart;
  }

  private key(at: i32): JsonToken {
    if (this.at(at) != 0x22) return this.fail("expected a key", at);
    if (!this.string(at)) return JsonToken.Error;
    this.expect = AFTER_KEY;
    return JsonToken.Key;
  }

  private value(at: i32): JsonToken {
    const c = this.at(at);
    if (c == 0x7b) return this.open(at, 1);
    if (c == 0x5b) return this.open(at, 0);
    this.expect = AFTER_VALUE;
    if (c == 0x22) return this.string(at) ? JsonToken.String : JsonToken.Error;
    if (c == 0x2d || (c >= 0x30 && c <= 0x39)) return this.numeral(at);
    if (c == 0x74) return this.word(at, "true", JsonToken.True);
    if (c == 0x66) return this.word(at, "false", JsonToken.False);
    if (c == 0x6e) return this.word(at, "null", JsonToken.Null);
    return this.fail("expected a value", at);
  }

  private word(at: i32, word: string, token: JsonToken): JsonToken {
    const end = at + word.length;
    if (end > this.limit || !this.bytes.equals(word, at, end)) return this.fail("expected " + word, at);
    this.end = end;
    return token;
  }

  private numeral(from: i32): JsonToken {
    let at = from;
    if (this.at(at) == 0x2d) at++;
    if (this.at(at) == 0x30) at++;
    else if (digit(this.at(at))) at = this.digits(at);
    else return this.fail("expected a digit", at);
    if (this.at(at) == 0x2e) {
      if (!digit(this.at(at + 1))) return this.fail("expected a digit", at + 1);
      at = this.digits(at + 1);
    }
    if ((this.at(at) | 0x20) == 0x65) {
      at++;
      if (this.at(at) == 0x2b || this.at(at) == 0x2d) at++;
      if (!digit(this.at(at))) return this.fail("expected a digit", at);
      at = this.digits(at);
    }
    this.end = at;
    return JsonToken.Number;
  }

  private digits(from: i32): i32 {
    let at = from;
    while (digit(this.at(at))) at++;
    return at;
  }

  /** Checks the string that begins at `from` and sets `end`. */
  private string(from: i32): bool {
    const base = this.bytes.ptr;
    let at = base + from + 1;
    const last = base + this.limit;
    const plain = changetype<usize>(PLAIN);
    let escaped = false;
    while (at < last) {
      // Most bytes of most documents: eight at a time, as a loop's turn costs more than a look into the table.
      while (at + 8 <= last && isPlain8(plain, at)) at += 8;
      while (at < last && load<u8>(plain + load<u8>(at)) != 0) at++;
      if (at == last) break;
      const c = load<u8>(at);
      if (c == 0x22) {
        this.escaped = escaped;
        this.end = <i32>(at - base) + 1;
        return true;
      }
      if (c < 0x20) {
        this.fail("control character in a string", <i32>(at - base));
        return false;
      }
      if (c == 0x5c) {
        const size = escapeSize(at, last);
        if (size == 0) {
          this.fail("unknown escape", <i32>(at - base));
          return false;
        }
        escaped = true;
        at += size;
      } else {
        const size = utf8Size(at, last);
        if (size == 0) {
          this.fail("not UTF-8", <i32>(at - base));
          return false;
        }
        at += size;
      }
    }
    this.fail("a string that does not end", from);
    return false;
  }

  @inline private at(offset: i32): i32 {
    return offset < this.limit ? <i32>load<u8>(this.bytes.ptr + offset) : -1;
  }

  private skipSpace(from: i32): i32 {
    let at = from;
    while (at < this.limit) {
      const c = load<u8>(this.bytes.ptr + at);
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) break;
      at++;
    }
    return at;
  }

  private fail(what: string, at: i32): JsonToken {
    this.error = what;
    this.start = at;
    this.end = at;
    this.token = JsonToken.Error;
    return JsonToken.Error;
  }
}

// @ts-ignore: decorator
@inline function isPlain8(plain: usize, at: usize): bool {
  return (load<u8>(plain + load<u8>(at)) & load<u8>(plain + load<u8>(at, 1)) & load<u8>(plain + load<u8>(at, 2))
    & load<u8>(plain + load<u8>(at, 3)) & load<u8>(plain + load<u8>(at, 4)) & load<u8>(plain + load<u8>(at, 5))
    & load<u8>(plain + load<u8>(at, 6)) & load<u8>(plain + load<u8>(at, 7))) != 0;
}

// @ts-ignore: decorator
@inline function digit(c: i32): bool {
  return c >= 0x30 && c <= 0x39;
}

function hex(c: u32): i32 {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function hex4(at: usize): i32 {
  return (hex(load<u8>(at)) << 12) | (hex(load<u8>(at, 1)) << 8) | (hex(load<u8>(at, 2)) << 4) | hex(load<u8>(at, 3));
}

/** Length of the escape at `at`, or 0 when it is none. */
function escapeSize(at: usize, last: usize): usize {
  if (at + 2 > last) return 0;
  switch (load<u8>(at, 1)) {
    case 0x22: case 0x5c: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74:
      return 2;
    case 0x75:
      return at + 6 <= last && hex4(at + 2) >= 0 ? 6 : 0;
    default:
      return 0;
  }
}

function unescape(c: u8): u8 {
  switch (c) {
    case 0x62: return 0x08;
    case 0x66: return 0x0c;
    case 0x6e: return 0x0a;
    case 0x72: return 0x0d;
    case 0x74: return 0x09;
    default: return c;
  }
}

// @ts-ignore: decorator
@inline function continues(c: u32): bool {
  return (c & 0xc0) == 0x80;
}

/** Length of the UTF-8 character at `at` (RFC 3629: shortest form, no surrogates), or 0 when it is none. */
function utf8Size(at: usize, last: usize): usize {
  const a = <u32>load<u8>(at);
  if (a < 0xc2 || a > 0xf4 || at + 2 > last) return 0;
  const b = <u32>load<u8>(at, 1);
  if (!continues(b)) return 0;
  if (a < 0xe0) return 2;
  if (at + 3 > last || !continues(load<u8>(at, 2))) return 0;
  if (a < 0xf0) return (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ? 0 : 3;
  if (at + 4 > last || !continues(load<u8>(at, 3))) return 0;
  return (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ? 0 : 4;
}
