package dev.sluice.text.internal.tokens;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.plugin.engine.ServiceUsage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts tokens part by part and remembers the parts that were long, so that what many requests
 * begin with (a system prompt, a conversation that grows) is counted once. Keeps hashes, not text.
 * Thread-safe.
 */
final class TokenCounter {
  /** Parts remembered: about 8 MB, which stand for 64 MB of text or more. */
  private static final int REMEMBERED = 1 << 16;

  private static final int PART_BYTES = 128;

  /** A part shorter than this is counted faster than it is looked up. */
  private static final int SHORT = 256;

  private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
  private final ConcurrentMap<EncodingType, Encoding> ready = new ConcurrentHashMap<>();
  private final Cache<Part, Double> parts =
      Caffeine.newBuilder().maximumSize(REMEMBERED).executor(Runnable::run).recordStats().build();

  /** Is a part of a text as a family counts it, by the first half of its SHA-256. */
  private record Part(TokenFamily family, long high, long low) {}

  /** Returns whether a family can be counted without reading its encoding first. */
  boolean isReady(TokenFamily family) {
    return ready.containsKey(family.encoding());
  }

  /** Counts a text; takes a third of a second more when the family is not ready. */
  long count(TokenFamily family, String text) {
    var encoding = encoding(family.encoding());
    var digest = text.length() < SHORT ? null : sha256();
    double sum = 0;
    for (int from = 0; from < text.length(); ) {
      int to = TextParts.end(text, from);
      sum += part(family, encoding, text, from, to, digest);
      from = to;
    }
    return Math.max(Math.round(sum), text.isEmpty() ? 0 : 1);
  }

  private double part(
      TokenFamily family,
      Encoding encoding,
      String text,
      int from,
      int to,
      @Nullable MessageDigest digest) {
    if (digest == null || to - from < SHORT) {
      return counted(family, encoding, text, from, to);
    }
    var hash =
        ByteBuffer.wrap(digest.digest(text.substring(from, to).getBytes(StandardCharsets.UTF_8)));
    var key = new Part(family, hash.getLong(), hash.getLong());
    var known = parts.getIfPresent(key);
    if (known != null) {
      return known;
    }
    double count = counted(family, encoding, text, from, to);
    parts.put(key, count);
    return count;
  }

  private static double counted(
      TokenFamily family, Encoding encoding, String text, int from, int to) {
    int tokens = encoding.countTokensOrdinary(text.substring(from, to));
    return family.estimate(tokens, text, from, to);
  }

  private Encoding encoding(EncodingType type) {
    var known = ready.get(type);
    if (known != null) {
      return known;
    }
    var read = registry.getEncoding(type);
    ready.put(type, read);
    return read;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Returns how many parts were counted before and need not have been counted again. */
  long remembered() {
    return parts.stats().hitCount();
  }

  /** Returns what is remembered. */
  ServiceUsage usage() {
    long items = parts.estimatedSize();
    return new ServiceUsage("", items, items * PART_BYTES, parts.stats().evictionCount());
  }

  /** Returns how many parts are remembered. */
  long size() {
    parts.cleanUp();
    return parts.estimatedSize();
  }
}
