import {
  Body, BodyStatus, Bytes, Config, HeaderList, Headers, HeadersStatus, JsonWriter, log, LogLevel, registerPlugin,
  RootContext, StreamContext, TrailersStatus,
} from "@sluice/assemblyscript";
import { VERSION } from "../build/version";
import { AnswerEditor, Masks } from "./answer";
import { EventStream } from "./events";
import { isJson, isChatPath, mediaType } from "./http";
import { RequestInspector } from "./request";
import { Settings } from "./settings";

export * from "@sluice/assemblyscript/exports";

class Guard extends RootContext {
  settings: Settings | null = null;
  /** Whether headers wait for the verdict over their body. */
  holds: bool = false;

  onConfigure(config: Config): bool {
    const settings = new Settings(config);
    if (settings.error.length > 0) {
      log(LogLevel.Error, settings.error);
      settings.retire();
      return false;
    }
    this.onDelete();
    this.settings = settings;
    this.holds = this.holdsHeaders();
    return true;
  }

  createStream(id: u32): StreamContext {
    return new GuardStream(this.settings!.begin(), this.holds);
  }

  onDelete(): void {
    const old = this.settings;
    if (old !== null) old.retire();
    this.settings = null;
  }
}

enum Answer {
  Untouched,
  Json,
  Events,
}

class GuardStream extends StreamContext {
  /** Whether this is a chat request. */
  private guarded: bool = false;
  private inspected: bool = false;
  /** Whether the answer is this plugin's own. */
  private answered: bool = false;
  private answer: Answer = Answer.Untouched;
  private answerOk: bool = false;
  private events: EventStream | null = null;

  constructor(private settings: Settings, private holds: bool) {
    super();
  }

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    const path = headers.get(":path");
    if (path === null || !isChatPath(path)) return HeadersStatus.Continue;
    this.guarded = true;
    if (!this.settings.mask!.empty) headers.set("accept-encoding", "identity");
    if (endOfStream || this.settings.deny!.empty) return HeadersStatus.Continue;
    const type = headers.get("content-type");
    if (type === null || !isJson(type)) {
      return this.unsupported("content-type: " + (type === null ? "none" : type) + " (expected: application/json in UTF-8)");
    }
    const encoding = headers.get("content-encoding");
    if (encoding !== null && encoding != "identity") {
      return this.unsupported("content-encoding: " + encoding + " (expected: none)");
    }
    return this.holds ? HeadersStatus.StopIteration : HeadersStatus.Continue;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    if (!this.guarded || this.answered || this.settings.deny!.empty) return BodyStatus.Continue;
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    return this.inspect(body) ? BodyStatus.Continue : BodyStatus.StopIterationNoBuffer;
  }

  onRequestTrailers(trailers: Headers): TrailersStatus {
    if (!this.guarded || this.answered || this.settings.deny!.empty) return TrailersStatus.Continue;
    return this.inspect(new Body(0)) ? TrailersStatus.Continue : TrailersStatus.StopIteration;
  }

  private inspect(body: Body): bool {
    if (this.inspected) return true;
    this.inspected = true;
    const bytes = new Bytes(body.size);
    const readable = body.read(bytes);
    const inspector = new RequestInspector(this.settings.deny!);
    if (readable && inspector.inspect(bytes)) return true;
    if (inspector.match.length > 0) {
      log(LogLevel.Info, "request refused: " + inspector.match + " in " + inspector.param);
      this.refuse(this.settings.status, this.settings.message, inspector.param, "content_filter", "prompt_denied");
    } else {
      const why = readable ? inspector.error : "it could not be read";
      this.refuse(400, "The request body is no chat completion request: " + why + ".", "", "invalid_json", "prompt_unreadable");
    }
    return false;
  }

  private unsupported(what: string): HeadersStatus {
    this.refuse(415, "The request cannot be read. " + what + ".", "", "unsupported_media_type", "prompt_unreadable");
    return HeadersStatus.StopIteration;
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    if (!this.guarded) return HeadersStatus.Continue;
    if (this.settings.announce) headers.set("x-prompt-guard", VERSION);
    if (this.answered || endOfStream || this.settings.mask!.empty) return HeadersStatus.Continue;
    const status = headers.get(":status");
    this.answerOk = status !== null && status.startsWith("2");
    const type = headers.get("content-type");
    const media = mediaType(type === null ? "" : type);
    const encoding = headers.get("content-encoding");
    const encoded = encoding !== null && encoding != "identity";
    if (encoded || (media != "text/event-stream" && !isJson(media))) {
      return this.unreadable(encoded ? "content-encoding: " + encoding! : "content-type: " + (type === null ? "none" : type));
    }
    headers.remove("content-digest");
    headers.remove("repr-digest");
    if (media == "text/event-stream") {
      headers.remove("content-length");
      this.answer = Answer.Events;
      this.events = new EventStream(new Masks(this.settings.mask!, this.settings.replacement));
      return HeadersStatus.Continue;
    }
    this.answer = Answer.Json;
    if (this.holds) return HeadersStatus.StopIteration;
    headers.remove("content-length");
    return HeadersStatus.Continue;
  }

  /** An answer that cannot be looked at: an error of some proxy may pass, a completion may not. */
  private unreadable(what: string): HeadersStatus {
    if (this.settings.passUnreadable || !this.answerOk) return HeadersStatus.Continue;
    log(LogLevel.Warn, "response refused: " + what);
    this.refuse(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
    return HeadersStatus.StopIteration;
  }

  onResponseBody(body: Body, endOfStream: bool): BodyStatus {
    if (this.answered || this.answer == Answer.Untouched) return BodyStatus.Continue;
    if (this.answer == Answer.Events) return this.onEvents(body, endOfStream);
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    return this.maskJson(body) ? BodyStatus.Continue : BodyStatus.StopIterationNoBuffer;
  }

  onResponseTrailers(trailers: Headers): TrailersStatus {
    if (this.answered || this.answer != Answer.Json) return TrailersStatus.Continue;
    return this.maskJson(new Body(1)) ? TrailersStatus.Continue : TrailersStatus.StopIteration;
  }

  private onEvents(body: Body, endOfStream: bool): BodyStatus {
    const events = this.events!;
    const chunk = new Bytes(body.size), out = new Bytes(body.size + 64);
    body.read(chunk);
    events.feed(chunk, out);
    if (endOfStream) events.finish(out);
    if (events.error.length > 0) {
      log(LogLevel.Warn, "response reset: " + events.error);
      this.refuse(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
      return BodyStatus.StopIterationNoBuffer;
    }
    if (out.length != chunk.length || memory.compare(out.ptr, chunk.ptr, out.length) != 0) body.set(out);
    return BodyStatus.Continue;
  }

  private maskJson(body: Body): bool {
    const bytes = new Bytes(body.size);
    body.read(bytes);
    const masks = new Masks(this.settings.mask!, this.settings.replacement);
    const editor = new AnswerEditor();
    const changed = editor.edit(bytes, 0, bytes.length, masks, true, []);
    masks.close();
    if (editor.error.length > 0 && this.answerOk && !this.settings.passUnreadable) {
      log(LogLevel.Warn, "response refused: " + editor.error);
      this.refuse(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
      return false;
    }
    if (changed) {
      body.set(editor.result);
      if (this.holds) responseLength(editor.result.length);
    }
    return true;
  }

  /** Answers with an error body of OpenAI's form. */
  private refuse(status: u32, message: string, param: string, code: string, details: string): void {
    this.answered = true;
    const writer = new JsonWriter().beginObject().key("error").beginObject();
    writer.key("message").string(message);
    writer.key("type").string(status == 502 ? "server_error" : "invalid_request_error").key("param");
    if (param.length > 0) writer.string(param);
    else writer.null();
    writer.key("code").string(code).endObject().endObject();
    const headers = new HeaderList().add("content-type", "application/json");
    this.sendLocalResponseBytes(status, writer.target, headers, details);
  }

  onDelete(): void {
    const events = this.events;
    if (events !== null) events.close();
    this.settings.end();
  }
}

function responseLength(length: i32): void {
  new Headers(2).set("content-length", length.toString());
}

registerPlugin(() => new Guard());
