package dev.sluice.registry.internal.sign;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Computes the core of Salsa20 (Bernstein, "The Salsa20 family of stream ciphers"). */
final class Salsa {
  private static final int[] SIGMA = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

  private Salsa() {}

  /** Stirs sixteen words in place, without adding the input. */
  static void stir(int[] x, int rounds) {
    for (int i = 0; i < rounds; i += 2) {
      quarter(x, 0, 4, 8, 12);
      quarter(x, 5, 9, 13, 1);
      quarter(x, 10, 14, 2, 6);
      quarter(x, 15, 3, 7, 11);
      quarter(x, 0, 1, 2, 3);
      quarter(x, 5, 6, 7, 4);
      quarter(x, 10, 11, 8, 9);
      quarter(x, 15, 12, 13, 14);
    }
  }

  private static void quarter(int[] x, int a, int b, int c, int d) {
    x[b] ^= Integer.rotateLeft(x[a] + x[d], 7);
    x[c] ^= Integer.rotateLeft(x[b] + x[a], 9);
    x[d] ^= Integer.rotateLeft(x[c] + x[b], 13);
    x[a] ^= Integer.rotateLeft(x[d] + x[c], 18);
  }

  /** Lays out a key of 32 bytes and 16 bytes of input as the matrix that is stirred. */
  private static int[] matrix(byte[] key, byte[] input) {
    var k = words(key);
    var n = words(input);
    return new int[] {
      SIGMA[0], k[0], k[1], k[2],
      k[3], SIGMA[1], n[0], n[1],
      n[2], n[3], SIGMA[2], k[4],
      k[5], k[6], k[7], SIGMA[3]
    };
  }

  /** Derives a key from a key and 16 bytes of a nonce (HSalsa20). */
  static byte[] derive(byte[] key, byte[] nonce) {
    var x = matrix(key, nonce);
    stir(x, 20);
    return bytes(new int[] {x[0], x[5], x[10], x[15], x[6], x[7], x[8], x[9]});
  }

  /** Returns a part of the key stream, 64 bytes, for a nonce of 8 bytes. */
  static byte[] block(byte[] key, byte[] nonce, long counter) {
    var input =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).put(nonce).putLong(counter).array();
    var x = matrix(key, input);
    var start = x.clone();
    stir(x, 20);
    for (int i = 0; i < 16; i++) {
      x[i] += start[i];
    }
    return bytes(x);
  }

  static int[] words(byte[] bytes) {
    var words = new int[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
    return words;
  }

  static byte[] bytes(int[] words) {
    var buffer = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(words);
    return buffer.array();
  }
}
