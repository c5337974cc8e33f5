import {
  proxy_close_stream, proxy_continue_stream, proxy_done, proxy_send_local_response, proxy_set_effective_context,
  proxy_set_tick_period_milliseconds,
} from "./abi";
import { Body } from "./body";
import { Bytes } from "./bytes";
import { Decoder, Encoder } from "./codec";
import { Config } from "./config";
import { callForeignFunction } from "./foreign";
import { HeaderList, Headers } from "./headers";
import { encodeFirst, encodeThird } from "./host";
import { BodyStatus, BufferType, DataStatus, HeadersStatus, MapType, Peer, Status, StreamType, TrailersStatus } from "./types";

const noHeaders: HeaderList = new HeaderList();

/** What root, stream and connection contexts have in common. */
export abstract class Context {
  /** Number by which the host knows this context. */
  id: u32 = 0;

  /** Makes this the context that host functions act on, for calls from outside its own callbacks (from a tick). */
  activate(): Status {
    return proxy_set_effective_context(this.id);
  }

  /** The context is done; answer false to keep it until `done()` is called. */
  onDone(): bool {
    return true;
  }

  /** Tells the host that the context may go, after `onDone` answered false. */
  done(): void {
    this.activate();
    proxy_done();
  }

  /** The exchange has ended and is about to be logged. */
  onLog(): void {}

  /** Last call. */
  onDelete(): void {}
}

/** One configured plugin. It lives as long as its configuration and creates a context for each exchange. */
export class RootContext extends Context {
  /** Called first, with the VM's configuration. Answer false to refuse to start. */
  onStart(vmConfig: Config): bool {
    return true;
  }

  /** Called with the plugin's configuration. Log what is wrong and answer false to refuse it. */
  onConfigure(config: Config): bool {
    return true;
  }

  /** Called in the period set with `setTickPeriod`. */
  onTick(): void {}

  /** A shared queue that this VM registered has an item. */
  onQueueReady(queue: u32): void {}

  /** Makes the context of an HTTP exchange. */
  createStream(id: u32): StreamContext {
    return new StreamContext();
  }

  /** Makes the context of a TCP connection. */
  createConnection(id: u32): ConnectionContext {
    return new ConnectionContext();
  }

  /** Has `onTick` called every so often; 0 stops it. */
  setTickPeriod(millis: u32): void {
    proxy_set_tick_period_milliseconds(millis);
  }

  /**
   * Asks the host to hold headers on `HeadersStatus.StopIteration` while body callbacks go on (ABI.md, Host features).
   * Call it in `onConfigure`. On hosts that answer false, `StopIteration` for headers stops body callbacks too.
   */
  holdsHeaders(): bool {
    const answer = new Bytes();
    if (callForeignFunction("sluice.host.enable", new Encoder().u32(1).bytes, answer) != Status.Ok) return false;
    return (new Decoder(answer).u32() & 1) != 0;
  }
}

/** One HTTP exchange. Override what the plugin wants to see. */
export class StreamContext extends Context {
  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    return HeadersStatus.Continue;
  }

  onRequestBody(body: Body, endOfStream: bool): BodyStatus {
    return BodyStatus.Continue;
  }

  onRequestTrailers(trailers: Headers): TrailersStatus {
    return TrailersStatus.Continue;
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    return HeadersStatus.Continue;
  }

  onResponseBody(body: Body, endOfStream: bool): BodyStatus {
    return BodyStatus.Continue;
  }

  onResponseTrailers(trailers: Headers): TrailersStatus {
    return TrailersStatus.Continue;
  }

  /**
   * Answers the request from here. It goes no further, and what the callback at hand returns is of no importance. Once
   * response headers are out it resets the stream.
   *
   * @param details for the access log, a word such as `prompt_denied`
   */
  sendLocalResponse(status: u32, body: string = "", headers: HeaderList = noHeaders, details: string = ""): Status {
    return this.sendLocalResponseBytes(status, encodeFirst(body), headers, details);
  }

  sendLocalResponseBytes(status: u32, body: Bytes, headers: HeaderList = noHeaders, details: string = ""): Status {
    const pairs = headers.serialized(), word = encodeThird(details);
    return proxy_send_local_response(
      status, word.ptr, word.length, body.ptr, body.length, pairs.ptr, pairs.length, -1);
  }

  /** The headers of the request, to be read or (while the request is held) changed when a callout has answered. */
  get requestHeaders(): Headers {
    this.activate();
    return requestHeaders;
  }

  /** The headers of the response, like `requestHeaders`. */
  get responseHeaders(): Headers {
    this.activate();
    return responseHeaders;
  }

  /** Resumes a request that a callback stopped. */
  continueRequest(): Status {
    this.activate();
    return proxy_continue_stream(StreamType.Request);
  }

  /** Resumes a response that a callback stopped. */
  continueResponse(): Status {
    this.activate();
    return proxy_continue_stream(StreamType.Response);
  }

  /** Resets the stream. */
  reset(): Status {
    this.activate();
    return proxy_close_stream(StreamType.Request);
  }
}

/** One TCP connection. */
export class ConnectionContext extends Context {
  onNewConnection(): DataStatus {
    return DataStatus.Continue;
  }

  onDownstreamData(data: Body, endOfStream: bool): DataStatus {
    return DataStatus.Continue;
  }

  onUpstreamData(data: Body, endOfStream: bool): DataStatus {
    return DataStatus.Continue;
  }

  onDownstreamClose(peer: Peer): void {}

  onUpstreamClose(peer: Peer): void {}

  continueDownstream(): Status {
    this.activate();
    return proxy_continue_stream(StreamType.Downstream);
  }

  continueUpstream(): Status {
    this.activate();
    return proxy_continue_stream(StreamType.Upstream);
  }

  close(): Status {
    this.activate();
    return proxy_close_stream(StreamType.Downstream);
  }
}

/** Headers of the request at hand. */
export const requestHeaders: Headers = new Headers(MapType.RequestHeaders);
/** Trailers of the request at hand. */
export const requestTrailers: Headers = new Headers(MapType.RequestTrailers);
/** Headers of the response at hand. */
export const responseHeaders: Headers = new Headers(MapType.ResponseHeaders);
/** Trailers of the response at hand. */
export const responseTrailers: Headers = new Headers(MapType.ResponseTrailers);
/** Body of the request at hand. */
export const requestBody: Body = new Body(BufferType.HttpRequestBody);
/** Body of the response at hand. */
export const responseBody: Body = new Body(BufferType.HttpResponseBody);
