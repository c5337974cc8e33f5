package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.sign.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.EdDSAParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Is a public key that signatures of plugins are checked with: ECDSA P-256, Ed25519 or RSA, in the
 * PEM form that cosign writes.
 *
 * @param source names the key in messages
 */
public record VerifyingKey(PublicKey key, String source) {
  private static final int MIN_RSA = 2048;

  /**
   * Reads the keys of a PEM text; there may be several.
   *
   * @param source names the text in messages
   * @throws RegistryException BAD_KEY when there is none, or one that is not supported
   */
  public static List<VerifyingKey> parse(String pem, String source) {
    List<VerifyingKey> keys = new ArrayList<>();
    for (var block : Pem.read(pem, source)) {
      if (!block.label().equals("PUBLIC KEY")) {
        throw new RegistryException(
            Reason.BAD_KEY,
            source + " holds a block \"" + block.label() + "\" (expected: PUBLIC KEY)");
      }
      keys.add(new VerifyingKey(decode(block.bytes(), source), source));
    }
    if (keys.isEmpty()) {
      throw new RegistryException(
          Reason.BAD_KEY, source + " holds no public key (expected: -----BEGIN PUBLIC KEY-----)");
    }
    return keys;
  }

  /** Reads the keys of a PEM file. */
  public static List<VerifyingKey> read(Path file) {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new RegistryException(Reason.BAD_KEY, "cannot read key " + file + ": " + e, e);
    }
  }

  private static PublicKey decode(byte[] bytes, String source) {
    for (var algorithm : List.of("EC", "Ed25519", "RSA")) {
      PublicKey key;
      try {
        key = KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(bytes));
      } catch (GeneralSecurityException e) {
        continue; // One of the others, or none.
      }
      boolean weak =
          switch (key) {
            case ECPublicKey ec -> ec.getParams().getOrder().bitLength() != 256;
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() < MIN_RSA;
            default -> false;
          };
      if (!weak) {
        return key;
      }
    }
    throw new RegistryException(
        Reason.BAD_KEY,
        source + ": key (expected: ECDSA P-256, Ed25519, or RSA of at least 2048 bits)");
  }

  /**
   * Returns whether a signature of some bytes is by this key; one by Ed25519 may be of the bytes
   * or, as cosign does it, of their hash (Ed25519ph).
   */
  public boolean verifies(byte[] signed, byte[] signature) {
    return switch (key.getAlgorithm()) {
      case "EC" -> verifies("SHA256withECDSA", signed, signature, false);
      case "RSA" -> verifies("SHA256withRSA", signed, signature, false);
      default ->
          verifies("Ed25519", signed, signature, false)
              || verifies("Ed25519", signed, signature, true);
    };
  }

  private boolean verifies(String algorithm, byte[] signed, byte[] signature, boolean prehashed) {
    try {
      var check = Signature.getInstance(algorithm);
      if (prehashed) {
        check.setParameter(new EdDSAParameterSpec(true));
      }
      check.initVerify(key);
      check.update(signed);
      return check.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // What does not have the form of a signature is none.
    }
  }
}
