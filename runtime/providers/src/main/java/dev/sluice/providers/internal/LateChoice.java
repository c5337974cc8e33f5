package dev.sluice.providers.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Target;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Is a choice that is made when it is first asked: on its loop, wherever it became known. */
final class LateChoice implements Choice {
  private final Supplier<Choice> maker;
  private @Nullable Choice made;

  LateChoice(Supplier<Choice> maker) {
    this.maker = maker;
  }

  private Choice made() {
    var choice = made;
    if (choice == null) {
      choice = maker.get();
      made = choice;
    }
    return choice;
  }

  @Override
  public @Nullable Target next(@Nullable Failed before) {
    return made().next(before);
  }

  @Override
  public void ended(Target target, AttemptEnd end) {
    made().ended(target, end);
  }

  @Override
  public @Nullable AiError refusal() {
    return made().refusal();
  }

  @Override
  public Duration retryAfter() {
    return made().retryAfter();
  }
}
