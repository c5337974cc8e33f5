package dev.sluice.gateway.internal;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

/** Shows how the providers of models fare. */
@Command(
    name = "models",
    description = "Shows how models, keys, canaries and choices by content fare.",
    mixinStandardHelpOptions = true)
public final class AdminModels implements Callable<Integer> {
  @Mixin private AdminCommand.Target target = new AdminCommand.Target();
  @Mixin private Output output = new Output();

  /** Creates the command; called by picocli. */
  public AdminModels() {}

  @Override
  public Integer call() {
    var status = target.client().getJson("/ai/models");
    var text = new StringBuilder();
    text.append(
        String.format(
            "%-20s %-32s %-8s %8s %10s %10s %8s",
            "PROVIDER", "MODEL", "STATE", "ACTIVE", "ATTEMPTS", "FAILURES", "MILLIS"));
    for (var model : status.path("targets")) {
      text.append(
          String.format(
              "%n%-20s %-32s %-8s %8d %10d %10d %8d",
              word(model, "provider"),
              word(model, "model"),
              word(model, "state"),
              model.path("active").asLong(),
              model.path("attempts").asLong(),
              model.path("failures").asLong(),
              model.path("latencyMillis").asLong()));
    }
    for (var key : status.path("keys")) {
      text.append(
          String.format(
              "%n%-20s %-32s %-8s %8d %10d %10d",
              word(key, "provider"),
              "key " + word(key, "key"),
              word(key, "state"),
              key.path("active").asLong(),
              key.path("calls").asLong(),
              key.path("rejected").asLong() + key.path("limited").asLong()));
    }
    for (var canary : status.path("canaries")) {
      text.append(
          String.format(
              "%n%-20s %-32s %-8s %8s %10d %10d %s",
              word(canary, "model"),
              "canary " + word(canary, "canary"),
              word(canary, "state"),
              "",
              canary.path("calls").asLong(),
              canary.path("failures").asLong(),
              word(canary, "reason")));
    }
    for (var choice : status.path("choices")) {
      text.append(
          String.format(
              "%n%-20s %-32s %-8s %8s %10d",
              word(choice, "model"),
              "choice " + word(choice, "choice"),
              "",
              "",
              choice.path("calls").asLong()));
    }
    output.print(status, text.toString());
    return 0;
  }

  private static String word(JsonNode node, String field) {
    return node.path(field).asString("");
  }
}
