// The callbacks of ABI 0.2.1. A plugin's main file passes them on to the host:
//
//   export * from "@sluice/assemblyscript/exports";

import {
  requestBody, requestHeaders, requestTrailers, responseBody, responseHeaders, responseTrailers,
} from "./context";
import { Body } from "./body";
import {
  configuration, connection, createContext, deleteContext, onForeignAnswer, onHttpCallResponse, peek, root, setCurrent,
  stream,
} from "./dispatch";
import { enter, leave } from "./memory";
import { BufferType } from "./types";

export { proxy_on_memory_allocate } from "./host";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(id: u32, parent: u32): void {
  enter();
  createContext(id, parent);
  leave();
}

export function proxy_on_vm_start(id: u32, size: i32): bool {
  enter();
  const ok = root(id).onStart(configuration(BufferType.VmConfiguration, size));
  leave();
  return ok;
}

export function proxy_on_configure(id: u32, size: i32): bool {
  enter();
  const ok = root(id).onConfigure(configuration(BufferType.PluginConfiguration, size));
  leave();
  return ok;
}

export function proxy_on_tick(id: u32): void {
  enter();
  root(id).onTick();
  leave();
}

export function proxy_on_queue_ready(id: u32, queue: u32): void {
  enter();
  root(id).onQueueReady(queue);
  leave();
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: bool): u32 {
  enter();
  const status = stream(id).onRequestHeaders(requestHeaders, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_body(id: u32, size: i32, endOfStream: bool): u32 {
  enter();
  requestBody.size = size;
  const status = stream(id).onRequestBody(requestBody, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_trailers(id: u32, count: u32): u32 {
  enter();
  const status = stream(id).onRequestTrailers(requestTrailers);
  leave();
  return status;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: bool): u32 {
  enter();
  const status = stream(id).onResponseHeaders(responseHeaders, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_body(id: u32, size: i32, endOfStream: bool): u32 {
  enter();
  responseBody.size = size;
  const status = stream(id).onResponseBody(responseBody, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_trailers(id: u32, count: u32): u32 {
  enter();
  const status = stream(id).onResponseTrailers(responseTrailers);
  leave();
  return status;
}

export function proxy_on_new_connection(id: u32): u32 {
  enter();
  const status = connection(id).onNewConnection();
  leave();
  return status;
}

export function proxy_on_downstream_data(id: u32, size: i32, endOfStream: bool): u32 {
  enter();
  const data = new Body(BufferType.DownstreamData);
  data.size = size;
  const status = connection(id).onDownstreamData(data, endOfStream);
  leave();
  return status;
}

export function proxy_on_upstream_data(id: u32, size: i32, endOfStream: bool): u32 {
  enter();
  const data = new Body(BufferType.UpstreamData);
  data.size = size;
  const status = connection(id).onUpstreamData(data, endOfStream);
  leave();
  return status;
}

export function proxy_on_downstream_connection_close(id: u32, peer: u32): void {
  enter();
  connection(id).onDownstreamClose(peer);
  leave();
}

export function proxy_on_upstream_connection_close(id: u32, peer: u32): void {
  enter();
  connection(id).onUpstreamClose(peer);
  leave();
}

export function proxy_on_http_call_response(id: u32, call: u32, headers: u32, bodySize: u32, trailers: u32): void {
  enter();
  const handler = onHttpCallResponse;
  if (handler !== null) handler(call, headers, bodySize, trailers);
  leave();
}

export function proxy_on_foreign_function(id: u32, call: u32, size: u32): void {
  enter();
  const handler = onForeignAnswer;
  if (handler !== null) handler(call, size);
  leave();
}

export function proxy_on_done(id: u32): bool {
  enter();
  setCurrent(id);
  const context = peek(id);
  const done = context === null || context.onDone();
  leave();
  return done;
}

export function proxy_on_log(id: u32): void {
  enter();
  setCurrent(id);
  const context = peek(id);
  if (context !== null) context.onLog();
  leave();
}

export function proxy_on_delete(id: u32): void {
  enter();
  setCurrent(id);
  deleteContext(id);
  leave();
}
