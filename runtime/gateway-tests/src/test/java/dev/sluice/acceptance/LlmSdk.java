package dev.sluice.acceptance;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Is an official SDK of an LLM provider, driven by a script in its language through scenarios that
 * are the same for all: {@code llm/sdk_clients.py} and {@code llm/sdk_clients.mjs}.
 */
enum LlmSdk {
  PYTHON_OPENAI("openai", false),
  PYTHON_RESPONSES("responses", false),
  PYTHON_ANTHROPIC("anthropic", false),
  PYTHON_GEMINI("gemini", false),
  NODE_OPENAI("openai", true),
  NODE_RESPONSES("responses", true),
  NODE_ANTHROPIC("anthropic", true);

  private static final Path FOLDER =
      Path.of(System.getProperty("sluice.root", "../..")).resolve(".peers/llm").toAbsolutePath();
  private static final Path SCRIPTS = Path.of("src/test/resources/llm").toAbsolutePath();

  /**
   * The API that it speaks: {@code openai}, {@code responses}, {@code anthropic}, {@code gemini}.
   */
  final String api;

  private final boolean node;

  LlmSdk(String api, boolean node) {
    this.api = api;
    this.node = node;
  }

  /** Returns whether its HTTP library speaks HTTP/2 only over TLS, where both sides agree on it. */
  boolean needsTlsForHttp2() {
    return node;
  }

  /** Runs the scenarios over HTTP/1.1. */
  List<JsonNode> run(String url, String key, List<String> models) {
    return run(url, key, "http1", models);
  }

  /**
   * Runs the scenarios over HTTP/2.
   *
   * @param ca the authority of the server's certificate, if it {@linkplain #needsTlsForHttp2 needs
   *     TLS}
   */
  List<JsonNode> runOverHttp2(String url, String key, Path ca, List<String> models) {
    return run(url, key, node ? ca.toString() : "http2", models);
  }

  /**
   * Runs the scenarios with each model and returns what the SDK saw; ends the test where the SDK is
   * missing.
   */
  private List<JsonNode> run(String url, String key, String version, List<String> models) {
    var command = new ArrayList<String>();
    PeerProgram program;
    if (node) {
      PeerProgram.require(FOLDER.resolve("node/node_modules/openai"));
      PeerProgram.require(FOLDER.resolve("node/node_modules/undici"));
      program = PeerProgram.find("node");
      command.addAll(List.of(SCRIPTS.resolve("sdk_clients.mjs").toString(), api, url, key));
      command.add(FOLDER.resolve("node").toString());
    } else {
      program = PeerProgram.at(FOLDER.resolve("python/bin/python"));
      command.addAll(List.of(SCRIPTS.resolve("sdk_clients.py").toString(), api, url, key));
    }
    command.add(version);
    command.addAll(models);
    PeerProgram.Result result = program.run(command);
    if (result.code() != 0) {
      throw new AssertionError(this + " ended with " + result.code() + ":\n" + result.output());
    }
    return result
        .output()
        .lines()
        .filter(line -> line.startsWith("{"))
        .map(line -> JsonMapper.shared().readTree(line))
        .toList();
  }
}
