package dev.sluice.text.internal.embed;

/** Brings vectors to unit length. */
final class UnitVectors {
  private UnitVectors() {}

  /** Divides a vector by its length, in place; one of length 0 stays as it is. */
  static float[] normalize(float[] vector) {
    double sum = 0;
    for (float x : vector) {
      sum += (double) x * x;
    }
    if (sum > 0) {
      float scale = (float) (1 / Math.sqrt(sum));
      for (int i = 0; i < vector.length; i++) {
        vector[i] *= scale;
      }
    }
    return vector;
  }
}
