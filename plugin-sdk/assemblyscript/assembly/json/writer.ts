import { Bytes } from "../bytes";

/** Writes JSON into a buffer; commas are placed by the writer. */
export class JsonWriter {
  private comma: bool = false;

  constructor(readonly target: Bytes = new Bytes(256)) {}

  beginObject(): JsonWriter {
    return this.begin(0x7b);
  }

  endObject(): JsonWriter {
    return this.finish(0x7d);
  }

  beginArray(): JsonWriter {
    return this.begin(0x5b);
  }

  endArray(): JsonWriter {
    return this.finish(0x5d);
  }

  key(name: string): JsonWriter {
    this.string(name);
    this.target.appendByte(0x3a);
    this.comma = false;
    return this;
  }

  string(value: string): JsonWriter {
    this.separate();
    const text = Bytes.of(value);
    writeJsonString(this.target, text, 0, text.length);
    return this;
  }

  bool(value: bool): JsonWriter {
    return this.raw(value ? "true" : "false");
  }

  integer(value: i64): JsonWriter {
    return this.raw(value.toString());
  }

  number(value: f64): JsonWriter {
    return this.raw(isFinite(value) ? value.toString() : "null");
  }

  null(): JsonWriter {
    return this.raw("null");
  }

  /** Writes text that is JSON already. */
  raw(json: string): JsonWriter {
    this.separate();
    this.target.append(json);
    return this;
  }

  private begin(c: u8): JsonWriter {
    this.separate();
    this.target.appendByte(c);
    this.comma = false;
    return this;
  }

  private finish(c: u8): JsonWriter {
    this.target.appendByte(c);
    this.comma = true;
    return this;
  }

  private separate(): void {
    if (this.comma) this.target.appendByte(0x2c);
    this.comma = true;
  }
}

/** Appends `text[from, to)`, which is UTF-8, as a JSON string with its quotes. Half surrogates (WTF-8) are escaped. */
export function writeJsonString(target: Bytes, text: Bytes, from: i32, to: i32): void {
  target.appendByte(0x22);
  let begin = from;
  for (let i = from; i < to; i++) {
    const c = text[i];
    const half = c == 0xed && i + 2 < to && text[i + 1] >= 0xa0;
    if (c >= 0x20 && c != 0x22 && c != 0x5c && !half) continue;
    if (i > begin) target.appendBytes(text, begin, i);
    begin = i + 1;
    if (half) {
      writeUnit(target, 0xd000 | (<i32>(text[i + 1] & 0x3f) << 6) | <i32>(text[i + 2] & 0x3f));
      i += 2;
      begin = i + 1;
    } else {
      writeEscape(target, c);
    }
  }
  if (begin < to) target.appendBytes(text, begin, to);
  target.appendByte(0x22);
}

function writeEscape(target: Bytes, c: u8): void {
  let short: u8 = 0;
  switch (c) {
    case 0x22: case 0x5c: short = c; break;
    case 0x08: short = 0x62; break;
    case 0x09: short = 0x74; break;
    case 0x0a: short = 0x6e; break;
    case 0x0c: short = 0x66; break;
    case 0x0d: short = 0x72; break;
  }
  if (short == 0) writeUnit(target, c);
  else target.appendByte(0x5c).appendByte(short);
}

function writeUnit(target: Bytes, unit: i32): void {
  target.append("\\u");
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (unit >> shift) & 15;
    target.appendByte(<u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
}
