package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.GatewayError;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Has a call answered: asks the router for targets and tries one after another until content comes.
 * Belongs to the loop.
 */
final class CallAttempts {
  private static final AiError NO_TARGET =
      new AiError(503, "no_healthy_upstream", "No provider of this model is available.");

  private final AiDialogue dialogue;
  private @Nullable AiCall call;
  private @Nullable Headers request;
  private @Nullable Choice choice;
  private @Nullable CallAttempt current;

  CallAttempts(AiDialogue dialogue) {
    this.dialogue = dialogue;
  }

  void begin(AiCall whole, Headers headers) {
    call = whole;
    request = headers;
    var context = dialogue.context();
    var limit = context.route().timeout();
    if (!limit.isZero()) {
      context.after(limit, this::tooLate);
    }
    var router = dialogue.settings().router();
    try {
      var chosen =
          router == null
              ? ofRoute(whole)
              : router.choose(whole, dialogue, later -> context.execute(() -> choose(later)));
      if (chosen != null) {
        choose(chosen);
      }
    } catch (AiFormatException e) {
      dialogue.malformed(e);
    }
  }

  /** Sends the call to the route's upstreams, as far as the caller may use the model. */
  private Choice ofRoute(AiCall whole) {
    var identity = dialogue.identity();
    boolean mayUse =
        identity == null
            || whole.endpoint().protocol().listsModels()
            || identity.mayUseModel(whole.model());
    return mayUse
        ? new RouteTargets(dialogue.context())
        : Choice.refused(
            new AiError(
                403, "forbidden", "The caller may not use the model \"" + whole.model() + "\"."));
  }

  private void choose(Choice chosen) {
    if (choice == null && !dialogue.isCut()) {
      choice = chosen;
      next(chosen, null);
    }
  }

  /** Tries the next target; tells the client when there is none. */
  private void next(Choice from, @Nullable Failed before) {
    var failed = before;
    while (!dialogue.isCut()) {
      var target = from.next(failed);
      if (target == null) {
        giveUp(from, failed);
        return;
      }
      try {
        start(from, target);
        return;
      } catch (AiFormatException e) {
        var error = new AiError(400, "bad_request", String.valueOf(e.getMessage()));
        failed = new Failed(target, Failure.UNSUPPORTED, 0, null, error);
        from.ended(target, new AttemptEnd(Failure.UNSUPPORTED, 0, null, -1, 0, null, false, false));
        note(target, target.model(), 0, "unsupported", -1, 0);
      }
    }
  }

  private void start(Choice from, Target target) {
    var whole = call;
    var headers = request;
    if (whole == null || headers == null) {
      throw new IllegalStateException("no call was begun");
    }
    var model = target.model().isEmpty() ? whole.model() : target.model();
    var protocol =
        target.transparent() ? whole.endpoint().protocol() : whole.protocolAt(target.format());
    var asked = target.framed(whole.forProvider(protocol, model, target.streamUsage()));
    dialogue.callFacts().trying(target, model);
    var attempt = new CallAttempt(this, dialogue, from, target, asked);
    current = attempt;
    attempt.open(whole, OutgoingHeaders.of(whole, headers, target, asked));
  }

  /** An attempt failed before anything of it was passed on. */
  void failed(CallAttempt attempt, Failed failure) {
    if (current == attempt && choice != null) {
      current = null;
      next(choice, failure);
    }
  }

  private void giveUp(Choice from, @Nullable Failed last) {
    var why = from.refusal();
    if (why != null) {
      boolean client = why.status() < 500;
      boolean asked = last != null;
      dialogue
          .callFacts()
          .end(client && !asked ? AiEnd.Outcome.REFUSED : AiEnd.Outcome.UPSTREAM_ERROR);
      dialogue.fail(
          AiErrors.of(why, client ? GatewayError.Party.CLIENT : GatewayError.Party.UPSTREAM, ""),
          why,
          from.retryAfter());
      return;
    }
    var error = last == null ? NO_TARGET : last.error();
    if (last != null && last.failure() == Failure.UNSUPPORTED) {
      dialogue.refuse(error);
      return;
    }
    dialogue.callFacts().failed();
    if (last != null && last.failure() == Failure.STATUS && last.headers() != null) {
      dialogue.context().answer(ProviderErrors.answer(dialogue.protocol(), last));
      return;
    }
    var known = dialogue.callFacts().detail();
    var detail = last == null || !known.isEmpty() ? known : last.target().upstream();
    dialogue.fail(AiErrors.of(error, GatewayError.Party.UPSTREAM, detail), error);
  }

  void note(Target target, String model, int status, String failure, long firstToken, long total) {
    dialogue
        .callFacts()
        .tried(
            new AiFacts.AiAttempt(
                target.provider(),
                model,
                target.upstream(),
                status,
                failure.toLowerCase(Locale.ROOT),
                firstToken,
                total));
  }

  private void tooLate() {
    var attempt = current;
    var error = new AiError(504, "upstream_timeout", "The upstream took too long.");
    if (attempt != null) {
      attempt.tooLate(error);
    } else if (!dialogue.isCut()) {
      dialogue.callFacts().failed();
      dialogue.fail(GatewayError.UPSTREAM_TIMEOUT, error);
    }
  }

  /** The exchange goes another way, or is over. */
  void cut() {
    var attempt = current;
    current = null;
    if (attempt != null) {
      attempt.cut();
    }
  }
}
