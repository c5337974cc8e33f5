// The job that the guests of every SDK do (SdkGuestsTest of runtime/gateway-tests).
import {
  Body, BodyStatus, Bytes, Config, Counter, HeaderList, Headers, HeadersStatus, HttpCall, HttpCallResponse, log, LogLevel,
  properties, registerPlugin, RootContext, sharedData, Status, StreamContext,
} from "../../assembly/index";

export * from "../../assembly/exports";

class Plugin extends RootContext {
  config: string = "";
  requests: Counter | null = null;
  logged: Counter | null = null;

  onConfigure(config: Config): bool {
    this.config = config.text;
    this.requests = new Counter("sdk_requests");
    this.logged = new Counter("sdk_logged");
    log(LogLevel.Info, "configured with " + config.text.length.toString() + " bytes");
    this.setTickPeriod(50);
    return true;
  }

  onTick(): void {
    const value = sharedData.get("ticks");
    const ticks = value === null ? 0 : <i32>parseInt(value.bytes.toString());
    sharedData.set("ticks", Bytes.of((ticks + 1).toString()), value === null ? 0 : value.cas);
  }

  createStream(id: u32): StreamContext {
    return new Stream(this);
  }
}

class Stream extends StreamContext {
  constructor(private plugin: Plugin) {
    super();
  }

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    const path = properties.text("request", "path")!;
    headers.add("x-config", this.plugin.config);
    headers.add("x-agent", headers.get("user-agent")!);
    headers.set("x-path", path);
    headers.remove("x-gone");
    headers.remove("content-length");
    if (path == "/denied") {
      this.sendLocalResponse(403, "no", new HeaderList().add("x-by", "guest"));
      return HeadersStatus.StopIteration;
    }
    if (path == "/call") {
      const fields = new HeaderList().add(":method", "GET").add(":path", "/answer").add(":authority", "up");
      if (new Call(this).send("up", fields, null, 5000) == Status.Ok) return HeadersStatus.StopAllIterationAndWatermark;
    }
    return HeadersStatus.Continue;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    body.setText("[" + body.text() + "]");
    return BodyStatus.Continue;
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    this.plugin.requests!.increment();
    const ticks = sharedData.get("ticks");
    headers.add("x-ticks", ticks === null ? "" : ticks.bytes.toString());
    headers.remove("content-length");
    return HeadersStatus.Continue;
  }

  onResponseBody(body: Body, endOfStream: bool): BodyStatus {
    if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
    body.setText("<" + body.text() + ">");
    return BodyStatus.Continue;
  }

  onLog(): void {
    this.plugin.logged!.increment();
  }
}

class Call extends HttpCall {
  constructor(private stream: Stream) {
    super();
  }

  onResponse(response: HttpCallResponse): void {
    if (!response.failed) {
      this.stream.requestHeaders.add("x-called", response.headers.get("x-answer")! + " " + response.body.text());
    }
    this.stream.continueRequest();
  }
}

registerPlugin(() => new Plugin());
