package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.control.ConfigException;
import dev.sluice.testkit.CaseResult.Difference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs files of cases, good ones, wrong ones and malformed ones. */
class CasesTest {
  private static final Path ROOT =
      Path.of(System.getProperty("sluice.root", "../..")).toAbsolutePath().normalize();

  @TempDir private Path folder;

  private List<CaseResult> run(Path plugin, Path file) {
    try (var cases = new PluginCases(plugin, null)) {
      return cases.run(List.of(file), "", result -> {});
    }
  }

  private Path file(String text) throws IOException {
    Files.createDirectories(folder.resolve("tests"));
    return Files.writeString(folder.resolve("tests/plugin.yaml"), text);
  }

  @Test
  void thePromptGuardHoldsItsCases() {
    var guard = ROOT.resolve("plugins/ai-prompt-guard");
    try (var cases = new PluginCases(guard, null)) {
      var results = cases.run(PluginCases.files(guard), "", result -> {});
      assertThat(results).hasSize(5).allMatch(CaseResult::holds, "holds");
    }
  }

  @Test
  void whatDiffersIsToldWithItsLine() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file =
        file(
            """
            cases:
              - name: expects too much
                request: {path: /call, body: hello}
                response: {status: 201, headers: {x-a: [1, 2]}, body: {json: {a: 1, b: 2}}}
                callouts:
                  - upstream: other
                    expect: {path: /other}
                  - upstream: more
                expect:
                  request: none
                  response:
                    status: 200
                    headers:
                      x-a: "1"
                      x-b: {matches: "^.$"}
                    body: {json: {a: 1, b: 3}}
                  answeredBy: plugin
                  log: [{level: warn, message: something}]
                  metrics: {calls: 7, others: 1}
            """);
    var result = run(plugin, file).getFirst();
    assertThat(result.holds()).isFalse();
    assertThat(result.line()).isEqualTo(2);
    assertThat(result.differences())
        .contains(
            new Difference(7, "cases[0].callouts[0].expect.path", "/other", "/check"),
            new Difference(8, "cases[0].callouts[1]", "a call to more", "none"),
            new Difference(10, "cases[0].expect.request", "none", "it reached the upstream"),
            new Difference(12, "cases[0].expect.response.status", "200", "201"),
            new Difference(14, "cases[0].expect.response.headers.x-a", "1", "1, 2"),
            new Difference(
                15, "cases[0].expect.response.headers.x-b", "matches /^.$/", "(not there)"),
            new Difference(17, "cases[0].expect.answeredBy", "plugin", "upstream"),
            new Difference(19, "cases[0].expect.metrics.calls", "7", "1"),
            new Difference(19, "cases[0].expect.metrics.others", "1", "(not there)"))
        .anyMatch(difference -> difference.path().equals("cases[0].expect.log[0]"))
        .anyMatch(
            difference ->
                difference.path().equals("cases[0].expect.response.body")
                    && difference.expected().contains("\"b\" : 3")
                    && difference.actual().contains("\"b\" : 2"));
  }

  @Test
  void anUnexpectedCallIsTold() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file =
        file(
            """
            upstreams: [other]
            cases:
              - name: calls
                request: {path: /call}
            """);
    assertThat(run(plugin, file).getFirst().differences())
        .containsExactly(
            new Difference(3, "cases[0].callouts", "no further call", "other: GET /check"));
  }

  @Test
  void timeCalloutsAndSeveralExchangesAreGiven() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file =
        file(
            """
            cases:
              - name: passes time between exchanges
                clock: 2026-03-04T05:06:07Z
                exchanges:
                  - request: {path: /time}
                    expect: {request: {headers: {x-time: "2026-03-04T05:06:07Z"}}}
                  - advance: 90s
                    request: {path: /time}
                    expect:
                      request: {headers: {x-time: "2026-03-04T05:07:37Z"}}
                      metrics: {ticks: 90}
              - name: answers late
                request: {path: /call}
                callouts: [{upstream: other, response: {delay: 4900ms, status: 204}}]
                expect: {request: {headers: {x-status: "204"}}}
              - name: answers too late
                request: {path: /call}
                callouts: [{upstream: other, response: {delay: 5100ms, status: 204}}]
                expect: {request: {headers: {x-status: TIMEOUT}}}
              - name: breaks off
                request: {path: /call}
                callouts: [{upstream: other, response: broken}]
                response: {status: 200, body: par, broken: true}
                expect:
                  request: {headers: {x-status: UNAVAILABLE}}
                  response: {status: 200, body: par, broken: true}
              - name: speaks Redis
                request: {path: /redis}
                callouts:
                  - {upstream: other, command: [GET, {contains: k}], reply: value}
                expect: {request: {headers: {x-reply: "$5 value "}}}
              - name: starts only with a good configuration
                pluginConfig: {refuse: not today}
                refused: {contains: not today}
            """);
    assertThat(run(plugin, file)).hasSize(6).allMatch(CaseResult::holds, "holds");
  }

  @Test
  void aPluginThatDoesNotStartFailsItsCase() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file = file("cases: [{name: a, pluginConfig: {refuse: not today}, request: {path: /}}]\n");
    assertThat(run(plugin, file).getFirst().differences().getFirst().actual())
        .contains("not today");
  }

  @Test
  void malformedFilesAreRefusedWithLineAndPath() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file =
        file(
            """
            case: []
            cases:
              - name: a
                request: {pat: /, method: get}
                response: {status: 99}
                expect: {response: {body: {contain: x}}}
              - request: {path: x}
            """);
    assertThatThrownBy(() -> run(plugin, file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(file + ":1:1: case: unknown field; did you mean \"cases\"?")
        .hasMessageContaining(":4:15: cases[0].request.pat: unknown field; did you mean \"path\"?")
        .hasMessageContaining("cases[0].request.method: \"get\"")
        .hasMessageContaining("cases[1]: \"name\" is missing")
        .hasMessageContaining(":7:15: cases[1].request.path: \"x\"");
  }

  @Test
  void whatNoSchemaTellsIsRefusedToo() throws IOException {
    var plugin = JavaPlugin.build(folder);
    var file =
        file(
            """
            cases:
              - {name: nothing}
              - name: both
                request: {path: /}
                exchanges: [{request: {path: /}}]
              - name: expression
                request: {body: {base64: "!"}}
                expect: {response: {body: {matches: "("}}}
              - name: set
                plugin: {url: "file:x"}
                clock: 2026-13-01T00:00:00Z
                request: {body: {file: none.txt}}
            """);
    assertThatThrownBy(() -> run(plugin, file))
        .hasMessageContaining(":2:5: cases[0]: does nothing")
        .hasMessageContaining("cases[1].request: stands beside exchanges")
        .hasMessageContaining("cases[2].expect.response.body.matches: \"(\": is no expression")
        .hasMessageContaining("cases[2].request.body.base64: \"!\": is not Base64")
        .hasMessageContaining("cases[3].plugin.url: \"file:x\": is set by the test itself")
        .hasMessageContaining("cases[3].clock")
        .hasMessageContaining("cases[3].request.body.file: \"none.txt\": cannot be read");
  }
}
