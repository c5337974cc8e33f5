package dev.sluice.registry.internal.sign;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Derives keys from passwords (RFC 7914). */
final class Scrypt {
  private Scrypt() {}

  /**
   * Derives a key.
   *
   * @param cost a power of two; {@code 128 · cost · size} bytes of memory are used
   */
  static byte[] derive(byte[] password, byte[] salt, int cost, int size, int parallel, int length) {
    int block = 128 * size;
    var all = pbkdf2(password, salt, parallel * block);
    for (int i = 0; i < parallel; i++) {
      var mixed = mix(Salsa.words(Arrays.copyOfRange(all, i * block, (i + 1) * block)), cost);
      System.arraycopy(Salsa.bytes(mixed), 0, all, i * block, block);
    }
    return pbkdf2(password, all, length);
  }

  private static int[] mix(int[] start, int cost) {
    var x = start;
    var table = new int[cost][];
    for (int i = 0; i < cost; i++) {
      table[i] = x;
      x = blockMix(x);
    }
    for (int i = 0; i < cost; i++) {
      var other = table[x[x.length - 16] & (cost - 1)];
      var next = x.clone();
      for (int k = 0; k < next.length; k++) {
        next[k] ^= other[k];
      }
      x = blockMix(next);
    }
    return x;
  }

  private static int[] blockMix(int[] in) {
    int blocks = in.length / 16;
    var out = new int[in.length];
    var x = Arrays.copyOfRange(in, in.length - 16, in.length);
    for (int i = 0; i < blocks; i++) {
      for (int k = 0; k < 16; k++) {
        x[k] ^= in[i * 16 + k];
      }
      var start = x.clone();
      Salsa.stir(x, 8);
      for (int k = 0; k < 16; k++) {
        x[k] += start[k];
      }
      System.arraycopy(x, 0, out, (i / 2 + (i % 2) * (blocks / 2)) * 16, 16);
    }
    return out;
  }

  /** Derives by PBKDF2 with one round of HMAC-SHA-256, which takes an empty password too. */
  private static byte[] pbkdf2(byte[] password, byte[] salt, int length) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      // HMAC fills a short key with zeros; the JDK only refuses to hold an empty one.
      mac.init(new SecretKeySpec(password.length == 0 ? new byte[1] : password, "HmacSHA256"));
      var out = ByteBuffer.allocate((length + 31) / 32 * 32);
      for (int i = 1; out.hasRemaining(); i++) {
        mac.update(salt);
        out.put(mac.doFinal(ByteBuffer.allocate(4).putInt(i).array()));
      }
      return Arrays.copyOf(out.array(), length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
