package dev.sluice.plugin.host;

import java.util.List;

/** Turns texts into vectors of unit length. */
public interface Embedder {
  /** Returns the name of the model, part of any cache key. */
  String model();

  /** Returns the number of dimensions. */
  int dimensions();

  /** Embeds texts, answering a vector for each in order. */
  void embed(List<String> texts, Completion<List<float[]>> completion);
}
