package dev.sluice.text.internal.embed;

import dev.sluice.plugin.host.Completion;
import java.util.List;
import java.util.concurrent.Executor;

/** Turns texts into vectors, somewhere. Thread-safe. */
interface EmbeddingModel extends AutoCloseable {
  /** Returns the name of the model. */
  String name();

  /** Returns the number of dimensions; 0 when that is not known yet. */
  int dimensions();

  /**
   * Embeds texts; returns at once and never blocks.
   *
   * @param executor where the answer is given, exactly once
   * @throws dev.sluice.plugin.host.ServiceException when the call is refused at once
   */
  void embed(List<String> texts, Executor executor, Completion<List<float[]>> completion);

  /** Returns how many calls wait. */
  int waiting();

  @Override
  void close();
}
