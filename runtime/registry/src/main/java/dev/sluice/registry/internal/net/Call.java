package dev.sluice.registry.internal.net;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Is a request.
 *
 * @param content null for a method without a body
 */
public record Call(String method, URI uri, Map<String, String> headers, @Nullable Content content) {
  /** Asks without a body. */
  public static Call of(String method, URI uri) {
    return new Call(method, uri, Map.of(), null);
  }
}
