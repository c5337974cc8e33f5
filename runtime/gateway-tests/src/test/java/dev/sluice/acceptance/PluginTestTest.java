package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Runs {@code plugin test} on cases that hold, fail, and are malformed. */
class PluginTestTest {
  @TempDir private Path folder;

  private Path cases() {
    return folder.resolve("first/tests/plugin.yaml");
  }

  @Test
  void casesThatFailAreShownWithWhatDiffers() throws IOException {
    var sluice = new SluiceCommand(folder);
    sluice.run("plugin", "new", "--language", "js", "first");
    Files.writeString(
        cases(),
        """
        cases:
          - name: holds
            request: {path: /}
            expect: {response: {headers: {x-first: hello}}}
          - name: fails <&>
            request: {path: /}
            response: {body: {json: {a: 1, b: [1, 2, 3]}}}
            expect:
              response:
                headers: {x-first: hullo}
                body: {json: {a: 1, b: [1, 2, 4]}}
        """);
    var result = sluice.attempt("plugin", "test", "first", "--junit", "report.xml");
    assertThat(result.code()).as(result.errors()).isEqualTo(1);
    assertThat(result.output())
        .contains("  ok    holds (")
        .contains("  FAIL  fails <&> (")
        .contains("first/tests/plugin.yaml:10: cases[1].expect.response.headers.x-first")
        .contains("          expected  hullo\n          actual    hello\n")
        .contains("          - expected, + actual\n")
        .contains("          - ")
        .contains("2 cases, 1 failed");
    assertThat(Files.readString(folder.resolve("report.xml")))
        .contains("tests=\"2\" failures=\"1\"")
        .contains("name=\"fails &lt;&amp;&gt;\"");

    var json = sluice.attempt("plugin", "test", "first", "--output", "json");
    assertThat(json.code()).isEqualTo(1);
    var read = JsonMapper.shared().readTree(json.output());
    assertThat(read.path("failed").asInt()).isEqualTo(1);
    assertThat(read.path("results").get(1).path("differences").get(0).path("expected").asString())
        .isEqualTo("hullo");

    assertThat(sluice.run("plugin", "test", "first", "--filter", "holds")).contains("1 case, all");
  }

  @Test
  void malformedCasesAreToldApartFromFailedOnes() throws IOException {
    var sluice = new SluiceCommand(folder);
    sluice.run("plugin", "new", "--language", "js", "first");
    Files.writeString(cases(), "cases:\n  - name: a\n    request: {pth: /}\n");
    var malformed = sluice.attempt("plugin", "test", "first");
    assertThat(malformed.code()).isEqualTo(2);
    assertThat(malformed.errors())
        .contains("plugin.yaml:3:15: cases[0].request.pth: unknown field; did you mean \"path\"?");

    Files.delete(cases());
    var none = sluice.attempt("plugin", "test", "first");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.errors()).contains("first/tests has no *.yaml with cases");

    assertThat(sluice.run("plugin", "test", "--schema")).contains("Test cases of a Sluice plugin");
  }
}
