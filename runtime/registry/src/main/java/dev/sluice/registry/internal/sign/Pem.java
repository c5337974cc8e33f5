package dev.sluice.registry.internal.sign;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Is one block of a PEM text (RFC 7468).
 *
 * @param label such as {@code PUBLIC KEY}
 */
public record Pem(String label, byte[] bytes) {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  /** Reads all blocks of a text; there may be none. */
  public static List<Pem> read(String text, String source) {
    List<Pem> blocks = new ArrayList<>();
    var matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      try {
        blocks.add(
            new Pem(
                matcher.group(1),
                Base64.getDecoder().decode(matcher.group(2).replaceAll("\\s", ""))));
      } catch (IllegalArgumentException e) {
        throw new RegistryException(
            Reason.BAD_KEY, source + " (expected: base64 between the lines of a PEM block)", e);
      }
    }
    return blocks;
  }
}
