import { proxy_http_call, proxy_set_effective_context } from "./abi";
import { Body } from "./body";
import { Bytes } from "./bytes";
import { Decoder, Encoder } from "./codec";
import { current, exists, setCurrent, setOnForeignAnswer, setOnHttpCallResponse } from "./dispatch";
import { callForeignFunction } from "./foreign";
import { HeaderList, Headers } from "./headers";
import { encodeFirst, outFirst, outU32 } from "./host";
import { BufferType, MapType, Status } from "./types";

/** Reads the answer of an HTTP call, inside `HttpCall.onResponse`. */
export class HttpCallResponse {
  readonly headers: Headers = new Headers(MapType.HttpCallResponseHeaders);
  readonly trailers: Headers = new Headers(MapType.HttpCallResponseTrailers);
  readonly body: Body = new Body(BufferType.HttpCallResponseBody);

  /** @param failed whether there is no answer: not sent, timed out, reset */
  constructor(readonly failed: bool, bodySize: i32) {
    this.body.size = bodySize;
  }

  /** Status of the answer, 0 when it failed. */
  get status(): i32 {
    if (this.failed) return 0;
    const value = this.headers.get(":status");
    return value === null ? 0 : <i32>parseInt(value);
  }
}

const none: HeaderList = new HeaderList();

// @ts-ignore: decorator
@lazy const httpCalls: Map<u32, HttpCall> = new Map<u32, HttpCall>();

/**
 * Is one HTTP request to an upstream of the gateway. Extend it with what the answer needs:
 *
 * ```ts
 * class Lookup extends HttpCall {
 *   constructor(private stream: MyStream) { super(); }
 *   onResponse(response: HttpCallResponse): void { …; this.stream.continueRequest(); }
 * }
 * new Lookup(this).send("auth", headers, null, 500);
 * return HeadersStatus.StopAllIterationAndWatermark;
 * ```
 *
 * The answer comes in the context that sent it; when that exchange is over it is dropped.
 */
export abstract class HttpCall {
  private context: u32 = 0;

  /** Takes the answer, or the news that there is none. */
  abstract onResponse(response: HttpCallResponse): void;

  /**
   * Sends the request.
   *
   * @param headers with `:method`, `:path` and `:authority`
   * @return other than `Ok` when it cannot be sent; `onResponse` is not called then
   */
  send(upstream: string, headers: HeaderList, body: Bytes | null, timeoutMillis: u32, trailers: HeaderList = none): Status {
    setOnHttpCallResponse(deliverHttp);
    const name = encodeFirst(upstream), pairs = headers.serialized(), last = trailers.serialized();
    const status = proxy_http_call(
      name.ptr, name.length, pairs.ptr, pairs.length,
      body === null ? 0 : body.ptr, body === null ? 0 : body.length,
      last.ptr, last.length, timeoutMillis, outFirst());
    if (status != Status.Ok) return status;
    this.context = current;
    httpCalls.set(outU32(), this);
    return Status.Ok;
  }

  /** Hands over the answer; for the SDK. */
  deliver(response: HttpCallResponse): void {
    if (!exists(this.context)) return;
    setCurrent(this.context);
    proxy_set_effective_context(this.context);
    this.onResponse(response);
  }
}

function deliverHttp(id: u32, headers: u32, bodySize: u32, trailers: u32): void {
  if (!httpCalls.has(id)) return;
  const call = httpCalls.get(id);
  httpCalls.delete(id);
  call.deliver(new HttpCallResponse(headers == 0, bodySize));
}

// @ts-ignore: decorator
@lazy const serviceCalls: Map<u32, ServiceCall> = new Map<u32, ServiceCall>();

/** Is one asynchronous call of a host service (ABI.md). Extend it, as `HttpCall`. */
export abstract class ServiceCall {
  private context: u32 = 0;

  /** Takes the result; `status` other than `Ok` has none. */
  abstract onResult(status: Status, result: Decoder): void;

  /** Calls the service; other than `Ok` when it refuses at once. */
  send(name: string, args: Encoder): Status {
    setOnForeignAnswer(deliverService);
    const answer = new Bytes();
    const status = callForeignFunction(name, args.bytes, answer);
    if (status != Status.Ok) return status;
    this.context = current;
    serviceCalls.set(new Decoder(answer).u32(), this);
    return Status.Ok;
  }

  /** Hands over the result; for the SDK. */
  deliver(result: Decoder): void {
    if (!exists(this.context)) return;
    setCurrent(this.context);
    proxy_set_effective_context(this.context);
    this.onResult(result.u32(), result);
  }
}

function deliverService(id: u32, size: u32): void {
  if (!serviceCalls.has(id)) return;
  const call = serviceCalls.get(id);
  serviceCalls.delete(id);
  const bytes = new Bytes(size);
  new Body(BufferType.ForeignFunctionArguments).read(bytes, 0, size);
  call.deliver(new Decoder(bytes));
}
