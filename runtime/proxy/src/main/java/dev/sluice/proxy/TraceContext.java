package dev.sluice.proxy;

/**
 * Is where an exchange stands in a trace (W3C Trace Context).
 *
 * @param traceId 32 hexadecimal digits
 * @param parentSpanId 16 hexadecimal digits, or an empty string when the trace begins here
 * @param spanId of the exchange as the client sees it
 * @param upstreamSpanId of what is asked of the upstream; its parent is {@code spanId}
 * @param sampled whether spans of this trace are kept
 */
public record TraceContext(
    String traceId, String parentSpanId, String spanId, String upstreamSpanId, boolean sampled) {}
