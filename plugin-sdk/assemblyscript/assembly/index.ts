// The API of the SDK. See README.md for a tour.

export {
  AiAccess, aiAccess, AiAction, AiEnd, AiEvent, AiEventKind, AiOutcome, AiRequest, AiRole, AiSegment, AiStreamContext, AiUsage,
} from "./ai";
export { Body } from "./body";
export { Bytes } from "./bytes";
export { HttpCall, HttpCallResponse, ServiceCall } from "./callout";
export { nowMillis, nowNanos } from "./clock";
export { Decoder, Encoder } from "./codec";
export { Config } from "./config";
export { ConnectionContext, Context, RootContext, StreamContext } from "./context";
export {
  Concurrency, Counting, FixedWindow, Left, Limit, Reservation, SlidingWindow, TokenBucket, Window,
} from "./counters";
export { registerPlugin } from "./dispatch";
export { callForeignFunction } from "./foreign";
export { HeaderList, Headers } from "./headers";
export { JsonReader, JsonToken } from "./json/reader";
export { JsonWriter, writeJsonString } from "./json/writer";
export { log, logs } from "./log";
export { Counter, Gauge, Histogram } from "./metrics";
export { Match, Pattern, PatternKind, PatternSet, PatternStream } from "./patterns";
export { properties } from "./properties";
export { sharedData, SharedQueue, SharedValue } from "./shared";
export { StoreDelete, StoreGet, StoreLock, StoreSet } from "./store";
export { embedderModel, Embedding, EmbedderModel, TokenCount } from "./text";
export {
  BodyStatus, DataStatus, HeadersStatus, LogLevel, Peer, Status, TrailersStatus,
} from "./types";
export { Attributes, VectorDelete, VectorDeleteWhere, VectorHit, VectorSearch, VectorUpsert } from "./vectors";
