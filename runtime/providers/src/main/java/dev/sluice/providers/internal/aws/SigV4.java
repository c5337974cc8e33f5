package dev.sluice.providers.internal.aws;

import dev.sluice.plugin.Headers;
import dev.sluice.providers.Secret.AwsKeys;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests to one AWS service by Signature Version 4, in headers. Thread-safe. Guarded by the
 * benchmark {@code ProviderBench}.
 */
public final class SigV4 {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String HMAC = "HmacSHA256";
  private static final HexFormat HEX = HexFormat.of();
  private static final HexFormat PERCENT = HexFormat.of().withUpperCase();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final AwsKeys keys;
  private final String region;
  private final String service;
  private volatile @Nullable DayKey dayKey;

  /** Is the key that signs the requests of one day. */
  private record DayKey(String day, byte[] key) {}

  /**
   * Creates a signer.
   *
   * @param service the service's name in signatures, such as {@code bedrock}
   */
  public SigV4(AwsKeys keys, String region, String service) {
    this.keys = keys;
    this.region = region;
    this.service = service;
  }

  /**
   * Adds {@code authorization}, {@code x-amz-date} and, where there is one, {@code
   * x-amz-security-token} to a request that is complete otherwise; what was there of them goes.
   *
   * @param headers with {@code :method}, {@code :path} (encoded, with its query) and {@code
   *     :authority}
   * @param signed which other fields the signature covers, by their names; one that changes on the
   *     way invalidates it
   */
  public void sign(Headers headers, byte[] body, Instant at, Predicate<String> signed) {
    var time = TIME.format(at);
    var day = time.substring(0, 8);
    headers.remove("authorization");
    headers.set("x-amz-date", time);
    headers.remove("x-amz-security-token");
    if (keys.sessionToken() != null) {
      headers.add("x-amz-security-token", keys.sessionToken());
    }
    var fields = canonicalFields(headers, signed);
    var names = String.join(";", fields.keySet());
    var scope = day + "/" + region + "/" + service + "/aws4_request";
    var toSign =
        ALGORITHM
            + "\n"
            + time
            + "\n"
            + scope
            + "\n"
            + HEX.formatHex(sha256(octets(canonicalRequest(headers, fields, names, body))));
    var signature = HEX.formatHex(hmac(dayKey(day), octets(toSign)));
    headers.add(
        "authorization",
        ALGORITHM
            + " Credential="
            + keys.accessKeyId()
            + "/"
            + scope
            + ", SignedHeaders="
            + names
            + ", Signature="
            + signature);
  }

  private static String canonicalRequest(
      Headers headers, Map<String, String> fields, String names, byte[] body) {
    var target = headers.get(":path", "/");
    int queryAt = target.indexOf('?');
    var request = new StringBuilder(512).append(headers.get(":method", "POST")).append('\n');
    encode(normalized(queryAt < 0 ? target : target.substring(0, queryAt)), request);
    request.append('\n').append(queryAt < 0 ? "" : query(target.substring(queryAt + 1)));
    request.append('\n');
    fields.forEach((name, value) -> request.append(name).append(':').append(value).append('\n'));
    request.append('\n').append(names).append('\n');
    return request.append(HEX.formatHex(sha256(body))).toString();
  }

  private static SortedMap<String, String> canonicalFields(
      Headers headers, Predicate<String> signed) {
    var fields = new TreeMap<String, String>();
    fields.put("host", headers.get(":authority", ""));
    for (int i = 0; i < headers.size(); i++) {
      var name = headers.name(i);
      boolean ours = name.equals("x-amz-date") || name.equals("x-amz-security-token");
      if (ours || (name.charAt(0) != ':' && !name.equals("host") && signed.test(name))) {
        fields.merge(name, trimmed(headers.value(i)), (all, one) -> all + "," + one);
      }
    }
    return fields;
  }

  /** Returns a value without spaces at its ends, and with one where there are several. */
  private static String trimmed(String value) {
    var stripped = value.strip();
    return stripped.contains("  ") ? stripped.replaceAll(" +", " ") : stripped;
  }

  /** Removes dot segments and empty ones (RFC 3986 section 5.2.4), as all services but S3 do. */
  private static String normalized(String path) {
    if (!path.contains("/.") && !path.contains("//")) {
      return path.isEmpty() ? "/" : path;
    }
    List<String> kept = new ArrayList<>();
    for (var segment : path.split("/", -1)) {
      switch (segment) {
        case "", "." -> {}
        case ".." -> {
          if (!kept.isEmpty()) {
            kept.removeLast();
          }
        }
        default -> kept.add(segment);
      }
    }
    var joined = "/" + String.join("/", kept);
    return path.endsWith("/") && joined.length() > 1 ? joined + "/" : joined;
  }

  /** The path is encoded already and is encoded again here, as all services but S3 want it. */
  private static void encode(String path, StringBuilder to) {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "/-_.~".indexOf(c) >= 0;
      if (plain) {
        to.append(c);
      } else {
        to.append('%').append(PERCENT.toHexDigits((byte) c));
      }
    }
  }

  private static String query(String query) {
    if (query.isEmpty()) {
      return "";
    }
    var pairs = query.split("&", -1);
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = pairs[i].contains("=") ? pairs[i] : pairs[i] + "=";
    }
    Arrays.sort(
        pairs,
        (a, b) -> {
          int names = a.substring(0, a.indexOf('=')).compareTo(b.substring(0, b.indexOf('=')));
          return names != 0 ? names : a.compareTo(b);
        });
    return String.join("&", pairs);
  }

  private byte[] dayKey(String day) {
    var known = dayKey;
    if (known == null || !known.day.equals(day)) {
      var key = hmac(octets("AWS4" + keys.secretAccessKey()), octets(day));
      for (var part : List.of(region, service, "aws4_request")) {
        key = hmac(key, octets(part));
      }
      known = new DayKey(day, key);
      dayKey = known;
    }
    return known.key;
  }

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, byte[] bytes) {
    try {
      var mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key, HMAC));
      return mac.doFinal(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + HMAC, e);
    }
  }
}
