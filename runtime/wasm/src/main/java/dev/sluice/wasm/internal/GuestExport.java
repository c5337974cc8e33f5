package dev.sluice.wasm.internal;

import dev.sluice.plugin.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Lists the functions of a guest that the host calls (proxy-wasm ABI, "callbacks"; those on LLM
 * calls in plugin-sdk/ABI.md).
 */
enum GuestExport {
  MEMORY_ALLOCATE("proxy_on_memory_allocate", 1),
  MALLOC("malloc", 1),
  CONTEXT_CREATE("proxy_on_context_create", 2),
  VM_START("proxy_on_vm_start", 2),
  CONFIGURE("proxy_on_configure", 2),
  TICK("proxy_on_tick", 1),
  QUEUE_READY("proxy_on_queue_ready", 2),
  NEW_CONNECTION("proxy_on_new_connection", 1),
  DOWNSTREAM_DATA("proxy_on_downstream_data", 3),
  UPSTREAM_DATA("proxy_on_upstream_data", 3),
  DOWNSTREAM_CLOSE("proxy_on_downstream_connection_close", 2),
  UPSTREAM_CLOSE("proxy_on_upstream_connection_close", 2),
  REQUEST_HEADERS("proxy_on_request_headers", 3, Callback.REQUEST_HEADERS),
  REQUEST_BODY("proxy_on_request_body", 3, Callback.REQUEST_BODY),
  REQUEST_TRAILERS("proxy_on_request_trailers", 2, Callback.REQUEST_TRAILERS),
  RESPONSE_HEADERS("proxy_on_response_headers", 3, Callback.RESPONSE_HEADERS),
  RESPONSE_BODY("proxy_on_response_body", 3, Callback.RESPONSE_BODY),
  RESPONSE_TRAILERS("proxy_on_response_trailers", 2, Callback.RESPONSE_TRAILERS),
  AI_REQUEST("sluice_on_ai_request", 2, Callback.AI_REQUEST),
  AI_EVENT("sluice_on_ai_event", 2, Callback.AI_EVENT),
  AI_END("sluice_on_ai_end", 2, Callback.AI_END),
  HTTP_CALL_RESPONSE("proxy_on_http_call_response", 5),
  GRPC_INITIAL_METADATA("proxy_on_grpc_receive_initial_metadata", 3),
  GRPC_MESSAGE("proxy_on_grpc_receive", 3),
  GRPC_TRAILING_METADATA("proxy_on_grpc_receive_trailing_metadata", 3),
  GRPC_CLOSE("proxy_on_grpc_close", 3),
  REDIS_CALL_RESPONSE("proxy_on_redis_call_response", 4),
  FOREIGN_FUNCTION("proxy_on_foreign_function", 3),
  DONE("proxy_on_done", 1),
  LOG("proxy_on_log", 1, Callback.LOG),
  DELETE("proxy_on_delete", 1);

  private final String symbol;
  private final int parameters;
  private final @Nullable Callback callback;

  GuestExport(String symbol, int parameters) {
    this(symbol, parameters, null);
  }

  GuestExport(String symbol, int parameters, @Nullable Callback callback) {
    this.symbol = symbol;
    this.parameters = parameters;
    this.callback = callback;
  }

  /** Returns the name of the export. */
  String symbol() {
    return symbol;
  }

  /** Returns how many i32 parameters it takes at the most; older ABIs leave out the last ones. */
  int parameters() {
    return parameters;
  }

  /** Returns the callback of the filter chain that it serves, or null. */
  @Nullable Callback callback() {
    return callback;
  }

  /** Returns a number from 0, to index arrays by. */
  @SuppressWarnings("EnumOrdinal") // arrays of one VM, nothing that is kept
  int index() {
    return ordinal();
  }
}
