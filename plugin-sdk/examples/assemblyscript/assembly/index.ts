import {
  Body, BodyStatus, Bytes, Config, Counter, HeaderList, Headers, HeadersStatus, JsonReader, JsonToken,
  Pattern, PatternKind, PatternSet, registerPlugin, RootContext, StreamContext,
} from "@sluice/assemblyscript";
export * from "@sluice/assemblyscript/exports";

const DEFAULTS: string[] = ["AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"];

class Plugin extends RootContext {
  header: string = "";
  refused: Counter = new Counter("refused");
  // Made once, so that a request allocates next to nothing.
  body: Bytes = new Bytes(8192);
  texts: Bytes = new Bytes(8192);
  reader: JsonReader = new JsonReader();
  private set: PatternSet | null = null;

  onConfigure(config: Config): bool {
    this.header = config.getString("header", "x-checked");
    const expressions = config.has("patterns") ? config.getStrings("patterns") : DEFAULTS;
    const patterns: Pattern[] = [];
    for (let i = 0; i < expressions.length; i++) patterns.push(new Pattern(PatternKind.Expression, expressions[i]));
    this.set = PatternSet.compile(patterns);
    // The headers wait for the verdict, which not every host can do.
    return this.holdsHeaders() && this.set !== null;
  }

  createStream(id: u32): StreamContext {
    return new Stream(this);
  }

  matches(): bool {
    return this.set!.scan(this.texts, 0, i32.MAX_VALUE, 1).length > 0;
  }
}

/** Collects the texts of a chat request, each on a line, and returns how many they are; -1 when it is none. */
function texts(reader: JsonReader, body: Bytes, into: Bytes): i32 {
  let count = 0;
  let chat = false;
  reader.reset(body);
  for (let token = reader.next(); token != JsonToken.End; token = reader.next()) {
    if (token == JsonToken.Error) return -1;
    if (token != JsonToken.Key) continue;
    if (reader.depth == 1 && reader.equals("messages")) chat = true;
    else if (reader.equals("content") || reader.equals("text")) {
      if (reader.next() == JsonToken.String) {
        reader.decode(into);
        into.appendByte(0x0a);
        count++;
      }
    }
  }
  return chat ? count : -1;
}

class Stream extends StreamContext {
  constructor(private plugin: Plugin) {
    super();
  }

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    return endOfStream ? HeadersStatus.Continue : HeadersStatus.StopIteration;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    const plugin = this.plugin;
    body.read(plugin.body.clear(65536));
    const count = texts(plugin.reader, plugin.body, plugin.texts.clear(65536));
    if (count < 0) return this.refuse(400, "not_chat", '{"error":"the body is not a chat request"}');
    if (plugin.matches()) {
      plugin.refused.increment();
      return this.refuse(403, "credential", '{"error":"the prompt carries a credential"}');
    }
    this.requestHeaders.set(plugin.header, count.toString());
    return BodyStatus.Continue;
  }

  private refuse(status: u32, code: string, body: string): BodyStatus {
    this.sendLocalResponse(status, body, new HeaderList().add("content-type", "application/json"), code);
    return BodyStatus.StopIterationAndBuffer;
  }
}

registerPlugin(() => new Plugin());
