package dev.sluice.ai;

import org.jspecify.annotations.Nullable;

/**
 * Is an error in no provider's words.
 *
 * @param status the HTTP status that says it best
 * @param code the provider's or the gateway's word for it, such as {@code rate_limit_exceeded}
 * @param message what happened, for a person
 * @param param the field that is wrong, or null
 */
public record AiError(int status, String code, String message, @Nullable String param) {
  public AiError(int status, String code, String message) {
    this(status, code, message, null);
  }
}
