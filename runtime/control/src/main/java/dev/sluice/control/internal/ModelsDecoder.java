package dev.sluice.control.internal;

import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.control.internal.ConfigDecoder.Names;
import dev.sluice.providers.ModelCanary;
import dev.sluice.providers.ModelCanary.Rollback;
import dev.sluice.providers.ModelCanary.Sticky;
import dev.sluice.providers.ModelCanary.When;
import dev.sluice.providers.ModelSpec;
import dev.sluice.providers.ModelSpec.ContentChoice;
import dev.sluice.providers.ModelSpec.Similar;
import dev.sluice.providers.ModelSpec.Strategy;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.ModelTarget.BedrockApi;
import dev.sluice.providers.ModelTarget.Cost;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decodes {@code models}. */
final class ModelsDecoder {
  private final Names names;

  ModelsDecoder(Names names) {
    this.names = names;
  }

  List<ModelSpec> decode(Section root) {
    return root.mappings("models").stream().flatMap(section -> model(section).stream()).toList();
  }

  private Optional<ModelSpec> model(Section section) {
    var name = section.text("name", "");
    if (name.startsWith("~")) {
      checkRegex(section, "name", name.substring(1));
    }
    var targets = targets(section, "targets", section);
    var strategy =
        section.choice(
            "strategy", Strategy.WEIGHTED, text -> Strategy.valueOf(text.toUpperCase(Locale.ROOT)));
    if (strategy == Strategy.LEAST_COST) {
      priced(section, targets);
    }
    try {
      return Optional.of(
          new ModelSpec(
              name,
              strategy,
              targets,
              targets(section, "fallback", section),
              canaries(section),
              choices(section),
              section.integer("attempts", ModelSpec.DEFAULT_ATTEMPTS)));
    } catch (IllegalArgumentException e) {
      // The schema has reported lists that are too short or too long, and empty names.
      if (name.equals("~")) {
        section.report("name", RouteDecoder.expectation(e));
      }
      return Optional.empty();
    }
  }

  private static void priced(Section section, List<ModelTarget> targets) {
    var items = section.mappings("targets");
    for (int i = 0; i < targets.size(); i++) {
      if (targets.get(i).cost() == null) {
        items.get(i).report("has no price (expected: price, for strategy least_cost)");
      }
    }
  }

  private static boolean checkRegex(Section section, String field, String regex) {
    try {
      ModelSpec.requireRegex(regex);
      return true;
    } catch (IllegalArgumentException e) {
      section.report(field, "is no regular expression: " + e.getMessage());
      return false;
    }
  }

  /**
   * @param model whose context length, price and timeouts count where a target has none
   */
  private List<ModelTarget> targets(Section section, String list, Section model) {
    var targets = new ArrayList<ModelTarget>();
    for (var item : section.mappings(list)) {
      names.require("providers", item.text("provider", ""), item, "provider");
      targets.add(
          new ModelTarget(
              item.text("provider", ""),
              item.text("model", ""),
              Math.clamp(item.integer("weight", 1), 0, 1_000_000),
              item.integer("priority", 0),
              Math.max(0, item.integer("contextLength", model.integer("contextLength", 0))),
              cost(item.has("price") ? item : model),
              timeouts(item, model),
              item.choice(
                  "api",
                  BedrockApi.AUTO,
                  text -> BedrockApi.valueOf(text.toUpperCase(Locale.ROOT)))));
    }
    return targets;
  }

  private static @Nullable Timeouts timeouts(Section item, Section model) {
    if (!item.has("timeouts") && !model.has("timeouts")) {
      return null;
    }
    var ofModel = ProvidersDecoder.timeouts(model.section("timeouts"), Timeouts.NONE);
    return ProvidersDecoder.timeouts(item.section("timeouts"), ofModel);
  }

  private static @Nullable Cost cost(Section section) {
    if (!section.has("price")) {
      return null;
    }
    var price = section.section("price");
    double per =
        switch (price.text("per", "1M")) {
          case "1" -> 1;
          case "1K" -> 1e3;
          default -> 1e6;
        };
    return new Cost(price.number("input", 0) / per, price.number("output", 0) / per);
  }

  private List<ModelCanary> canaries(Section model) {
    var canaries = new ArrayList<ModelCanary>();
    Set<String> taken = new HashSet<>();
    for (var section : model.mappings("canary")) {
      var name = section.text("name", String.valueOf(canaries.size() + 1));
      once(section, name, taken);
      var when = section.section("when");
      if (when.has("in") && !when.has("header")) {
        when.report("in", "stands without header (expected: header beside it)");
      }
      int share = (int) Math.round(section.number("percent", 100) * ModelCanary.ALL / 100);
      canaries.add(
          new ModelCanary(
              name,
              new When(
                  when.textOrNull("header"),
                  Set.copyOf(when.texts("in")),
                  Set.copyOf(when.texts("consumers")),
                  Set.copyOf(when.texts("groups"))),
              Math.clamp(share, 0, ModelCanary.ALL),
              sticky(section.text("sticky", "consumer")),
              targets(section, "targets", model),
              rollback(section.section("rollback"))));
    }
    return canaries;
  }

  private static Sticky sticky(String text) {
    if (text.startsWith("header:")) {
      return new Sticky(Sticky.By.HEADER, text.substring("header:".length()));
    }
    return text.equals("none") ? Sticky.NONE : Sticky.CONSUMER;
  }

  private static Rollback rollback(Section section) {
    var otherwise = Rollback.DEFAULT;
    return new Rollback(
        section.number("failurePercent", otherwise.failureRate() * 100) / 100,
        section.duration("latency", otherwise.latency()),
        section.integer("exchanges", otherwise.exchanges()),
        section.bound("window", otherwise.window()));
  }

  private List<ContentChoice> choices(Section model) {
    var choices = new ArrayList<ContentChoice>();
    Set<String> taken = new HashSet<>();
    for (var section : model.mappings("choose")) {
      var name = section.text("name", String.valueOf(choices.size() + 1));
      once(section, name, taken);
      var when = section.section("when");
      var regex = when.textOrNull("regex");
      if (regex != null && !checkRegex(when, "regex", regex)) {
        regex = null;
      }
      choices.add(
          new ContentChoice(
              name,
              when.texts("keywords"),
              regex,
              similar(when),
              targets(section, "targets", model)));
    }
    return choices;
  }

  /** Metrics tell them apart by name. */
  private static void once(Section section, String name, Set<String> taken) {
    if (!taken.add(name)) {
      section.report("has the name " + name + " of one before (expected: each once)");
    }
  }

  private static @Nullable Similar similar(Section when) {
    var examples = when.texts("similar");
    if (when.has("similarity") && !when.has("similar")) {
      when.report("similarity", "stands without similar (expected: similar beside it)");
    }
    // The schema has reported what is out of its range.
    double least = Math.clamp(when.number("similarity", Similar.DEFAULT_LEAST), 0.0, 1.0);
    return examples.isEmpty() || examples.size() > Similar.MAX_EXAMPLES
        ? null
        : new Similar(examples, least);
  }
}
