package dev.sluice.testkit.internal;

import dev.sluice.control.CheckedYaml;
import dev.sluice.control.ConfigProblem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a file of cases that fits its schema; what the schema cannot tell is reported here. */
public final class CaseReader {
  private static final Pattern DURATION = Pattern.compile("([0-9.]+)(ms|s|m|h|d)");
  private static final Set<String> EXCHANGE =
      Set.of("advance", "request", "response", "callouts", "expect");

  private static final int PIECE = 16 << 10;

  private final Path file;
  private final CheckedYaml yaml;
  private final List<ConfigProblem> problems = new ArrayList<>();
  private final List<PluginCase> cases = new ArrayList<>();

  /** Reads a file. */
  public CaseReader(Path file, CheckedYaml yaml) {
    this.file = file;
    this.yaml = yaml;
    int index = 0;
    for (var node : yaml.root().path("cases")) {
      cases.add(read(node, "cases[" + index++ + "]"));
    }
    checkPatterns(yaml.root(), "");
  }

  /** Returns the file. */
  public Path file() {
    return file;
  }

  /** Returns the cases. */
  public List<PluginCase> cases() {
    return cases;
  }

  /** Returns what is wrong. */
  public List<ConfigProblem> problems() {
    return problems;
  }

  /** Returns the line of a path. */
  public int line(String path) {
    return yaml.problem(path, MissingNode.getInstance(), "").line();
  }

  private PluginCase read(JsonNode node, String path) {
    var entry = JsonMapper.shared().createObjectNode();
    if (yaml.root().path("plugin") instanceof ObjectNode fields) {
      entry.setAll(fields);
    }
    if (node.path("plugin") instanceof ObjectNode fields) {
      entry.setAll(fields);
    }
    if (node.has("pluginConfig")) {
      entry.set("pluginConfig", node.path("pluginConfig"));
    }
    for (var field : List.of("name", "url", "routes", "global")) {
      if (entry.has(field)) {
        report(path + ".plugin." + field, entry.path(field), "is set by the test itself");
      }
    }
    var steps = new ArrayList<PluginCase.Step>();
    var upstreams = new LinkedHashSet<String>();
    yaml.root().path("upstreams").forEach(name -> upstreams.add(name.asString()));
    node.path("upstreams").forEach(name -> upstreams.add(name.asString()));
    if (node.has("exchanges")) {
      for (var field : EXCHANGE) {
        if (node.has(field)) {
          report(
              path + "." + field, node.path(field), "stands beside exchanges (expected: in one)");
        }
      }
      int index = 0;
      for (var exchange : node.path("exchanges")) {
        steps.add(step(exchange, path + ".exchanges[" + index++ + "]"));
      }
    } else if (EXCHANGE.stream().anyMatch(node::has)) {
      steps.add(step(node, path));
    } else if (!node.has("refused")) {
      report(path, node, "does nothing (expected: request, exchanges or refused)");
    }
    steps.forEach(step -> step.callouts().forEach(callout -> upstreams.add(callout.upstream())));
    return new PluginCase(
        this,
        path,
        node.path("name").asString(),
        entry,
        upstreams,
        clock(node, path),
        node.has("refused") ? node.path("refused") : null,
        steps);
  }

  private @Nullable Instant clock(JsonNode node, String path) {
    if (!node.has("clock")) {
      return null;
    }
    try {
      return Instant.parse(node.path("clock").asString());
    } catch (DateTimeParseException e) {
      report(path + ".clock", node.path("clock"), "is no point in time: " + e.getMessage());
      return null;
    }
  }

  private PluginCase.Step step(JsonNode node, String path) {
    var callouts = new ArrayList<PluginCase.Callout>();
    int index = 0;
    for (var callout : node.path("callouts")) {
      callouts.add(callout(callout, path + ".callouts[" + index++ + "]"));
    }
    boolean requests =
        node.has("request")
            || node.has("response")
            || node.path("expect").has("request")
            || node.path("expect").has("response");
    return new PluginCase.Step(
        path,
        duration(node.path("advance")),
        requests ? request(node.path("request"), path + ".request") : null,
        reply(node.path("response"), path + ".response"),
        callouts,
        node.path("expect"));
  }

  private PluginCase.Message request(JsonNode node, String path) {
    var chunks = chunks(node.path("body"), path + ".body");
    var method = node.path("method").asString(chunks.isEmpty() ? "GET" : "POST");
    var head = new ArrayList<String>();
    head.addAll(List.of(":method", method, ":path", node.path("path").asString("/")));
    if (node.has("host")) {
      head.addAll(List.of(":authority", node.path("host").asString()));
    }
    return message(head, node, chunks);
  }

  private static PluginCase.Message message(List<String> head, JsonNode node, List<byte[]> chunks) {
    head.addAll(fields(node.path("headers")));
    if (node.path("body").has("json") && head.stream().noneMatch("content-type"::equals)) {
      head.addAll(List.of("content-type", "application/json"));
    }
    return new PluginCase.Message(
        head.toArray(String[]::new),
        chunks,
        node.path("body").has("chunks") || chunks.isEmpty() ? -1 : whole(chunks).length,
        node.has("trailers") ? fields(node.path("trailers")).toArray(String[]::new) : null);
  }

  private PluginCase.Reply reply(JsonNode node, String path) {
    if (node.isString()) {
      return new PluginCase.Reply(Duration.ZERO, 200, null, node.asString().equals("broken"));
    }
    return new PluginCase.Reply(
        duration(node.path("delay")),
        node.path("status").asInt(200),
        message(new ArrayList<>(), node, chunks(node.path("body"), path + ".body")),
        node.path("broken").asBoolean(false));
  }

  private PluginCase.Callout callout(JsonNode node, String path) {
    PluginCase.Answer answer;
    if (node.has("reply") || node.has("command")) {
      answer = new PluginCase.Redis(redis(node.path("reply")));
    } else if (node.has("grpc")) {
      var grpc = node.path("grpc");
      var messages = new ArrayList<byte[]>();
      int index = 0;
      for (var message : grpc.path("messages")) {
        messages.add(whole(chunks(message, path + ".grpc.messages[" + index++ + "]")));
      }
      answer =
          new PluginCase.Grpc(
              duration(grpc.path("delay")),
              grpc.path("status").asInt(0),
              grpc.path("message").asString(""),
              messages);
    } else {
      answer = new PluginCase.Http(reply(node.path("response"), path + ".response"));
    }
    return new PluginCase.Callout(
        path, node.path("upstream").asString(), node.path("expect"), node.path("command"), answer);
  }

  private static @Nullable Object redis(JsonNode reply) {
    if (reply.isArray()) {
      return reply.valueStream().map(CaseReader::redis).toList();
    }
    if (reply.isObject()) {
      return new IllegalStateException(reply.path("error").asString("ERR"));
    }
    if (reply.isNull() || reply.isMissingNode()) {
      return null;
    }
    return reply.isIntegralNumber() ? (Object) reply.asLong() : reply.asString();
  }

  private static List<String> fields(JsonNode node) {
    var fields = new ArrayList<String>();
    node.properties()
        .forEach(
            field -> {
              var values = field.getValue().isArray() ? field.getValue() : null;
              if (values == null) {
                fields.addAll(List.of(field.getKey(), field.getValue().asString()));
              } else {
                values.forEach(value -> fields.addAll(List.of(field.getKey(), value.asString())));
              }
            });
    return fields;
  }

  private List<byte[]> chunks(JsonNode body, String path) {
    var chunks = new ArrayList<byte[]>();
    if (body.isString()) {
      chunks.add(utf8(body.asString()));
    } else if (body.has("json")) {
      chunks.add(utf8(body.path("json").toString()));
    } else if (body.has("chunks")) {
      body.path("chunks").forEach(chunk -> chunks.add(utf8(chunk.asString())));
    } else if (body.has("size")) {
      chunks.add("x".repeat(body.path("size").asInt()).getBytes(StandardCharsets.US_ASCII));
    } else if (body.has("base64")) {
      chunks.add(base64(body.path("base64"), path + ".base64"));
    } else if (body.has("file")) {
      chunks.add(content(body.path("file"), path + ".file"));
    }
    chunks.removeIf(chunk -> chunk.length == 0);
    return body.has("chunks") || chunks.isEmpty() ? chunks : pieces(chunks.getFirst());
  }

  /** Cuts a body as a network does. */
  private static List<byte[]> pieces(byte[] body) {
    var pieces = new ArrayList<byte[]>();
    for (int at = 0; at < body.length; at += PIECE) {
      pieces.add(Arrays.copyOfRange(body, at, Math.min(body.length, at + PIECE)));
    }
    return pieces;
  }

  private byte[] base64(JsonNode node, String path) {
    try {
      return Base64.getDecoder().decode(node.asString());
    } catch (IllegalArgumentException e) {
      report(path, node, "is not Base64: " + e.getMessage());
      return new byte[0];
    }
  }

  private byte[] content(JsonNode node, String path) {
    try {
      return Files.readAllBytes(file.resolveSibling(node.asString()));
    } catch (IOException e) {
      report(path, node, "cannot be read, beside the file of the cases: " + e);
      return new byte[0];
    }
  }

  private static byte[] whole(List<byte[]> chunks) {
    var all = new ByteArrayOutputStream();
    chunks.forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Duration duration(JsonNode node) {
    var matcher = DURATION.matcher(node.asString(""));
    if (!matcher.matches()) {
      return Duration.ZERO;
    }
    var unit =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(1);
          case "s" -> Duration.ofSeconds(1);
          case "m" -> Duration.ofMinutes(1);
          case "h" -> Duration.ofHours(1);
          default -> Duration.ofDays(1);
        };
    return Duration.ofNanos((long) (Double.parseDouble(matcher.group(1)) * unit.toNanos()));
  }

  /** Reports expressions that are none, before any case runs. */
  private void checkPatterns(JsonNode node, String path) {
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        checkPatterns(node.get(i), path + "[" + i + "]");
      }
    }
    node.properties()
        .forEach(
            field -> {
              var at = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
              boolean rule = field.getKey().equals("matches") && at.contains("expect");
              if (rule && field.getValue().isString()) {
                try {
                  Pattern.compile(field.getValue().asString());
                } catch (PatternSyntaxException e) {
                  report(at, field.getValue(), "is no expression: " + e.getDescription());
                }
              }
              checkPatterns(field.getValue(), at);
            });
  }

  private void report(String path, JsonNode value, String message) {
    problems.add(yaml.problem(path, value, message));
  }
}
