package dev.sluice.control.internal;

import dev.sluice.providers.RoutingStatus;
import java.time.Duration;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Shows how the providers of models fare, as JSON ({@code GET /ai/models}). */
final class RoutingView {
  private RoutingView() {}

  static ObjectNode of(RoutingStatus status) {
    var root = JsonMapper.shared().createObjectNode();
    var targets = root.putArray("targets");
    for (var target : status.targets()) {
      var node = targets.addObject();
      node.put("provider", target.provider()).put("model", target.model());
      node.put("state", word(target.state())).put("active", target.active());
      node.put("attempts", target.attempts()).put("failures", target.failures());
      node.put("ejections", target.ejections());
      node.put("latencyMillis", millis(target.latency())).put("backMillis", millis(target.back()));
    }
    var keys = root.putArray("keys");
    for (var key : status.keys()) {
      var node = keys.addObject();
      node.put("provider", key.provider()).put("key", key.name());
      node.put("state", word(key.state())).put("active", key.active());
      node.put("calls", key.calls()).put("rejected", key.rejected()).put("limited", key.limited());
      node.put("backMillis", millis(key.back()));
    }
    var canaries = root.putArray("canaries");
    for (var canary : status.canaries()) {
      var node = canaries.addObject();
      node.put("model", canary.model()).put("canary", canary.name());
      node.put("state", canary.rolledBack().isEmpty() ? "active" : "rolled_back");
      if (!canary.rolledBack().isEmpty()) {
        node.put("reason", canary.rolledBack());
      }
      node.put("calls", canary.calls()).put("failures", canary.failures());
      node.put("otherCalls", canary.otherCalls()).put("otherFailures", canary.otherFailures());
    }
    var choices = root.putArray("choices");
    for (var choice : status.choices()) {
      var node = choices.addObject();
      node.put("model", choice.model()).put("choice", choice.name()).put("calls", choice.calls());
    }
    return root;
  }

  private static String word(RoutingStatus.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static long millis(Duration time) {
    return time.toMillis();
  }
}
