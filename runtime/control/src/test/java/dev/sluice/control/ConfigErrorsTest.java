package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Says what is wrong with the parts of a configuration: file, line, column, path, value. */
class ConfigErrorsTest {
  @TempDir private Path folder;
  private Problems problems = new Problems(Path.of(""));

  @BeforeEach
  void start() {
    problems = new Problems(folder);
  }

  private List<String> errors(String yaml) {
    return problems.of(yaml);
  }

  /** Returns the errors of a route that stands in line 3 from column 10. */
  private List<String> route(String fields) {
    return errors(Problems.FRAME + "routes: [{name: r, " + fields + "}]");
  }

  /** Returns the errors of a plugin that stands in line 3. */
  private List<String> plugin(String fields) {
    return errors(Problems.FRAME + "plugins: [{name: p, url: \"file:p.wasm\", " + fields + "}]");
  }

  @Test
  void acceptsTheSmallestConfiguration() {
    var config = problems.read("listeners: [{name: web, address: \"127.0.0.1:0\"}]");

    assertThat(config.listeners()).hasSize(1);
    assertThat(config.admin().address().getPort()).isEqualTo(9901);
    assertThat(config.accessLog()).contains("/dev/stdout");
  }

  @Test
  void givesEachPartOfAProblemToPrograms() {
    var all =
        problems.all(
            "listeners:\n  - {name: web, address: \"127.0.0.1:99999\"}"
                .getBytes(StandardCharsets.UTF_8));

    assertThat(all)
        .containsExactly(
            new ConfigProblem(
                folder.resolve("c.yaml").toString(),
                2,
                17,
                "listeners[0].address",
                "\"127.0.0.1:99999\"",
                "port 99999 (expected: 0..65535)"));
  }

  @Test
  void namesEveryProblemInTheOrderOfTheFile() {
    assertThat(
            errors(
                """
                drainTimeout: 30
                threads: many
                listeners:
                  - {name: web, address: localhost}
                routes:
                  - {name: r, upstream: nope}
                """))
        .containsExactly(
            "c.yaml:1:1: drainTimeout: 30: expected: a number with ms, s, m or h, such as 5s",
            "c.yaml:2:1: threads: \"many\": expected: auto, or a whole number",
            "c.yaml:4:17: listeners[0].address: \"localhost\": expected: host:port, such as"
                + " 127.0.0.1:8080",
            "c.yaml:6:15: routes[0].upstream: \"nope\": there is no such upstream (there are no"
                + " upstreams)");
  }

  @Test
  void namesValuesOfTheWrongType() {
    assertThat(errors("listeners: web"))
        .containsExactly("c.yaml:1:1: listeners: \"web\": expected: a list");
    assertThat(errors("listeners: null"))
        .containsExactly("c.yaml:1:1: listeners: null: expected: a list");
    assertThat(errors(Problems.FRAME + "routes: [word, 5]"))
        .containsExactly(
            "c.yaml:3:10: routes[0]: \"word\": expected: a mapping",
            "c.yaml:3:16: routes[1]: 5: expected: a mapping");
    assertThat(errors(Problems.FRAME + "admin: 9901"))
        .containsExactly("c.yaml:3:1: admin: 9901: expected: a mapping");
    assertThat(plugin("global: maybe"))
        .containsExactly("c.yaml:3:41: plugins[0].global: \"maybe\": expected: true or false");
    assertThat(plugin("priority: high"))
        .containsExactly("c.yaml:3:41: plugins[0].priority: \"high\": expected: a whole number");
    assertThat(plugin("priority: 1.5"))
        .containsExactly("c.yaml:3:41: plugins[0].priority: 1.5: expected: a whole number");
    assertThat(plugin("pluginConfig: []"))
        .containsExactly("c.yaml:3:41: plugins[0].pluginConfig: []: expected: a mapping");
    assertThat(plugin("vmConfig: {configuration: 5}"))
        .containsExactly(
            "c.yaml:3:52: plugins[0].vmConfig.configuration: 5: expected: a mapping or a text");
  }

  @Test
  void namesTheFieldThatWasMeant() {
    assertThat(errors("listeners: [{name: web, adress: \"127.0.0.1:0\"}]"))
        .contains("c.yaml:1:25: listeners[0].adress: unknown field; did you mean \"address\"?");
    assertThat(errors(Problems.FRAME + "accesslog: {}"))
        .containsExactly("c.yaml:3:1: accesslog: unknown field; did you mean \"accessLog\"?");
    assertThat(plugin("limits: {memry: 1MiB}"))
        .containsExactly(
            "c.yaml:3:50: plugins[0].limits.memry: unknown field; did you mean \"memory\"?");
  }

  @Test
  void listsTheFieldsWhenNoneIsNear() {
    assertThat(route("upstream: api, retry: {jitter: 5}"))
        .containsExactly(
            "c.yaml:3:43: routes[0].retry.jitter: unknown field (expected: attempts, on,"
                + " perTryTimeout)");
  }

  @Test
  void saysWhatThisVersionDoesNotSupport() {
    assertThat(errors(Problems.FRAME.replace("endpoints", "healthCheck: {}, endpoints")))
        .anyMatch(
            error -> error.endsWith("upstreams[0].healthCheck: is not supported in this version"));
    assertThat(route("upstream: api, healthCheck: x"))
        .as("healthCheck is a field elsewhere")
        .singleElement()
        .asString()
        .contains("unknown field");
  }

  private List<String> listener(String fields) {
    return errors(
        """
        listeners:
          - {name: raw, address: "127.0.0.1:0", %s}
        upstreams: [{name: api, endpoints: [{address: "127.0.0.1:1"}]}]
        plugins:
          - {name: bytes, type: NETWORK, url: "file:none.wasm"}
          - {name: exchanges, url: "file:none.wasm"}
        """
            .formatted(fields));
  }

  @Test
  void knowsWhatTcpListenersTake() {
    assertThat(listener("protocol: tcp, upstream: api, plugins: [bytes]")).isEmpty();
    assertThat(listener("protocol: tcp"))
        .containsExactly(
            "c.yaml:2:5: listeners[0]: \"upstream\" is missing (expected: with protocol: tcp)");
    assertThat(listener("protocol: tcp, upstream: apt"))
        .singleElement()
        .asString()
        .contains(
            "listeners[0].upstream: \"apt\": there is no such upstream; did you mean \"api\"?");
    assertThat(listener("protocol: tcp, upstream: api, plugins: [exchanges]"))
        .singleElement()
        .asString()
        .contains("listeners[0].plugins[0]", "is of type HTTP (expected: type NETWORK here)");
    assertThat(listener("protocol: tcp, upstream: api, plugins: [none]"))
        .singleElement()
        .asString()
        .contains("there is no such plugin");
    assertThat(listener("protocol: tcp, upstream: api, limits: {streams: 5}"))
        .singleElement()
        .asString()
        .contains("listeners[0].limits.streams", "means nothing for TCP");
    assertThat(listener("upstream: api, plugins: [bytes]"))
        .hasSize(2)
        .anySatisfy(error -> assertThat(error).contains("listeners[0].upstream", "protocol: tcp"));
    assertThat(listener("protocol: udp"))
        .singleElement()
        .asString()
        .contains("listeners[0].protocol", "expected: one of http, tcp");
  }

  @Test
  void networkPluginsAttachToListenersOnly() {
    assertThat(
            errors(
                Problems.FRAME
                    + "plugins: [{name: p, type: NETWORK, url: \"file:p.wasm\", global: true}]"))
        .singleElement()
        .asString()
        .contains("plugins[0].global", "expected: a NETWORK plugin in plugins of a listener");
  }

  @Test
  void namesWhatIsMissing() {
    assertThat(errors("routes: []")).containsExactly("c.yaml:1:1: \"listeners\" is missing");
    assertThat(errors("listeners: []\nupstreams:\n  - {name: b}").getLast())
        .isEqualTo("c.yaml:3:5: upstreams[0]: \"endpoints\" is missing");
    assertThat(errors(Problems.FRAME + "plugins: [{}]"))
        .containsExactly(
            "c.yaml:3:11: plugins[0]: \"name\" is missing",
            "c.yaml:3:11: plugins[0]: \"url\" is missing");
    assertThat(errors("listeners: [{name: web}]"))
        .containsExactly(
            "c.yaml:1:13: listeners[0]: has no or two kinds of address (expected: address or"
                + " addresses)");
  }

  @Test
  void namesDuplicates() {
    assertThat(
            errors(
                """
                listeners:
                  - {name: web, address: "127.0.0.1:8080"}
                  - {name: web, address: "127.0.0.1:8080"}
                drainTimeout: 1s
                drainTimeout: 2s
                """))
        .containsExactly(
            "c.yaml:3:6: listeners[1].name: \"web\": is the name of listeners[0] too (expected:"
                + " each once)",
            "c.yaml:3:17: listeners[1].address: \"127.0.0.1:8080\": 127.0.0.1:8080 is taken by"
                + " listener web (expected: each once)",
            "c.yaml:5:1: drainTimeout: stands here a second time (expected: once)");
    assertThat(errors("listeners: [{name: web, address: \"127.0.0.1:9901\"}]"))
        .containsExactly(
            "c.yaml:1:25: listeners[0].address: \"127.0.0.1:9901\": 127.0.0.1:9901 is taken by the"
                + " admin API (expected: each once)");
    assertThat(
            errors(
                Problems.FRAME
                    + "plugins: [{name: a, url: \"file:a\"}]\n"
                    + "routes: [{name: r, upstream: api, plugins: [a, {name: a}]}]"))
        .containsExactly(
            "c.yaml:4:48: routes[0].plugins[1]: plugin \"a\" is attached twice (expected: once)");
  }

  @Test
  void namesReferencesToWhatIsNotThere() {
    assertThat(route("upstream: apj"))
        .containsExactly(
            "c.yaml:3:20: routes[0].upstream: \"apj\": there is no such upstream; did you mean"
                + " \"api\"?");
    assertThat(route("split: [{upstream: other}]"))
        .containsExactly(
            "c.yaml:3:29: routes[0].split[0].upstream: \"other\": there is no such upstream"
                + " (expected: one of api)");
    assertThat(route("upstream: api, plugins: [guard, {name: other}]"))
        .containsExactly(
            "c.yaml:3:45: routes[0].plugins[0]: \"guard\": there is no such plugin (there are no"
                + " plugins)",
            "c.yaml:3:53: routes[0].plugins[1].name: \"other\": there is no such plugin (there are"
                + " no plugins)");
    assertThat(plugin("routes: [r], grants: {http: [nope]}"))
        .containsExactly(
            "c.yaml:3:50: plugins[0].routes[0]: \"r\": there is no such route (there are no"
                + " routes)",
            "c.yaml:3:70: plugins[0].grants.http[0]: \"nope\": there is no such upstream"
                + " (expected: one of api)");
  }

  @Test
  void namesBadDurations() {
    for (var bad : List.of("5", "5 seconds", "-1s", "1d", "s", "\"\"")) {
      assertThat(route("upstream: api, timeout: " + bad))
          .as(bad)
          .singleElement()
          .asString()
          .startsWith("c.yaml:3:35: routes[0].timeout: ")
          .endsWith(": expected: a number with ms, s, m or h, such as 5s");
    }
    assertThat(route("upstream: api, timeout: 9999999h"))
        .containsExactly(
            "c.yaml:3:35: routes[0].timeout: \"9999999h\": is out of range (expected: up to 292"
                + " years, whole nanoseconds)");
    assertThat(plugin("limits: {callTime: 0s}"))
        .containsExactly(
            "c.yaml:3:50: plugins[0].limits.callTime: \"0s\": is no bound (expected: more than"
                + " 0s)");
  }

  @Test
  void namesBadSizes() {
    for (var bad : List.of("5", "64KB", "1.5MiB", "-1B", "1 MiB", "MiB")) {
      assertThat(plugin("limits: {memory: " + bad + "}"))
          .as(bad)
          .singleElement()
          .asString()
          .startsWith("c.yaml:3:50: plugins[0].limits.memory: ")
          .endsWith("expected: a whole number with B, KiB, MiB or GiB, such as 64KiB");
    }
    assertThat(plugin("limits: {memory: 99999999999999999999GiB}"))
        .containsExactly(
            "c.yaml:3:50: plugins[0].limits.memory: \"99999999999999999999GiB\": is out of range"
                + " (expected: 65536..4294967296 bytes)");
    assertThat(
            errors("listeners: [{name: w, address: \"127.0.0.1:0\", limits: {headerBytes: 0B}}]"))
        .containsExactly(
            "c.yaml:1:56: listeners[0].limits.headerBytes: \"0B\": is out of range (expected:"
                + " 1024..16777216 bytes)");
  }

  @Test
  void namesBadAddresses() {
    for (var bad : List.of("localhost", "\":8080\"", "\"127.0.0.1:\"", "\"a b:80\"", "8080")) {
      assertThat(errors("listeners: [{name: w, address: " + bad + "}]"))
          .as(bad)
          .singleElement()
          .asString()
          .startsWith("c.yaml:1:23: listeners[0].address: ")
          .endsWith("expected: host:port, such as 127.0.0.1:8080");
    }
    assertThat(errors("listeners: [{name: w, addresses: [\"127.0.0.1:0\", \"[::1]:70000\"]}]"))
        .containsExactly(
            "c.yaml:1:50: listeners[0].addresses[1]: \"[::1]:70000\": port 70000 (expected:"
                + " 0..65535)");
    assertThat(errors("listeners: [{name: w, address: \"no.such.host.invalid:80\"}]"))
        .containsExactly(
            "c.yaml:1:23: listeners[0].address: \"no.such.host.invalid:80\": the host name"
                + " no.such.host.invalid cannot be found");
    assertThat(
            errors(
                "listeners: []\nupstreams: [{name: a, endpoints: [{address: \"127.0.0.1:0\"}]}]"))
        .containsExactly(
            "c.yaml:1:1: listeners: []: expected: at least 1 in the list",
            "c.yaml:2:36: upstreams[0].endpoints[0].address: \"127.0.0.1:0\": port 0 (expected:"
                + " 1..65535)");
  }

  @Test
  void refusesAnAdminAddressThatOthersReachWithoutAToken() {
    assertThat(errors("admin: {address: \"0.0.0.0:9901\"}\n" + Problems.FRAME))
        .containsExactly(
            "c.yaml:1:9: admin.address: \"0.0.0.0:9901\": is reachable from elsewhere (expected: a"
                + " loopback address, or admin.token)");
    assertThat(errors("admin: {address: \"0.0.0.0:9901\", token: t0ken}\n" + Problems.FRAME))
        .isEmpty();
  }

  @Test
  void namesValuesOutOfRangeAndUnknownWords() {
    assertThat(errors("threads: 0\n" + Problems.FRAME))
        .containsExactly("c.yaml:1:1: threads: 0: expected: auto, or 1..1024");
    assertThat(route("upstream: api, retry: {attempts: 99, on: [sometimes, 200]}"))
        .containsExactly(
            "c.yaml:3:43: routes[0].retry.attempts: 99: expected: 0..10",
            "c.yaml:3:62: routes[0].retry.on[0]: \"sometimes\": expected: one of connect_failure,"
                + " reset, timeout, or a whole number",
            "c.yaml:3:73: routes[0].retry.on[1]: 200: expected: one of connect_failure, reset,"
                + " timeout, or 400..599");
    assertThat(plugin("failStrategy: CLOSE"))
        .containsExactly(
            "c.yaml:3:41: plugins[0].failStrategy: \"CLOSE\": expected: one of FAIL_CLOSE,"
                + " FAIL_OPEN, FAIL_RELOAD");
    assertThat(plugin("sha256: abc"))
        .containsExactly(
            "c.yaml:3:41: plugins[0].sha256: \"abc\": expected: 64 lower-case hexadecimal digits");
    assertThat(plugin("grants: all"))
        .containsExactly(
            "c.yaml:3:41: plugins[0].grants: \"all\": expected: requested, or a mapping");
    assertThat(errors("listeners: [{name: \"bad name\", address: \"127.0.0.1:0\"}]"))
        .containsExactly(
            "c.yaml:1:14: listeners[0].name: \"bad name\": expected: up to 63 letters, digits,"
                + " dots, hyphens, underscores");
  }

  @Test
  void namesWhatIsWrongWithAMatch() {
    assertThat(route("upstream: api, match: {path: {exact: /a, prefix: /b}}"))
        .containsExactly(
            "c.yaml:3:43: routes[0].match.path: {\"exact\":\"/a\",\"prefix\":\"/b\"}: expected:"
                + " one of exact, prefix, regex");
    assertThat(route("upstream: api, match: {path: {prefix: api}}"))
        .containsExactly(
            "c.yaml:3:50: routes[0].match.path.prefix: \"api\": expected: a path that begins with"
                + " /");
    assertThat(route("upstream: api, match: {path: {regex: \"[\"}}"))
        .containsExactly(
            "c.yaml:3:50: routes[0].match.path.regex: \"[\": expected: an RE2 expression; error"
                + " parsing regexp: missing closing ]: `[`");
    assertThat(route("upstream: api, match: {headers: [{name: x, regex: \"(\"}, {name: y}]}"))
        .containsExactly(
            "c.yaml:3:63: routes[0].match.headers[0].regex: \"(\": expected: an RE2 expression;"
                + " error parsing regexp: missing closing ): `(`",
            "c.yaml:3:76: routes[0].match.headers[1]: {\"name\":\"y\"}: expected: name and one of"
                + " exact, prefix, suffix, regex, present");
    assertThat(route("upstream: api, match: {hosts: [\"a:1\"], methods: [get]}"))
        .containsExactly(
            "c.yaml:3:51: routes[0].match.hosts[0]: \"a:1\": expected: a host name without port,"
                + " *.example.org or *",
            "c.yaml:3:69: routes[0].match.methods[0]: \"get\": expected: a method in capital"
                + " letters");
  }

  @Test
  void namesContradictions() {
    assertThat(route("upstream: api, split: [{upstream: api}]"))
        .containsExactly(
            "c.yaml:3:10: routes[0]: has no or two kinds of target (expected: upstream or split)");
    assertThat(route("split: [{upstream: api, weight: 0}]"))
        .containsExactly(
            "c.yaml:3:20: routes[0].split: all weights are 0 (expected: at least one above)");
    assertThat(plugin("pluginConfig: {}, defaultConfig: {}"))
        .containsExactly(
            "c.yaml:3:59: plugins[0].defaultConfig: stands beside pluginConfig (expected: one of"
                + " them)");
    assertThat(plugin("matchRules: [{config: {}}]"))
        .containsExactly(
            "c.yaml:3:54: plugins[0].matchRules[0]: has no condition (expected: ingress, domain or"
                + " service)");
  }

  @Test
  void namesBadUrls() {
    assertThat(errors(Problems.FRAME + "plugins: [{name: a, url: \"ftp://x\"}]"))
        .containsExactly(
            "c.yaml:3:21: plugins[0].url: \"ftp://x\": scheme ftp (expected: oci, oci-layout, file"
                + " or https)");
  }

  @Test
  void refusesUrlsWithALoginAndDoesNotRepeatIt() {
    var found =
        problems.of(
            Problems.FRAME
                + """
                providers: [{name: p, format: openai, baseUrl: "https://u:hush@h/v1"}]
                issuers:
                  - {issuer: "https://u:hush@h"}
                  - {issuer: i, jwksUri: "https://u:hush@h/keys"}
                telemetry: {otlp: {endpoint: "https://u:hush@h"}}
                """);

    assertThat(found).hasSize(4).allMatch(problem -> problem.contains(": ***: "));
    assertThat(found.toString())
        .contains(
            "providers[0].baseUrl", "issuers[0].issuer", "issuers[1].jwksUri", "otlp.endpoint")
        .doesNotContain("hush");
  }

  @Test
  void namesFilesAndFoldersThatAreNotThere() {
    assertThat(
            errors(
                "listeners: [{name: w, address: \"127.0.0.1:0\", tls: {certificates: [{cert: a.pem,"
                    + " key: a.key}]}}]"))
        .containsExactly(
            "c.yaml:1:69: listeners[0].tls.certificates[0].cert: \"a.pem\": there is no file a.pem"
                + " that can be read",
            "c.yaml:1:82: listeners[0].tls.certificates[0].key: \"a.key\": there is no file a.key"
                + " that can be read");
    assertThat(errors("accessLog: {path: logs/access.log}\n" + Problems.FRAME))
        .containsExactly(
            "c.yaml:1:13: accessLog.path: \"logs/access.log\": there is no folder logs");
  }

  @Test
  void shortensLongValues() {
    assertThat(route("upstream: api, timeout: \"" + "x".repeat(500) + "\""))
        .singleElement()
        .asString()
        .contains("x".repeat(70) + "...: expected")
        .doesNotContain("x".repeat(100));
  }
}
