import { Bytes } from "./bytes";
import { Body } from "./body";
import { Decoder, Encoder } from "./codec";
import { StreamContext } from "./context";
import { callForeignFunction } from "./foreign";
import { BufferType, Status } from "./types";

// LLM calls as Sluice shows them on routes with `ai` (ABI.md, "LLM calls"; needs the grant `ai`). A plugin that extends
// AiStreamContext also passes on the callbacks in its main file:
//
//   export * from "@sluice/assemblyscript/exports";
//   export * from "@sluice/assemblyscript/ai-exports";

/** Who speaks in a segment. */
export enum AiRole {
  System = 0,
  User = 1,
  Assistant = 2,
  ToolInput = 3,
  ToolOutput = 4,
  ToolDefinition = 5,
}

/** What the host does after `onAiRequest` and `onAiEvent`. */
export enum AiAction {
  Continue = 0,
  /** The request or the response waits until `continueRequest` or `continueResponse`. */
  Pause = 1,
}

/** One piece of text of a request; `place` is a JSON pointer into the client's body. */
export class AiSegment {
  constructor(readonly index: u32, readonly role: AiRole, readonly place: string, readonly text: string) {}
}

/** Counts tokens: `input` includes the cached ones, `output` those of reasoning. */
export class AiUsage {
  constructor(
    readonly input: u64, readonly cachedInput: u64, readonly output: u64, readonly reasoning: u64,
    readonly estimated: bool, readonly cacheWrites: u64 = 0) {}

  encode(to: Encoder): void {
    to.u64(this.input).u64(this.cachedInput).u64(this.output).u64(this.reasoning);
    to.u8(this.estimated ? 1 : 0).u64(this.cacheWrites);
  }

  static decode(from: Decoder): AiUsage {
    const input = from.u64(), cached = from.u64(), output = from.u64(), reasoning = from.u64();
    const estimated = from.u8() == 1;
    return new AiUsage(input, cached, output, reasoning, estimated, from.u64());
  }
}

/** Kinds of events of a response. */
export enum AiEventKind {
  Text = 0,
  ToolCall = 1,
  Finish = 2,
  Usage = 3,
}

/** One event of a response. Which fields have a meaning depends on `kind`. */
export class AiEvent {
  choice: u32 = 0;
  /** Of a text: `answer`, `reasoning` or `refusal`. */
  place: string = "answer";
  /** The text, the arguments of a tool, or the reason of an end. */
  text: string = "";
  /** Of a tool call: its number in the choice. */
  call: u32 = 0;
  /** Of a tool call: the tool, with its first event only; else null. */
  name: string | null = null;
  usage: AiUsage | null = null;

  constructor(readonly kind: AiEventKind) {}

  static text(text: string, choice: u32 = 0, place: string = "answer"): AiEvent {
    const event = new AiEvent(AiEventKind.Text);
    event.choice = choice;
    event.place = place;
    event.text = text;
    return event;
  }

  static finish(reason: string, choice: u32 = 0): AiEvent {
    const event = new AiEvent(AiEventKind.Finish);
    event.choice = choice;
    event.text = reason;
    return event;
  }

  encode(to: Encoder): void {
    to.u8(<u8>this.kind);
    if (this.kind == AiEventKind.Text) {
      to.u32(this.choice).string(this.place).string(this.text);
    } else if (this.kind == AiEventKind.ToolCall) {
      const name = this.name;
      to.u32(this.choice).u32(this.call).u8(name === null ? 0 : 1);
      if (name !== null) to.string(name);
      to.string(this.text);
    } else if (this.kind == AiEventKind.Finish) {
      to.u32(this.choice).string(this.text);
    } else {
      const usage = this.usage;
      (usage === null ? new AiUsage(0, 0, 0, 0, true) : usage).encode(to);
    }
  }

  static decode(from: Decoder): AiEvent {
    const event = new AiEvent(<AiEventKind>from.u8());
    if (event.kind == AiEventKind.Usage) {
      event.usage = AiUsage.decode(from);
      return event;
    }
    event.choice = from.u32();
    if (event.kind == AiEventKind.Text) {
      event.place = from.string();
    } else if (event.kind == AiEventKind.ToolCall) {
      event.call = from.u32();
      if (from.u8() == 1) event.name = from.string();
    }
    event.text = from.string();
    return event;
  }
}

function call(name: string, args: Encoder): Status {
  return callForeignFunction(name, args.bytes, new Bytes());
}

function callWith(name: string, events: Array<AiEvent>): Status {
  const args = new Encoder().u32(events.length);
  for (let i = 0; i < events.length; i++) events[i].encode(args);
  return call(name, args);
}

/** A request to a model; edits are written back in the client's own format. */
export class AiRequest {
  readonly protocol: string;
  readonly model: string;
  readonly stream: bool;
  readonly consumer: string | null;
  readonly estimatedPromptTokens: u64;
  /** What the client allows the answer, or -1. */
  readonly maxOutputTokens: i64;
  readonly segments: Array<AiSegment>;
  readonly tools: Array<string>;
  private readonly parameterNames: Array<string> = [];
  private readonly parameterValues: Array<string> = [];

  constructor(from: Decoder) {
    this.protocol = from.string();
    this.model = from.string();
    this.stream = from.u8() == 1;
    this.consumer = from.u8() == 1 ? from.string() : null;
    this.estimatedPromptTokens = from.u64();
    this.maxOutputTokens = from.u8() == 1 ? <i64>from.u64() : -1;
    const segments: Array<AiSegment> = [];
    const count = from.u32();
    for (let i: u32 = 0; i < count && !from.broken; i++) {
      const role = <AiRole>from.u8(), place = from.string();
      segments.push(new AiSegment(i, role, place, from.string()));
    }
    this.segments = segments;
    const tools: Array<string> = [];
    const offered = from.u32();
    for (let i: u32 = 0; i < offered && !from.broken; i++) tools.push(from.string());
    this.tools = tools;
    const given = from.u32();
    for (let i: u32 = 0; i < given && !from.broken; i++) {
      this.parameterNames.push(from.string());
      this.parameterValues.push(from.string());
    }
  }

  /** Returns a scalar parameter such as `temperature` as it stood in the request, or null. */
  parameter(name: string): string | null {
    const at = this.parameterNames.indexOf(name);
    return at < 0 ? null : this.parameterValues[at];
  }

  /** Replaces the text of a segment. */
  replace(segment: AiSegment, text: string): Status {
    return call("sluice.ai.replace", new Encoder().u32(segment.index).string(text));
  }

  /** Adds a message at the end of the conversation. */
  append(role: AiRole, text: string): Status {
    return call("sluice.ai.append", new Encoder().u8(<u8>role).string(text));
  }

  /** Names another model, which routing uses. */
  setModel(model: string): Status {
    return call("sluice.ai.setModel", new Encoder().string(model));
  }
}

/** How an exchange ended. */
export enum AiOutcome {
  Complete = 0,
  Refused = 1,
  Answered = 2,
  UpstreamError = 3,
  Truncated = 4,
  ClientGone = 5,
}

export class AiEnd {
  constructor(readonly outcome: AiOutcome, readonly model: string, readonly provider: string, readonly usage: AiUsage) {}
}

/** One exchange on a route that speaks LLM protocols. Override what the plugin wants to see. */
export class AiStreamContext extends StreamContext {
  onAiRequest(request: AiRequest): AiAction {
    return AiAction.Continue;
  }

  onAiEvent(event: AiEvent): AiAction {
    return AiAction.Continue;
  }

  onAiEnd(end: AiEnd): void {}

  /** Sends others on in place of the event at hand; none holds it back. */
  replaceEvent(events: Array<AiEvent>): Status {
    this.activate();
    return callWith("sluice.ai.replaceEvent", events);
  }

  /** Sends events before the one at hand, or before the next one. */
  emit(events: Array<AiEvent>): Status {
    this.activate();
    return callWith("sluice.ai.emit", events);
  }

  /** Refuses in the client's protocol: an error, or with status 200 an answer of the model that says `message`. */
  refuse(status: u32, code: string, message: string): Status {
    this.activate();
    return call("sluice.ai.refuse", new Encoder().u32(status).string(code).string(message));
  }

  /** Answers in place of a provider in the client's protocol. */
  answerAi(events: Array<AiEvent>): Status {
    this.activate();
    return callWith("sluice.ai.answer", events);
  }
}

/** Whether calls are shown here. */
export enum AiAccess {
  /** The route speaks no LLM protocol, or the host is another one. */
  None,
  Shown,
  /** The route speaks one, but the plugin has no grant `ai`. */
  NotGranted,
}

/** Returns whether calls are shown to the stream whose callback is running. */
export function aiAccess(): AiAccess {
  const answer = new Bytes();
  const status = callForeignFunction("sluice.ai.enabled", new Encoder().bytes, answer);
  if (status == Status.InternalFailure) return AiAccess.NotGranted;
  return status == Status.Ok && new Decoder(answer).u8() == 1 ? AiAccess.Shown : AiAccess.None;
}

/** Reads the message of a callback; for the exports. */
export function message(size: i32): Decoder {
  const bytes = new Bytes(size);
  new Body(BufferType.ForeignFunctionArguments).read(bytes, 0, size);
  return new Decoder(bytes);
}
