package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.sign.EncryptedKey;
import dev.sluice.registry.internal.sign.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds a private key that plugins are signed with: ECDSA P-256, Ed25519 or RSA. */
public final class SigningKey {
  private final PrivateKey key;

  private SigningKey(PrivateKey key) {
    this.key = key;
  }

  /**
   * Reads a PEM file: PKCS#8, or cosign's own form.
   *
   * @param password of cosign's form, or null
   * @throws RegistryException BAD_KEY with what was found
   */
  public static SigningKey read(Path file, @Nullable String password) {
    try {
      return parse(Files.readString(file), file.toString(), password);
    } catch (IOException e) {
      throw new RegistryException(Reason.BAD_KEY, "cannot read key " + file + ": " + e, e);
    }
  }

  /** Reads a PEM text. */
  public static SigningKey parse(String pem, String source, @Nullable String password) {
    var blocks = Pem.read(pem, source);
    var first =
        blocks.stream()
            .filter(block -> block.label().endsWith("PRIVATE KEY"))
            .findFirst()
            .orElseThrow(
                () ->
                    new RegistryException(
                        Reason.BAD_KEY,
                        source + " holds no private key (expected: -----BEGIN PRIVATE KEY-----)"));
    var bytes =
        switch (first.label()) {
          case "PRIVATE KEY" -> first.bytes();
          case "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY" -> {
            if (password == null) {
              throw new RegistryException(
                  Reason.BAD_KEY,
                  source + " is encrypted (expected: its password in COSIGN_PASSWORD)");
            }
            yield EncryptedKey.decrypt(first.bytes(), password, source);
          }
          default ->
              throw new RegistryException(
                  Reason.BAD_KEY,
                  source
                      + " holds \""
                      + first.label()
                      + "\" (expected: PRIVATE KEY; openssl pkcs8 -topk8 -nocrypt converts it)");
        };
    for (var algorithm : List.of("EC", "Ed25519", "RSA")) {
      try {
        return new SigningKey(
            KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes)));
      } catch (GeneralSecurityException e) {
        // It is one of the others, or none.
      }
    }
    throw new RegistryException(
        Reason.BAD_KEY, source + ": key (expected: ECDSA P-256, Ed25519 or RSA)");
  }

  /** Signs bytes as cosign does. */
  byte[] sign(byte[] bytes) {
    var algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> "Ed25519";
        };
    try {
      var signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(bytes);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new RegistryException(Reason.BAD_KEY, "the key cannot sign: " + e.getMessage(), e);
    }
  }
}
