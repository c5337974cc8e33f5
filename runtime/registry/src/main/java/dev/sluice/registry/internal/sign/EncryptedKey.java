package dev.sluice.registry.internal.sign;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/** Opens private keys in the form that {@code cosign generate-key-pair} writes. */
public final class EncryptedKey {
  private static final int MAX_COST = 1 << 18;
  private static final int TAG = 16;
  private static final int HEAD = 32;

  private EncryptedKey() {}

  /**
   * Returns the key in PKCS#8.
   *
   * @param document the JSON inside the PEM block
   * @throws RegistryException BAD_KEY when the password is wrong
   */
  public static byte[] decrypt(byte[] document, String password, String source) {
    var json = Json.object(document, source);
    var kdf = json.path("kdf");
    var cipher = json.path("cipher");
    if (!kdf.path("name").asString("").equals("scrypt")
        || !cipher.path("name").asString("").equals("nacl/secretbox")) {
      throw bad(source, "is encrypted in an unknown way (expected: scrypt and nacl/secretbox)");
    }
    var params = kdf.path("params");
    int cost = params.path("N").asInt(0);
    int size = params.path("r").asInt(0);
    int parallel = params.path("p").asInt(0);
    if (Integer.bitCount(cost) != 1
        || cost > MAX_COST
        || size < 1
        || size > 16
        || parallel < 1
        || parallel > 16) {
      throw bad(
          source, "has scrypt parameters " + params + " (expected: N up to " + MAX_COST + ")");
    }
    var salt = bytes(kdf.path("salt"), source);
    var nonce = bytes(cipher.path("nonce"), source);
    var box = bytes(json.path("ciphertext"), source);
    if (nonce.length != 24 || box.length < TAG) {
      throw bad(source, "has a nonce of " + nonce.length + " bytes (expected: 24)");
    }
    var key =
        Scrypt.derive(password.getBytes(StandardCharsets.UTF_8), salt, cost, size, parallel, 32);
    return open(key, nonce, box, source);
  }

  private static byte[] bytes(JsonNode node, String source) {
    try {
      return Base64.getDecoder().decode(node.asString(""));
    } catch (IllegalArgumentException e) {
      throw new RegistryException(Reason.BAD_KEY, source + ": no base64 in its JSON", e);
    }
  }

  /** Opens a secret box: XSalsa20 with Poly1305. */
  private static byte[] open(byte[] key, byte[] nonce, byte[] box, String source) {
    var derived = Salsa.derive(key, Arrays.copyOf(nonce, 16));
    var rest = Arrays.copyOfRange(nonce, 16, 24);
    var sealed = Arrays.copyOfRange(box, TAG, box.length);
    var tag = authenticate(Arrays.copyOf(Salsa.block(derived, rest, 0), HEAD), sealed);
    if (!MessageDigest.isEqual(tag, Arrays.copyOf(box, TAG))) {
      throw bad(source, "cannot be opened with this password (COSIGN_PASSWORD)");
    }
    for (int i = 0, at = HEAD; i < sealed.length; at += 64) {
      var stream = Salsa.block(derived, rest, at / 64);
      for (int k = at % 64; k < 64 && i < sealed.length; k++, i++) {
        sealed[i] ^= stream[k];
      }
      at -= at % 64;
    }
    return sealed;
  }

  /** Computes Poly1305 (RFC 8439, section 2.5). */
  private static byte[] authenticate(byte[] key, byte[] message) {
    var clamp = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);
    var prime = BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
    var r = number(key, 0, 16).and(clamp);
    var sum = BigInteger.ZERO;
    for (int i = 0; i < message.length; i += 16) {
      int length = Math.min(16, message.length - i);
      var block = number(message, i, length).add(BigInteger.ONE.shiftLeft(8 * length));
      sum = sum.add(block).multiply(r).mod(prime);
    }
    var bytes = sum.add(number(key, 16, 16)).toByteArray();
    var tag = new byte[TAG];
    for (int i = 0; i < Math.min(TAG, bytes.length); i++) {
      tag[i] = bytes[bytes.length - 1 - i];
    }
    return tag;
  }

  private static BigInteger number(byte[] bytes, int from, int length) {
    var reversed = new byte[length];
    for (int i = 0; i < length; i++) {
      reversed[i] = bytes[from + length - 1 - i];
    }
    return new BigInteger(1, reversed);
  }

  private static RegistryException bad(String source, String what) {
    return new RegistryException(Reason.BAD_KEY, source + " " + what);
  }
}
