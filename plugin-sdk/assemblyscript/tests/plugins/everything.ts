// Uses each part of the SDK once; the path of the request says which.
import {
  Body, BodyStatus, Bytes, Config, Counter, DataStatus, ConnectionContext, Decoder, Encoder, Gauge, HeaderList, Headers,
  HeadersStatus, Histogram, HttpCall, HttpCallResponse, log, LogLevel, logs, nowMillis, properties, registerPlugin,
  RootContext, ServiceCall, sharedData, Status, StreamContext, TrailersStatus,
} from "../../assembly/index";

export * from "../../assembly/exports";

class Plugin extends RootContext {
  greeting: string = "";
  requests: Counter | null = null;
  open: Gauge | null = null;
  sizes: Histogram | null = null;

  onStart(vmConfig: Config): bool {
    return vmConfig.text != "refuse";
  }

  onConfigure(config: Config): bool {
    this.greeting = config.getString("greeting.text", "hello");
    if (config.getBool("refuse")) {
      log(LogLevel.Error, "refuse is set");
      return false;
    }
    const tags = config.getStrings("tags");
    if (tags.length > 0) log(LogLevel.Info, "tags " + tags.join("|") + " " + config.getInteger("limit").toString() + " " + config.getNumber("share").toString());
    this.requests = new Counter("requests");
    this.open = new Gauge("open");
    this.sizes = new Histogram("sizes");
    this.setTickPeriod(100);
    return true;
  }

  onTick(): void {
    log(LogLevel.Debug, "tick at " + nowMillis().toString());
  }

  createStream(id: u32): StreamContext {
    return new Stream(this);
  }

  createConnection(id: u32): ConnectionContext {
    return new Connection();
  }
}

class Stream extends StreamContext {
  path: string = "";

  constructor(private plugin: Plugin) {
    super();
  }

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    this.path = headers.get(":path")!;
    this.plugin.requests!.increment();
    this.plugin.open!.add(1);
    if (this.path == "/headers") {
      headers.add("x-add", "a");
      headers.add("x-add", "b ü €");
      headers.set("x-set", "new");
      headers.remove("x-gone");
      headers.addBytes(Bytes.of("x-bytes"), Bytes.of("raw"));
      if (headers.has("x-set") && headers.equals("x-set", "new") && !headers.has("x-gone") && headers.get("x-none") === null) headers.set("x-ok", "1");
      headers.set("x-count", headers.pairs().length.toString());
    } else if (this.path == "/pairs") {
      headers.setPairs(new HeaderList().add(":path", "/other").add("x", "").add("y", "1"));
    } else if (this.path == "/local") {
      this.sendLocalResponse(418, this.plugin.greeting, new HeaderList().add("x-from", "plugin"), "teapot");
      return HeadersStatus.StopIteration;
    } else if (this.path == "/properties") {
      properties.set("answer", "42");
      headers.set("x-source", properties.text("source", "address")! + ":" + properties.integer("source", "port").toString());
      headers.set("x-answer", properties.text("answer")!);
      headers.set("x-mtls", properties.flag("connection", "mtls").toString());
      if (properties.text("nothing") === null) headers.set("x-null", "1");
    } else if (this.path == "/call") {
      const status = new Lookup(this).send("auth", new HeaderList().add(":method", "GET").add(":path", "/who"), Bytes.of("body"), 500);
      if (status != Status.Ok) headers.set("x-call", "failed");
      return HeadersStatus.StopAllIterationAndWatermark;
    } else if (this.path == "/service") {
      new Ask().send("sluice.test.ask", new Encoder().u8(7).u32(70_000).u64(1 << 40).f64(1.5).string("text ü").blob(Bytes.of("bytes")));
    } else if (this.path == "/shared") {
      const value = sharedData.get("key");
      const count = value === null ? 1 : load<u8>(value.bytes.ptr) - 47;
      const next = Bytes.of(count.toString());
      headers.set("x-cas", sharedData.set("key", next, value === null ? 0 : value.cas).toString());
      if (value !== null) headers.set("x-stale", sharedData.set("key", next, value.cas + 100).toString());
    } else if (this.path == "/abort") {
      const none: string | null = null;
      headers.set("x", none!);
    } else if (this.path == "/garbage") {
      let text = "";
      for (let i = 0; i < 100; i++) text += i.toString();
      headers.set("x-length", text.length.toString());
    }
    if (logs(LogLevel.Debug)) log(LogLevel.Debug, this.path);
    return HeadersStatus.Continue;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    if (this.path == "/upper") {
      body.setText(body.text().toUpperCase());
    } else if (this.path == "/wrap") {
      if (!endOfStream) return BodyStatus.StopIterationAndBuffer;
      this.plugin.sizes!.record(body.size);
      const bytes = new Bytes();
      body.read(bytes, 1, 2);
      body.prepend(Bytes.of("<"));
      body.append(bytes.append(">"));
    }
    return BodyStatus.Continue;
  }

  onRequestTrailers(trailers: Headers): TrailersStatus {
    trailers.set("x-trailer", trailers.get("x-trailer")! + "!");
    return TrailersStatus.Continue;
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    headers.add("x-greeting", this.plugin.greeting);
    return HeadersStatus.Continue;
  }

  onLog(): void {
    this.plugin.open!.set(this.plugin.open!.value - 1);
  }
}

class Lookup extends HttpCall {
  constructor(private stream: Stream) {
    super();
  }

  onResponse(response: HttpCallResponse): void {
    if (response.failed) this.stream.sendLocalResponse(503, "no answer");
    else {
      log(LogLevel.Info, "auth said " + response.status.toString() + " " + response.body.text() + " " + response.headers.get("x-user")!);
      this.stream.continueRequest();
    }
  }
}

class Ask extends ServiceCall {
  onResult(status: Status, result: Decoder): void {
    log(LogLevel.Info, "service said " + (<i32>status).toString() + " " + result.string() + " " + result.u64().toString() + " " + result.broken.toString());
  }
}

class Connection extends ConnectionContext {
  onDownstreamData(data: Body, endOfStream: bool): DataStatus {
    return DataStatus.StopIteration;
  }
}

registerPlugin(() => new Plugin());
