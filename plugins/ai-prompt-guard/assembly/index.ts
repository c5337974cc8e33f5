import {
  AiAccess, aiAccess, AiAction, AiEvent, AiEventKind, AiRequest, AiStreamContext,
  Body, BodyStatus, Bytes, Config, HeaderList, Headers, HeadersStatus, JsonWriter, log, LogLevel, registerPlugin,
  RootContext, StreamContext, TrailersStatus,
} from "@sluice/assemblyscript";
import { VERSION } from "../build/version";
import { AnswerEditor, Channel, Masks } from "./answer";
import { EventStream } from "./events";
import { isJson, isChatPath, mediaType } from "./http";
import { RequestInspector } from "./request";
import { Settings } from "./settings";

export * from "@sluice/assemblyscript/exports";
export * from "@sluice/assemblyscript/ai-exports";

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

class GuardStream extends AiStreamContext {
  /** Whether this is a chat request. */
  private guarded: bool = false;
  private inspected: bool = false;
  /** Whether the answer is this plugin's own. */
  private answered: bool = false;
  private answer: Answer = Answer.Untouched;
  private answerOk: bool = false;
  private events: EventStream | null = null;
  /** Whether the host reads the calls of this route: every format, instead of the JSON of one. */
  private ai: bool = false;
  /** What is held back of the texts of an answer that the host reads. */
  private masks: Masks | null = null;

  constructor(private settings: Settings, private holds: bool) {
    super();
  }

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    const access = aiAccess();
    if (access == AiAccess.NotGranted) {
      this.guarded = true;
      log(LogLevel.Error, "the route speaks an LLM protocol that is not shown to this plugin (expected: grants: {ai: {}})");
      this.refuseChat(503, "The request cannot be checked.", "", "not_granted", "not_granted");
      return HeadersStatus.StopIteration;
    }
    if (access == AiAccess.Shown) {
      this.ai = true;
      this.guarded = true;
      return HeadersStatus.Continue;
    }
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
    if (this.ai || !this.guarded || this.answered || this.settings.deny!.empty) return BodyStatus.Continue;
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    return this.inspect(body) ? BodyStatus.Continue : BodyStatus.StopIterationNoBuffer;
  }

  onRequestTrailers(trailers: Headers): TrailersStatus {
    if (this.ai || !this.guarded || this.answered || this.settings.deny!.empty) return TrailersStatus.Continue;
    return this.inspect(new Body(0)) ? TrailersStatus.Continue : TrailersStatus.StopIteration;
  }

  onAiRequest(request: AiRequest): AiAction {
    const deny = this.settings.deny!;
    if (deny.empty) return AiAction.Continue;
    const inspector = new RequestInspector(deny);
    const segments = request.segments;
    const joined = new Bytes(256);
    let message = "", pieces = 0;
    for (let i = 0; i < segments.length && inspector.match.length == 0; i++) {
      const segment = segments[i];
      if (!inspector.inspectText(segment.text, segment.place)) break;
      const owner = messageOf(segment.place);
      if (owner != message) {
        if (pieces > 1 && !inspector.inspectJoined(joined, message)) break;
        message = owner;
        pieces = 0;
        joined.clear();
      }
      joined.append(segment.text);
      pieces++;
    }
    if (inspector.match.length == 0 && pieces > 1) inspector.inspectJoined(joined, message);
    if (inspector.match.length == 0) return AiAction.Continue;
    this.answered = true;
    log(LogLevel.Info, "request refused: " + inspector.match + " in " + inspector.param);
    this.refuse(this.settings.status, "content_filter", this.settings.message);
    return AiAction.Continue;
  }

  onAiEvent(event: AiEvent): AiAction {
    const rules = this.settings.mask!;
    if (this.answered || rules.empty) return AiAction.Continue;
    if (event.kind == AiEventKind.Text) this.maskText(event);
    else if (event.kind == AiEventKind.Finish) this.release(event.choice);
    return AiAction.Continue;
  }

  /** Sends on what cannot be the begin of a match any more, with what matched masked. */
  private maskText(event: AiEvent): void {
    let masks = this.masks;
    if (masks === null) {
      masks = new Masks(this.settings.mask!, this.settings.replacement);
      this.masks = masks;
    }
    const mask = masks.get(event.choice, channelOf(event.place));
    if (mask === null) {
      log(LogLevel.Warn, "response refused: too many texts");
      this.refuse(502, "unreadable_response", "The upstream's answer cannot be checked.");
      return;
    }
    const text = Bytes.of(event.text), out = new Bytes(text.length + 16);
    mask.feed(text, out);
    if (out.length == text.length && memory.compare(out.ptr, text.ptr, out.length) == 0) return;
    this.replaceEvent(out.length == 0 ? [] : [AiEvent.text(out.toString(), event.choice, event.place)]);
  }

  /** Sends on what is held back of a choice before its end. */
  private release(choice: u32): void {
    const masks = this.masks;
    if (masks === null) return;
    const rest: Array<AiEvent> = [];
    for (let channel = 0; channel < <i32>Channel.None; channel++) {
      const place = masks.find(choice, channel);
      if (place < 0) continue;
      const out = new Bytes(64);
      masks.finish(place, out);
      if (out.length > 0) rest.push(AiEvent.text(out.toString(), choice, placeOf(channel)));
    }
    if (rest.length > 0) this.emit(rest);
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
      this.refuseChat(this.settings.status, this.settings.message, inspector.param, "content_filter", "prompt_denied");
    } else {
      const why = readable ? inspector.error : "it could not be read";
      this.refuseChat(400, "The request body is no chat completion request: " + why + ".", "", "invalid_json", "prompt_unreadable");
    }
    return false;
  }

  private unsupported(what: string): HeadersStatus {
    this.refuseChat(415, "The request cannot be read. " + what + ".", "", "unsupported_media_type", "prompt_unreadable");
    return HeadersStatus.StopIteration;
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    if (!this.guarded) return HeadersStatus.Continue;
    if (this.settings.announce) headers.set("x-prompt-guard", VERSION);
    if (this.ai || this.answered || endOfStream || this.settings.mask!.empty) return HeadersStatus.Continue;
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
    this.refuseChat(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
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
      this.refuseChat(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
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
      this.refuseChat(502, "The upstream's answer cannot be checked.", "", "unreadable_response", "response_unreadable");
      return false;
    }
    if (changed) {
      body.set(editor.result);
      if (this.holds) responseLength(editor.result.length);
    }
    return true;
  }

  /** Answers with an error body of OpenAI's form. */
  private refuseChat(status: u32, message: string, param: string, code: string, details: string): void {
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
    const events = this.events, masks = this.masks;
    if (events !== null) events.close();
    if (masks !== null) masks.close();
    this.settings.end();
  }
}

/** Returns the message that a JSON pointer leads into: its first two steps. */
function messageOf(place: string): string {
  const second = place.indexOf("/", 1);
  const third = second < 0 ? -1 : place.indexOf("/", second + 1);
  return third < 0 ? place : place.substring(0, third);
}

function channelOf(place: string): Channel {
  if (place == "answer") return Channel.Content;
  return place == "refusal" ? Channel.Refusal : Channel.Reasoning;
}

function placeOf(channel: Channel): string {
  if (channel == Channel.Content) return "answer";
  return channel == Channel.Refusal ? "refusal" : "reasoning";
}

function responseLength(length: i32): void {
  new Headers(2).set("content-length", length.toString());
}

registerPlugin(() => new Guard());
