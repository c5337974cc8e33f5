import { Bytes, JsonReader, JsonToken } from "@sluice/assemblyscript";
import { Rules } from "./rules";

// What the member a value stands under says about it.
const OTHER: u8 = 0;
const NAMED: u8 = 1; // role, type: one of a few words
const CONTENT: u8 = 2;
const MODEL: u8 = 3;
const IMAGE: u8 = 4;
const URL: u8 = 5;
const AUDIO: u8 = 6;
const DATA: u8 = 7;
const SCHEMA: u8 = 8; // a JSON schema: its property names are text that the model reads

/** Words of the protocol, which are no text: a phrase `user` must not refuse every request. */
const WORDS: StaticArray<string> = [
  "system", "developer", "user", "assistant", "tool", "function", "text", "image_url", "input_audio", "file", "refusal",
  "custom", "json_schema", "json_object", "grammar", "auto", "object", "string", "number", "integer", "boolean", "array",
  "null", "content", "ephemeral", "allowed_tools", "properties", "description", "type", "required", "enum", "items",
  "additionalProperties", "title", "default", "format", "minimum", "maximum", "$ref", "$defs", "definitions", "anyOf",
  "oneOf", "allOf", "not", "const", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "strict",
  "examples", "nullable", "prefixItems", "patternProperties",
];

/** How often escapes inside a text (JSON in JSON) are resolved. */
const ROUNDS = 4;

/**
 * Looks at every text of an OpenAI chat request: all strings of the body, whatever role, part, tool or unknown field they
 * belong to, escapes resolved, duplicate keys included. Not looked at: the model's name, the words of the protocol,
 * image and audio data.
 */
export class RequestInspector {
  /** What matched, or empty. */
  match: string = "";
  /** Where, as OpenAI writes it: `messages.[1]`. */
  param: string = "";
  /** Why the body is no chat request, or empty. */
  error: string = "";

  private reader: JsonReader = new JsonReader();
  private kinds: StaticArray<u8> = new StaticArray<u8>(513);
  private text: Bytes = new Bytes(1024);
  private plain: Bytes = new Bytes(256);
  /** The texts of one message's content parts, as the model will read them: one after the other. */
  private parts: Bytes = new Bytes(256);
  private partCount: i32 = 0;
  private body: Bytes = this.text;
  private topKey: string = "";
  private topIndex: i32 = 0;
  private topList: bool = false;

  constructor(private rules: Rules) {}

  /** Returns whether the body may pass. */
  inspect(body: Bytes): bool {
    this.body = body;
    const reader = this.reader.reset(body);
    if (reader.next() != JsonToken.ObjectStart) {
      this.error = reader.token == JsonToken.Error ? this.syntax() : "expected a JSON object";
      return false;
    }
    let kind: u8 = OTHER;
    while (this.match.length == 0) {
      const token = reader.next();
      if (token == JsonToken.End) return true;
      if (token == JsonToken.Error) {
        this.error = this.syntax();
        return false;
      }
      if (token == JsonToken.Key) {
        kind = this.onKey();
        continue;
      }
      if (token == JsonToken.ObjectStart || token == JsonToken.ArrayStart) this.onStart(token, kind);
      else if (token == JsonToken.String) this.onString(kind);
      if (reader.depth == 2 && this.topList && token != JsonToken.ArrayStart) this.endElement();
      kind = this.kinds[reader.depth] == SCHEMA ? SCHEMA : OTHER;
    }
    return false;
  }

  /** Looks at a text that the host has read out of a request; returns whether it may pass. */
  inspectText(text: string, place: string): bool {
    this.param = "";
    this.text.clear().append(text);
    this.match = this.rules.find(this.text);
    if (this.match.length == 0) this.unescaped();
    if (this.match.length > 0) this.param = place;
    return this.match.length == 0;
  }

  /** Looks at texts as the model will read them: one after the other. */
  inspectJoined(text: Bytes, place: string): bool {
    this.match = this.rules.find(text);
    if (this.match.length > 0) this.param = place;
    return this.match.length == 0;
  }

  private syntax(): string {
    return "not valid JSON at byte " + this.reader.start.toString() + ": " + this.reader.error;
  }

  private onKey(): u8 {
    const reader = this.reader;
    if (reader.depth == 1) {
      this.topKey = reader.text();
      this.topIndex = 0;
      if (reader.equals("model")) return MODEL;
    }
    const outer = this.kinds[reader.depth];
    if (outer == SCHEMA) {
      if (!this.isWord()) this.look();
      return reader.equals("type") ? NAMED : SCHEMA;
    }
    if (reader.equals("content")) return CONTENT;
    if (reader.equals("role") || reader.equals("type")) return NAMED;
    if (reader.equals("parameters") || reader.equals("schema")) return SCHEMA;
    if (reader.equals("image_url")) return IMAGE;
    if (reader.equals("input_audio")) return AUDIO;
    if (outer == IMAGE && reader.equals("url")) return URL;
    if (outer == AUDIO && reader.equals("data")) return DATA;
    return OTHER;
  }

  private onStart(token: JsonToken, kind: u8): void {
    const depth = this.reader.depth;
    // A schema reaches down; everything else is said of the container itself.
    this.kinds[depth] = kind == NAMED ? (this.kinds[depth - 1] == SCHEMA ? SCHEMA : OTHER) : kind;
    if (depth == 2) this.topList = token == JsonToken.ArrayStart;
  }

  private onString(kind: u8): void {
    const reader = this.reader;
    if (kind == MODEL || kind == DATA) return;
    if (kind == NAMED && this.isWord()) return;
    const image = kind == URL || kind == IMAGE;
    if (image && this.body.equals("data:image/", reader.start + 1, min(reader.start + 12, reader.end))) return;
    this.look();
    // A text of a part stands two levels below the list: list, part, text; a bare string in the list one.
    const list = this.kinds[reader.depth] == CONTENT ? reader.depth : reader.depth - 1;
    if (list > 0 && this.kinds[list] == CONTENT && kind == OTHER) {
      this.parts.appendBytes(this.text);
      this.partCount++;
    }
  }

  private isWord(): bool {
    for (let i = 0; i < WORDS.length; i++) {
      if (this.reader.equals(WORDS[i])) return true;
    }
    return false;
  }

  /** A message, or another element of a list at the top, is complete. */
  private endElement(): void {
    if (this.partCount > 1) this.check(this.parts);
    this.parts.clear();
    this.partCount = 0;
    this.topIndex++;
  }

  /** Looks at the string or key at hand, and at what it is with its own escapes resolved. */
  private look(): void {
    this.reader.decode(this.text.clear());
    this.check(this.text);
    if (!this.reader.escaped) return; // without escapes outside there is no backslash inside
    this.unescaped();
  }

  /** Looks at what the text at hand is with the escapes inside of it resolved: JSON in JSON. */
  private unescaped(): void {
    let from = this.text;
    for (let round = 0; round < ROUNDS && this.match.length == 0 && from.indexOf(0x5c) >= 0; round++) {
      const resolved = new Bytes(from.length);
      if (!resolve(from, resolved)) return;
      this.check(resolved);
      from = resolved;
    }
  }

  private check(text: Bytes): void {
    if (this.match.length > 0) return;
    this.match = this.rules.find(text);
    if (this.match.length > 0) this.param = this.topKey + (this.reader.depth > 1 ? ".[" + this.topIndex.toString() + "]" : "");
  }
}

/** Copies a text with JSON escapes resolved wherever they stand; returns whether there were any. */
function resolve(from: Bytes, to: Bytes): bool {
  let changed = false, high = 0;
  for (let i = 0; i < from.length; i++) {
    const c = from[i];
    const next: u8 = c == 0x5c && i + 1 < from.length ? from[i + 1] : 0;
    const unit = next == 0x75 ? unicode(from, i + 2) : -1;
    if (high != 0 && (unit & ~0x3ff) != 0xdc00) high = 0;
    if (unit >= 0) {
      if (high != 0) {
        to.length -= 3;
        to.appendCodePoint(0x10000 + ((high & 0x3ff) << 10) + (unit & 0x3ff));
        high = 0;
      } else {
        to.appendCodePoint(unit);
        if ((unit & ~0x3ff) == 0xd800) high = unit;
      }
      i += 5;
      changed = true;
    } else if (next == 0x22 || next == 0x5c || next == 0x2f || next == 0x6e || next == 0x74 || next == 0x72) {
      to.appendByte(next == 0x6e ? 0x0a : next == 0x74 ? 0x09 : next == 0x72 ? 0x0d : next);
      i++;
      changed = true;
    } else {
      to.appendByte(c);
    }
  }
  return changed;
}

function unicode(text: Bytes, at: i32): i32 {
  if (at + 4 > text.length) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const c = text[i];
    const lower = c | 0x20;
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 16;
    if (digit == 16) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
