package dev.sluice.plugin;

/** Names the callbacks of an {@link HttpFilter}, so that a chain can leave out those not needed. */
public enum Callback {
  REQUEST_HEADERS,
  REQUEST_BODY,
  REQUEST_TRAILERS,
  RESPONSE_HEADERS,
  RESPONSE_BODY,
  RESPONSE_TRAILERS,
  AI_REQUEST,
  AI_EVENT,
  AI_END,
  LOG
}
