package dev.sluice.standin.internal;

import dev.sluice.plugin.Headers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks the signature of a request (AWS Signature Version 4, in the header). The secret of an
 * access key ID is {@code secret-of-} and the ID.
 */
final class AwsSignature {
  private static final Pattern FIELD =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/,]+)/(\\d{8})/([^/,]+)/([^/,]+)/aws4_request, *"
              + "SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX").withZone(ZoneOffset.UTC);
  private static final Duration SKEW = Duration.ofMinutes(5);

  private AwsSignature() {}

  /** Returns whether a request claims to be signed. */
  static boolean isOn(Headers request) {
    return request.get("authorization", "").startsWith("AWS4-");
  }

  /** Returns the access key ID of a signed request, or an empty string. */
  static String keyOf(Headers request) {
    Matcher field = FIELD.matcher(request.get("authorization", ""));
    return field.matches() ? field.group(1) : "";
  }

  /** Refuses a request whose signature is none of its own. */
  static void check(Headers request, byte[] body) {
    Matcher field = FIELD.matcher(request.get("authorization", ""));
    if (!field.matches()) {
      throw new Refusal(403, "IncompleteSignatureException", "Incomplete signature", null);
    }
    String time = request.get("x-amz-date", "");
    if (!time.startsWith(field.group(2)) || !isNow(time)) {
      throw new Refusal(403, "InvalidSignatureException", "Signature expired: " + time, null);
    }
    String scope = field.group(2) + "/" + field.group(3) + "/" + field.group(4) + "/aws4_request";
    String request4 = canonical(request, field.group(5), body);
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + time
            + "\n"
            + scope
            + "\n"
            + hex(request4.getBytes(StandardCharsets.UTF_8));
    byte[] key = ("AWS4secret-of-" + field.group(1)).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    String expected = HexFormat.of().formatHex(hmac(key, toSign));
    if (!expected.equals(field.group(6))) {
      throw new Refusal(
          403,
          "InvalidSignatureException",
          "The request signature we calculated does not match the signature you provided.",
          null);
    }
  }

  private static boolean isNow(String time) {
    try {
      return Duration.between(Instant.from(TIME.parse(time)), Instant.now()).abs().compareTo(SKEW)
          < 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static String canonical(Headers request, String signed, byte[] body) {
    String path = request.get(":path", "");
    int query = path.indexOf('?');
    var text = new StringBuilder(request.get(":method", "")).append('\n');
    // What is encoded in the path is encoded once more.
    text.append(
        (query < 0 ? path : path.substring(0, query)).replace("%", "%25").replace(":", "%3A"));
    text.append('\n').append(query < 0 ? "" : path.substring(query + 1)).append('\n');
    for (String name : signed.split(";", -1)) {
      String value = request.get(name.equals("host") ? ":authority" : name, "");
      text.append(name).append(':').append(value.strip()).append('\n');
    }
    return text.append('\n').append(signed).append('\n').append(hex(body)).toString();
  }

  private static String hex(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
