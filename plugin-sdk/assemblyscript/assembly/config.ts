import { Bytes } from "./bytes";
import { JsonReader, JsonToken } from "./json/reader";

/**
 * Reads the plugin's configuration: a JSON object, addressed by paths such as `deny.phrases`. A key that is missing or
 * holds another type reads as the default; let `config.schema.json` tell authors about mistakes.
 */
export class Config {
  private reader: JsonReader = new JsonReader();

  constructor(readonly bytes: Bytes) {}

  /** The configuration as it came. */
  get text(): string {
    return this.bytes.toString();
  }

  has(path: string): bool {
    return this.find(path) != JsonToken.Error;
  }

  getString(path: string, otherwise: string = ""): string {
    return this.find(path) == JsonToken.String ? this.reader.text() : otherwise;
  }

  getBool(path: string, otherwise: bool = false): bool {
    const token = this.find(path);
    return token == JsonToken.True ? true : token == JsonToken.False ? false : otherwise;
  }

  getNumber(path: string, otherwise: f64 = 0): f64 {
    return this.find(path) == JsonToken.Number ? this.reader.number() : otherwise;
  }

  getInteger(path: string, otherwise: i64 = 0): i64 {
    return this.find(path) == JsonToken.Number ? <i64>this.reader.number() : otherwise;
  }

  /** Returns the strings of a list. */
  getStrings(path: string): Array<string> {
    const list: Array<string> = [];
    if (this.find(path) != JsonToken.ArrayStart) return list;
    const depth = this.reader.depth;
    for (let token = this.reader.next(); this.reader.depth >= depth && token != JsonToken.Error; token = this.reader.next()) {
      if (token == JsonToken.String && this.reader.depth == depth) list.push(this.reader.text());
    }
    return list;
  }

  /** Returns a reader that stands at the value of a path, or null: for configurations that are lists of objects. */
  at(path: string): JsonReader | null {
    return this.find(path) == JsonToken.Error ? null : this.reader;
  }

  /** Moves the reader to a value and returns its token; `Error` when there is none. */
  private find(path: string): JsonToken {
    const reader = this.reader;
    reader.reset(this.bytes);
    let token = reader.next();
    const names = path.split(".");
    for (let i = 0; i < names.length; i++) {
      if (token != JsonToken.ObjectStart) return JsonToken.Error;
      token = reader.next();
      while (token == JsonToken.Key && !reader.equals(names[i])) {
        reader.next();
        reader.skip();
        token = reader.next();
      }
      if (token != JsonToken.Key) return JsonToken.Error;
      token = reader.next();
    }
    return token;
  }
}
