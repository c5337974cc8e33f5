package dev.sluice.text.internal.embed;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.text.internal.Workers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link MiniLm} on threads of its own, half as many as there are cores. Calls that wait are
 * run together, up to {@link #BATCH} texts at once.
 */
final class LocalModel implements EmbeddingModel {
  /** Texts that are embedded together at the most. */
  static final int BATCH = 16;

  private static final int MAX_WAITING = 512;
  private static final long MAX_CHARACTERS = 16 << 20;

  private final Workers workers =
      new Workers(
          "sluice-embed",
          Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
          MAX_WAITING,
          MAX_CHARACTERS);

  /** Calls that wait for a worker; guarded by itself. */
  private final Deque<Call> calls = new ArrayDeque<>();

  private @Nullable MiniLm model;
  private boolean closed;

  /** Is a call that waits. */
  private record Call(List<String> texts, Executor executor, Completion<List<float[]>> completion) {
    void succeeded(List<float[]> vectors) {
      executor.execute(() -> completion.succeeded(vectors));
    }

    void failed(ServiceException error) {
      executor.execute(() -> completion.failed(error));
    }
  }

  @Override
  public String name() {
    return MiniLm.NAME;
  }

  @Override
  public int dimensions() {
    return MiniLm.DIMENSIONS;
  }

  @Override
  public void embed(List<String> texts, Executor executor, Completion<List<float[]>> completion) {
    var call = new Call(texts, executor, completion);
    long size = texts.stream().mapToLong(String::length).sum();
    synchronized (calls) {
      // A worker finds the call, or another that it takes this one along with.
      workers.run(size, this::work, this::dropped);
      calls.add(call);
    }
  }

  /** Embeds the call that waits longest, and those behind it that fit into the same batch. */
  private void work() {
    var batch = new ArrayList<Call>();
    var texts = new ArrayList<String>();
    synchronized (calls) {
      while (!calls.isEmpty()
          && (batch.isEmpty() || texts.size() + calls.getFirst().texts.size() <= BATCH)) {
        var call = calls.removeFirst();
        batch.add(call);
        texts.addAll(call.texts);
      }
    }
    if (!batch.isEmpty()) {
      embed(batch, texts);
    }
  }

  private void embed(List<Call> batch, List<String> texts) {
    try {
      var vectors = model().embed(texts);
      int from = 0;
      for (var call : batch) {
        call.succeeded(List.copyOf(vectors.subList(from, from + call.texts.size())));
        from += call.texts.size();
      }
    } catch (ServiceException e) {
      if (batch.size() == 1) {
        batch.getFirst().failed(e);
      } else {
        // One of them is at fault: each for itself.
        batch.forEach(call -> embed(List.of(call), call.texts));
      }
    } catch (RuntimeException e) {
      var error = new ServiceException(Reason.INTERNAL, "embed: " + e);
      batch.forEach(call -> call.failed(error));
    }
  }

  private void dropped(ServiceException error) {
    while (true) {
      Call call;
      synchronized (calls) {
        call = calls.pollFirst();
      }
      if (call == null) {
        return;
      }
      call.failed(error);
    }
  }

  private synchronized MiniLm model() {
    if (closed) {
      throw new ServiceException(Reason.UNAVAILABLE, "embed: closed");
    }
    var loaded = model;
    if (loaded == null) {
      loaded = MiniLm.load();
      model = loaded;
    }
    return loaded;
  }

  @Override
  public int waiting() {
    return workers.queued();
  }

  /** Frees the model behind what still runs. Idempotent: the model itself must be freed once. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    workers.close();
    workers.whenEnded(this::free);
  }

  private synchronized void free() {
    if (model != null) {
      model.close();
      model = null;
    }
  }
}
