package dev.sluice.polyglot.internal;

import com.oracle.truffle.api.instrumentation.TruffleInstrument.Registration;
import com.oracle.truffle.api.instrumentation.provider.TruffleInstrumentProvider;
import java.util.Collection;
import java.util.List;

/** Makes {@link ContextHeap} known to GraalVM, as its annotation processor would. */
@Registration(id = ContextHeap.ID, name = "Context heap", services = ContextHeap.Measure.class)
public final class ContextHeapProvider extends TruffleInstrumentProvider {
  /** Creates it; called by {@link java.util.ServiceLoader}. */
  public ContextHeapProvider() {}

  @Override
  protected String getInstrumentClassName() {
    return ContextHeap.class.getName();
  }

  @Override
  protected Object create() {
    return new ContextHeap();
  }

  @Override
  protected Collection<String> getServicesClassNames() {
    return List.of(ContextHeap.Measure.class.getName());
  }
}
