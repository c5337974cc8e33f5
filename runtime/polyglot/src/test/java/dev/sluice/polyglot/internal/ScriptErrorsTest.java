package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Has errors of scripts name the author's file, line and column. */
class ScriptErrorsTest {
  private static final ScriptEngine ENGINE = new ScriptEngine(ScriptLanguage.JAVASCRIPT);

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "throw new Error('no');|Error: no|guard.js:2:7",
        "null.x;|TypeError|guard.js:2:1",
        "await null; none();|ReferenceError: none is not defined|guard.js:2:13",
        "await sluice.http.fetch('other', {});|SluiceError: other: not granted|",
        "throw 'text';|text|",
        "throw { a: 1 };|rejected with|",
        "throw null;|null|",
        "await Promise.reject(new RangeError('r'));|RangeError: r|guard.js:2:22",
        "JSON.parse('{');|SyntaxError|guard.js:2:",
      })
  void anUncaughtErrorNamesItsPlace(String deed, String message, String place) {
    try (var script = Script.start(ENGINE, Script.doing(deed))) {
      var failure = script.request().failure();
      assertThat(failure.kind()).isEqualTo(Kind.TRAP);
      assertThat(failure)
          .hasMessageStartingWith("guard: onRequestHeaders failed: ")
          .hasMessageContaining(message)
          .hasMessageContaining(place == null ? "" : place);
      assertThat(failure.getMessage()).doesNotContain("prelude", "HostBridge");
      assertThat(script.vm.isAlive()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "export default {|guard.js:1:",
        "\\nimport fs from 'fs';\\nexport default {};|fs",
        "\\n\\nthrow new Error('top');|guard.js:3:7",
        "export const a = 1;|expected: export default definePlugin",
        "export default { onRequestHeader() {} };|onRequestHeader: no such callback",
        "export default { onRequestBody() {}, onRequestChunk() {} };|exclude each other",
      })
  void aScriptThatCannotBeLoadedSaysWhy(String text, String message) {
    var module = Script.load(ENGINE, text.replace("\\n", "\n"));
    assertThatThrownBy(() -> Script.start(module, Script.GENEROUS, "", 0))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("guard")
        .hasMessageContaining(message);
  }

  @Test
  void aSourceMapLeadsToTheAuthorsFiles() {
    // Line 1 of the bundle is line 5 of src/a.ts, its column 4 the column 9 there.
    var map =
        "{\"version\":3,\"sources\":[\"../src/a.ts\",\"../src/b.ts\"],\"mappings\":\"AAIA,IAIQ;;ACAA\"}";
    var bundle =
        "const fail = () => { throw new Error('x') };\n\nexport default { onRequestHeaders() {"
            + " fail(); } };\n//# sourceMappingURL=data:application/json;base64,"
            + Base64.getEncoder().encodeToString(map.getBytes(StandardCharsets.UTF_8));
    try (var script = Script.start(ENGINE, bundle)) {
      assertThat(script.request().failure())
          .hasMessageContaining("at fail (src/a.ts:9:9)")
          .hasMessageContaining("at onRequestHeaders (src/b.ts:")
          .hasMessageNotContainingAny("guard.js");
    }
  }

  @Test
  void aBrokenSourceMapIsLeftAside() {
    for (var map : new String[] {"!!", "e30=", "eyJtYXBwaW5ncyI6Iv8iLCJzb3VyY2VzIjpbXX0="}) {
      var position =
          SourceMap.of("x\n//# sourceMappingURL=data:application/json;base64," + map)
              .position("guard.js", 1, 1);
      assertThat(position).isEqualTo("guard.js:1:1");
    }
  }

  @Test
  void aLanguageThatIsNotInstalledIsNamed() {
    var ruby = new ScriptLanguage("ruby", "prelude.js", "text/x-ruby", List.of(".rb"), Map.of());
    try (var engine = new ScriptEngine(ruby)) {
      assertThatThrownBy(() -> Script.load(engine, "1"))
          .isInstanceOf(PluginException.class)
          .hasMessageContaining("guard: nothing here runs ruby");
    }
  }
}
