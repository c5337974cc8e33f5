package dev.sluice.ai;

import dev.sluice.ai.internal.exchange.AiDialogue;
import dev.sluice.ai.internal.exchange.AiErrors;
import dev.sluice.proxy.Dialogue;
import dev.sluice.proxy.DialogueContext;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.ErrorRenderer;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says that LLM protocols are spoken on a route ({@code routes[].ai}). Immutable.
 *
 * @param allowed what may pass although plugins cannot see it
 * @param router chooses where calls go, or null: to the upstreams of the route, in the client's own
 *     format
 * @param limits bound what a message may make the gateway hold
 * @param memory bounds what all messages together may make it hold
 */
public record AiRoute(
    Set<Concern.Kind> allowed, @Nullable ModelRouter router, AiLimits limits, AiMemory memory)
    implements DialogueRoute {
  /** Copies the set. */
  public AiRoute {
    allowed = allowed.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(allowed));
  }

  /** Returns the same with a router, for a route that names no upstream itself. */
  public AiRoute with(ModelRouter other) {
    return new AiRoute(allowed, other, limits, memory);
  }

  /** Returns the same with a memory that it shares with others. */
  public AiRoute with(AiMemory shared) {
    return new AiRoute(allowed, router, limits, shared);
  }

  @Override
  public @Nullable Dialogue begin(DialogueContext context) {
    return AiDialogue.begin(context, this);
  }

  @Override
  public boolean usesUpstreams() {
    return router == null;
  }

  @Override
  public ErrorRenderer errors() {
    return AiErrors.INSTANCE;
  }
}
