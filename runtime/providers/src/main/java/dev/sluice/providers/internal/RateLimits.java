package dev.sluice.providers.internal;

import dev.sluice.plugin.Headers;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads when a provider takes calls again: {@code Retry-After} (RFC 9110 section 10.2.3), OpenAI's
 * and Anthropic's headers. What makes no sense is ignored.
 */
final class RateLimits {
  private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000L);
  private static final BigDecimal MOST = BigDecimal.valueOf(366L * 24 * 3600);
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,18})?");
  private static final Pattern GO_DURATION =
      Pattern.compile(
          "(?:(\\d{1,6})d)?(?:(\\d{1,6})h)?(?:(\\d{1,6})m)?(?:(\\d{1,9}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9}(?:\\.\\d{1,9})?)ms)?");

  /** The second part of each pair says how much is left. */
  private static final List<Reset> RESETS =
      List.of(
          new Reset("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
          new Reset("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
          new Reset("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
          new Reset("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
          new Reset(
              "anthropic-ratelimit-input-tokens-reset",
              "anthropic-ratelimit-input-tokens-remaining"),
          new Reset(
              "anthropic-ratelimit-output-tokens-reset",
              "anthropic-ratelimit-output-tokens-remaining"));

  private record Reset(String reset, String remaining) {}

  private RateLimits() {}

  /** Returns how long to wait after a 429; empty when the response does not say. */
  static Optional<Duration> retryAfter(@Nullable Headers headers, Instant now) {
    if (headers == null) {
      return Optional.empty();
    }
    var millis = headers.get("retry-after-ms");
    if (millis != null && NUMBER.matcher(millis.strip()).matches()) {
      return Optional.of(seconds(new BigDecimal(millis.strip()).movePointLeft(3)));
    }
    var after = headers.get("retry-after");
    var wait = after == null ? Optional.<Duration>empty() : wait(after.strip(), now);
    return wait.isPresent() ? wait : exhausted(headers, now);
  }

  /**
   * Returns how long until what is used up is there again; empty when nothing is. The longest of
   * several counts.
   */
  static Optional<Duration> exhausted(@Nullable Headers headers, Instant now) {
    if (headers == null) {
      return Optional.empty();
    }
    Duration longest = null;
    for (var reset : RESETS) {
      var remaining = headers.get(reset.remaining);
      var at = headers.get(reset.reset);
      if (at != null && remaining != null && remaining.strip().equals("0")) {
        var wait = wait(at.strip(), now).orElse(null);
        if (wait != null && (longest == null || wait.compareTo(longest) > 0)) {
          longest = wait;
        }
      }
    }
    return Optional.ofNullable(longest);
  }

  private static Optional<Duration> wait(String text, Instant now) {
    if (NUMBER.matcher(text).matches()) {
      return Optional.of(seconds(new BigDecimal(text)));
    }
    var parts = GO_DURATION.matcher(text);
    if (!text.isEmpty() && parts.matches()) {
      var seconds = BigDecimal.ZERO;
      var units = List.of(86_400_000L, 3_600_000L, 60_000L, 1_000L, 1L);
      for (int i = 0; i < units.size(); i++) {
        var part = parts.group(i + 1);
        if (part != null) {
          seconds =
              seconds.add(
                  new BigDecimal(part).multiply(BigDecimal.valueOf(units.get(i))).movePointLeft(3));
        }
      }
      return Optional.of(seconds(seconds));
    }
    return date(text).map(at -> at.isAfter(now) ? Duration.between(now, at) : Duration.ZERO);
  }

  private static Optional<Instant> date(String text) {
    try {
      if (!text.isEmpty() && Character.isDigit(text.charAt(0))) {
        return Optional.of(OffsetDateTime.parse(text).toInstant());
      }
      return Optional.of(
          ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Duration seconds(BigDecimal seconds) {
    return Duration.ofNanos(seconds.min(MOST).multiply(NANOS).longValue());
  }
}
