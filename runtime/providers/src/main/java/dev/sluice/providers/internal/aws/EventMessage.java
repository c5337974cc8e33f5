package dev.sluice.providers.internal.aws;

import java.util.Map;

/**
 * Is one message of an {@code application/vnd.amazon.eventstream}.
 *
 * @param headers those whose values are text, by their names ({@code :message-type}, {@code
 *     :event-type}, …)
 */
record EventMessage(Map<String, String> headers, byte[] payload) {
  String header(String name) {
    return headers.getOrDefault(name, "");
  }
}
