package dev.sluice.providers.internal;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiError;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.providers.ModelSpec;
import dev.sluice.providers.ModelSpec.ContentChoice;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.Providers.Routing;
import dev.sluice.providers.RoutingSpec;
import dev.sluice.providers.RoutingStatus;
import dev.sluice.providers.internal.RoutedChoice.Side;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Routes the calls of one configuration. */
public final class Router implements Routing {
  private final Map<String, LiveProvider> providers = new LinkedHashMap<>();
  private final List<LiveModel> models = new ArrayList<>();
  private final ModelNames<LiveModel> names = new ModelNames<>();
  private final Outcomes outcomes;
  private final @Nullable Similarity similarity;

  /**
   * Creates the router of a configuration.
   *
   * @param embedder tells what texts are similar, or null when nothing does
   * @throws IllegalArgumentException when a target names no provider, or a regular expression is
   *     none
   */
  public Router(RoutingSpec spec, StateShelf shelf, Clock clock, @Nullable Embedder embedder) {
    outcomes = new Outcomes(clock);
    similarity = embedder == null ? null : new Similarity(embedder, clock);
    for (var provider : spec.providers()) {
      providers.put(provider.name(), new LiveProvider(provider, shelf, clock));
    }
    for (var model : spec.models()) {
      var live = live(model, shelf);
      models.add(live);
      names.add(model.name(), live);
    }
  }

  private LiveModel live(ModelSpec spec, StateShelf shelf) {
    var own = targets(spec.targets(), shelf);
    List<LiveTarget[]> tiers = new ArrayList<>();
    tiers.add(own);
    for (var target : targets(spec.fallback(), shelf)) {
      tiers.add(new LiveTarget[] {target});
    }
    var canaries =
        spec.canaries().stream()
            .map(
                canary ->
                    new LiveCanary(
                        spec.name(),
                        canary,
                        before(targets(canary.targets(), shelf), tiers),
                        shelf.get(
                            LiveCanary.id(spec.name(), canary),
                            CanaryState.class,
                            CanaryState::new)))
            .toArray(LiveCanary[]::new);
    var choices =
        spec.choices().stream()
            .map(choice -> live(spec.name(), choice, shelf, tiers))
            .toArray(LiveChoice[]::new);
    return new LiveModel(spec, tiers.toArray(LiveTarget[][]::new), canaries, choices);
  }

  private LiveChoice live(
      String model, ContentChoice spec, StateShelf shelf, List<LiveTarget[]> tiers) {
    var similar = spec.similar();
    var by = similarity;
    return new LiveChoice(
        model,
        spec,
        before(targets(spec.targets(), shelf), tiers),
        shelf.get(new ChoiceState.Id(model, spec.name()), ChoiceState.class, ChoiceState::new),
        similar == null || by == null ? null : by.examples(similar.examples()));
  }

  private static LiveTarget[][] before(LiveTarget[] first, List<LiveTarget[]> tiers) {
    List<LiveTarget[]> all = new ArrayList<>();
    all.add(first);
    all.addAll(tiers);
    return all.toArray(LiveTarget[][]::new);
  }

  private LiveTarget[] targets(List<ModelTarget> specs, StateShelf shelf) {
    var targets = new LiveTarget[specs.size()];
    for (int i = 0; i < targets.length; i++) {
      var provider = providers.get(specs.get(i).provider());
      if (provider == null) {
        throw new IllegalArgumentException(
            "provider: "
                + specs.get(i).provider()
                + " (expected: one of "
                + providers.keySet()
                + ")");
      }
      targets[i] = new LiveTarget(specs.get(i), provider, shelf);
    }
    return targets;
  }

  @Override
  public @Nullable Choice choose(AiCall call, Facts facts, Consumer<Choice> later) {
    var name = call.model();
    var identity = facts.identity();
    if (identity != null && !identity.mayUseModel(name)) {
      return Choice.refused(
          new AiError(
              403,
              "forbidden",
              "Consumer " + identity.name() + " may not use model " + name + "."));
    }
    var found = names.find(name);
    if (found == null) {
      return Choice.refused(unknown(name));
    }
    var model = found.value();
    if (model.choices().length == 0) {
      return new RoutedChoice(call, facts, found, outcomes, usual(model, facts));
    }
    var text = LiveChoice.text(call);
    var asked = asked(model.choices(), text);
    var by = similarity;
    if (by == null || asked.isEmpty()) {
      return new RoutedChoice(call, facts, found, outcomes, side(model, facts, text, null));
    }
    by.embed(
        text,
        asked,
        vector ->
            later.accept(
                new LateChoice(
                    () ->
                        new RoutedChoice(
                            call, facts, found, outcomes, side(model, facts, text, vector)))));
    return null;
  }

  /** Returns the examples that decide before words do. */
  private static List<Examples> asked(LiveChoice[] choices, String text) {
    List<Examples> asked = List.of();
    for (var choice : choices) {
      if (choice.isFoundIn(text)) {
        break;
      }
      var examples = choice.examples();
      if (examples != null) {
        asked = asked.isEmpty() ? new ArrayList<>(2) : asked;
        asked.add(examples);
      }
    }
    return asked;
  }

  private static AiError unknown(String name) {
    return name.isEmpty()
        ? new AiError(400, "model_required", "The request names no model.", "model")
        : new AiError(404, "model_not_found", "There is no model " + name + ".", "model");
  }

  /**
   * @param vector of the text, or null where it is not known
   */
  private static Side side(LiveModel model, Facts facts, String text, float @Nullable [] vector) {
    for (var choice : model.choices()) {
      if (choice.isFoundIn(text) || (vector != null && choice.isLike(vector))) {
        choice.state.calls.increment();
        return new Side(choice.tiers, null, false);
      }
    }
    return usual(model, facts);
  }

  private static Side usual(LiveModel model, Facts facts) {
    for (var canary : model.canaries()) {
      if (!canary.state.isRolledBack() && canary.concerns(facts)) {
        boolean takes = canary.takes(facts);
        return new Side(takes ? canary.tiers : model.tiers(), canary, takes);
      }
    }
    return new Side(model.tiers(), null, false);
  }

  @Override
  public List<String> models(Facts facts) {
    var identity = facts.identity();
    return models.stream()
        .map(model -> model.spec().name())
        .filter(name -> !name.endsWith("*") && !name.startsWith("~"))
        .filter(name -> identity == null || identity.mayUseModel(name))
        .toList();
  }

  @Override
  public RoutingStatus status() {
    return StatusReport.of(providers.values(), models, outcomes.now());
  }
}
