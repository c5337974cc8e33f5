/** What a host function answered (ABI 0.2.1, `proxy_status_t`). */
export enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  ResultMismatch = 9,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
}

/** What the host does after `onRequestHeaders` and `onResponseHeaders`. */
export enum HeadersStatus {
  /** Passes the headers on. */
  Continue = 0,
  /**
   * Holds the headers back. With `RootContext.holdsHeaders` the body callbacks go on and the first that answers
   * `Continue` releases the headers; without it nothing comes until `continueRequest` or `continueResponse`.
   */
  StopIteration = 1,
  /** Passes the headers on and ends the stream with them. */
  ContinueAndEndStream = 2,
  /** Holds headers and body back, without callbacks, up to the buffer limit (413 or 502 beyond). */
  StopAllIterationAndBuffer = 3,
  /** Holds headers and body back, without callbacks; stops reading at the buffer limit. */
  StopAllIterationAndWatermark = 4,
}

/** What the host does after `onRequestBody` and `onResponseBody`. */
export enum BodyStatus {
  /** Passes on what this callback saw, with what was held back before. */
  Continue = 0,
  /** Holds it back and calls again with all that is buffered when more arrives; 413 or 502 beyond the limit. */
  StopIterationAndBuffer = 1,
  /** Likewise, but stops reading at the limit. */
  StopIterationAndWatermark = 2,
  /** Drops the bytes of this callback and holds the stream. */
  StopIterationNoBuffer = 3,
}

/** What the host does after `onRequestTrailers` and `onResponseTrailers`. */
export enum TrailersStatus {
  Continue = 0,
  StopIteration = 1,
}

/** What the host does after a callback of a TCP connection. */
export enum DataStatus {
  Continue = 0,
  StopIteration = 1,
}

/** Who closed a TCP connection. */
export enum Peer {
  Unknown = 0,
  Local = 1,
  Remote = 2,
}

/** How loud a log line is. */
export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** Names the header maps of the ABI. */
export enum MapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

/** Names the buffers of the ABI. */
export enum BufferType {
  HttpRequestBody = 0,
  HttpResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  HttpCallResponseBody = 4,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  ForeignFunctionArguments = 8,
}

/** Names the streams that can be continued and closed. */
export enum StreamType {
  Request = 0,
  Response = 1,
  Downstream = 2,
  Upstream = 3,
}
