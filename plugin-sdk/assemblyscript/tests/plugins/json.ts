// Lists the tokens of the request body in a response: what the reader sees, where, and what it says is wrong.
import {
  Body, BodyStatus, Bytes, HeadersStatus, Headers, JsonReader, JsonToken, JsonWriter, registerPlugin, RootContext,
  StreamContext, writeJsonString,
} from "../../assembly/index";

export * from "../../assembly/exports";

class Plugin extends RootContext {
  createStream(id: u32): StreamContext {
    return new Stream();
  }
}

class Stream extends StreamContext {
  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    return HeadersStatus.Continue;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    const bytes = new Bytes();
    body.read(bytes);
    const reader = new JsonReader().reset(bytes);
    const writer = new JsonWriter().beginArray();
    while (true) {
      const token = reader.next();
      writer.beginObject().key("token").integer(token).key("start").integer(reader.start).key("end").integer(reader.end);
      writer.key("depth").integer(reader.depth);
      if (token == JsonToken.Key || token == JsonToken.String) {
        const text = new Bytes();
        reader.decode(text);
        const again = new Bytes();
        writeJsonString(again, text, 0, text.length);
        writer.key("again").raw(again.toString());
        writer.key("isA").bool(reader.equals("a"));
      } else if (token == JsonToken.Number) writer.key("number").number(reader.number());
      else if (token == JsonToken.Error) writer.key("error").string(reader.error);
      writer.endObject();
      if (token == JsonToken.End || token == JsonToken.Error) break;
    }
    this.sendLocalResponseBytes(200, writer.endArray().target);
    return BodyStatus.StopIterationNoBuffer;
  }
}

registerPlugin(() => new Plugin());
