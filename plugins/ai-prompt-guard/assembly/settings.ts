import { Bytes, Config, JsonReader, JsonToken } from "@sluice/assemblyscript";
import { Rules } from "./rules";

/** Reads one level of the configuration strictly: a key that is misspelt must not leave a guard without its rules. */
export class Settings {
  caseSensitive: bool = false;
  message: string = "The request was refused by the content policy.";
  status: u32 = 400;
  /** Whether answers that cannot be read pass unmasked. */
  passUnreadable: bool = false;
  announce: bool = false;
  replacement: Bytes = Bytes.of("***");
  deny: Rules | null = null;
  mask: Rules | null = null;
  /** What is wrong, or empty. */
  error: string = "";

  private users: i32 = 0;
  private retired: bool = false;
  private denyPhrases: Array<string> = [];
  private denyPatterns: Array<string> = [];
  private maskPhrases: Array<string> | null = null;
  private maskPatterns: Array<string> | null = null;

  constructor(config: Config) {
    const reader = new JsonReader().reset(config.bytes);
    const token = config.bytes.length > 0 ? reader.next() : JsonToken.Null;
    if (token == JsonToken.ObjectStart) this.readTop(reader);
    else if (token != JsonToken.Error) this.error = "pluginConfig: expected an object with deny or mask";
    if (reader.token == JsonToken.Error) {
      this.error = "pluginConfig: not JSON at byte " + reader.start.toString() + ": " + reader.error;
    }
    if (this.error.length == 0) this.compile();
  }

  private compile(): void {
    const maskPhrases = this.maskPhrases, maskPatterns = this.maskPatterns;
    const deny = new Rules(this.denyPhrases, this.denyPatterns, !this.caseSensitive);
    const mask = new Rules(
      maskPhrases === null ? this.denyPhrases : maskPhrases,
      maskPatterns === null ? this.denyPatterns : maskPatterns, !this.caseSensitive);
    if (deny.error.length > 0) this.error = "pluginConfig.deny.patterns: " + deny.error;
    else if (mask.error.length > 0) this.error = "pluginConfig.mask.patterns: " + mask.error;
    else if (deny.empty && mask.empty) this.error = "pluginConfig: expected at least one phrase or pattern in deny or mask";
    this.deny = deny;
    this.mask = mask;
  }

  private readTop(reader: JsonReader): void {
    while (this.error.length == 0 && reader.next() == JsonToken.Key) {
      const key = reader.text();
      const token = reader.next();
      if (key == "deny" || key == "mask") this.readRules(reader, key);
      else if (key == "caseSensitive") this.caseSensitive = this.flag(key, token);
      else if (key == "announce") this.announce = this.flag(key, token);
      else if (key == "message") this.message = this.text(key, reader);
      else if (key == "status") this.readStatus(reader);
      else if (key == "unreadableResponses") this.readUnreadable(reader);
      else this.error = "pluginConfig." + key + ": unknown (expected: deny, mask, caseSensitive, message, status, unreadableResponses, announce)";
    }
  }

  private readRules(reader: JsonReader, name: string): void {
    if (reader.token != JsonToken.ObjectStart) {
      this.error = "pluginConfig." + name + ": expected an object";
      return;
    }
    while (this.error.length == 0 && reader.next() == JsonToken.Key) {
      const key = reader.text();
      const path = name + "." + key;
      reader.next();
      if (key == "phrases") {
        const list = this.strings(path, reader);
        if (name == "deny") this.denyPhrases = list;
        else this.maskPhrases = list;
      } else if (key == "patterns") {
        const list = this.strings(path, reader);
        if (name == "deny") this.denyPatterns = list;
        else this.maskPatterns = list;
      } else if (key == "replacement" && name == "mask") {
        this.replacement = Bytes.of(this.text(path, reader));
      } else {
        this.error = "pluginConfig." + path + ": unknown (expected: phrases, patterns" + (name == "mask" ? ", replacement)" : ")");
      }
    }
  }

  private readStatus(reader: JsonReader): void {
    const value = reader.token == JsonToken.Number ? reader.number() : 0;
    if (value == 400 || value == 403) this.status = <u32>value;
    else this.error = "pluginConfig.status: expected 400 or 403";
  }

  private readUnreadable(reader: JsonReader): void {
    const value = this.text("unreadableResponses", reader);
    this.passUnreadable = value == "pass";
    if (value != "pass" && value != "refuse" && this.error.length == 0) {
      this.error = "pluginConfig.unreadableResponses: " + value + " (expected: refuse, pass)";
    }
  }

  private flag(key: string, token: JsonToken): bool {
    if (token != JsonToken.True && token != JsonToken.False) this.error = "pluginConfig." + key + ": expected true or false";
    return token == JsonToken.True;
  }

  private text(key: string, reader: JsonReader): string {
    if (reader.token == JsonToken.String) return reader.text();
    this.error = "pluginConfig." + key + ": expected a text";
    return "";
  }

  private strings(path: string, reader: JsonReader): Array<string> {
    const list: Array<string> = [];
    if (reader.token != JsonToken.ArrayStart) {
      this.error = "pluginConfig." + path + ": expected a list of texts";
      return list;
    }
    while (reader.next() == JsonToken.String) {
      const text = reader.text();
      if (text.trim().length == 0) this.error = "pluginConfig." + path + "[" + list.length.toString() + "]: empty";
      list.push(text);
    }
    if (reader.token != JsonToken.ArrayEnd && this.error.length == 0) {
      this.error = "pluginConfig." + path + "[" + list.length.toString() + "]: expected a text";
    }
    return list;
  }

  /** An exchange begins to work by these settings. */
  begin(): Settings {
    this.users++;
    return this;
  }

  /** An exchange has ended. */
  end(): void {
    if (--this.users == 0 && this.retired) this.free();
  }

  /** No exchange begins any more; gives back what the host holds when the last one has ended. */
  retire(): void {
    this.retired = true;
    if (this.users == 0) this.free();
  }

  private free(): void {
    const deny = this.deny, mask = this.mask;
    if (deny !== null) deny.free();
    if (mask !== null) mask.free();
  }
}
