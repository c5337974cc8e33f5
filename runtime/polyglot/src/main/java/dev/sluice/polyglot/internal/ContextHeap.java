package dev.sluice.polyglot.internal;

import com.oracle.truffle.api.TruffleContext;
import com.oracle.truffle.api.instrumentation.TruffleInstrument;
import com.oracle.truffle.api.instrumentation.TruffleInstrument.Registration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Is GraalVM's instrument that tells what a context keeps: it walks the objects that can be reached
 * from the context. That takes milliseconds for each megabyte, and needs the compiler's modules:
 * without them GraalVM does not know how objects lie in memory.
 */
@Registration(id = ContextHeap.ID, name = "Context heap", services = ContextHeap.Measure.class)
public final class ContextHeap extends TruffleInstrument {
  /** The name by which an engine finds it. */
  static final String ID = "sluice-context-heap";

  /** Tells the size of the context that the thread is in. */
  interface Measure {
    /**
     * Returns the bytes of the entered context, or something above {@code stopAt} as soon as they
     * are more.
     *
     * @throws UnsupportedOperationException when GraalVM cannot tell
     */
    long retainedBytes(long stopAt);
  }

  /** Creates it; called by its provider. */
  public ContextHeap() {}

  @Override
  protected void onCreate(Env env) {
    env.registerService(
        (Measure)
            stopAt -> {
              TruffleContext entered = env.getEnteredContext();
              return env.calculateContextHeapSize(entered, stopAt, new AtomicBoolean());
            });
  }
}
