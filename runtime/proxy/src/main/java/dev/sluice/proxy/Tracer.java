package dev.sluice.proxy;

import dev.sluice.plugin.Headers;

/** Puts exchanges into traces. Thread-safe; called on loops. */
@FunctionalInterface
public interface Tracer {
  /**
   * Continues the trace of a request or begins one, and sets {@code traceparent} for the upstream.
   *
   * @param request the headers as they came; plugins and upstream get what is left in them
   */
  TraceContext begin(Headers request);
}
