package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.Main;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Runs {@code sluice admin} against a gateway that serves. */
class AdminCommandsTest {
  @TempDir private Path folder;
  private final Transport transport = Transport.create(1);
  private TestUpstream upstream;
  private SwapGateway gateway;

  /** Says how a command ended. */
  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "up"));
    Files.write(folder.resolve("one.wasm"), SwapGateway.headerGuest());
    Files.write(folder.resolve("two.wasm"), SwapGateway.relabelled(SwapGateway.headerGuest(), 2));
    gateway =
        SwapGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            accessLog: {}
            threads: 1
            upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
            plugins: [{name: hello, url: "file:one.wasm", pluginConfig: {header: x-hello, value: one}}]
            routes: [{name: all, upstream: up, plugins: [hello]}]
            """
                .formatted(upstream.port()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    upstream.close();
    transport.close();
  }

  private Outcome admin(String... arguments) {
    var all = new ArrayList<>(List.of("admin"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--admin", gateway.adminUrl()));
    var out = new ByteArrayOutputStream();
    var err = new StringWriter();
    var before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      int code =
          Main.commandLine().setErr(new PrintWriter(err, true)).execute(all.toArray(String[]::new));
      return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }

  @Test
  void listsLoadsAndRollsBack() {
    var listed = admin("plugins");
    assertThat(listed.code()).as(listed.err()).isZero();
    assertThat(listed.out()).containsPattern("hello +active").contains("[all]");

    var loaded = admin("load", "hello", "--url", "file:two.wasm");
    assertThat(loaded.code()).as(loaded.err()).isZero();
    assertThat(loaded.out()).contains("hello", "serves", "sha256:");
    assertThat(gateway.get("/").headers().firstValue("x-hello")).hasValue("one");

    var back = admin("rollback", "hello", "--output", "json");
    assertThat(back.code()).as(back.err()).isZero();
    var digest = JsonMapper.shared().readTree(back.out()).path("digest").asString();
    assertThat(loaded.out()).doesNotContain(digest);
    assertThat(admin("plugins").out()).contains(digest.substring(0, 19));
  }

  @Test
  void promotesANewVersionThatHasAShare() throws Exception {
    var entry = folder.resolve("canary.yaml");
    Files.writeString(
        entry, "{url: \"file:one.wasm\", pluginConfig: {header: x-new}, canary: {percent: 25}}");
    assertThat(admin("load", "hello", "-f", entry.toString()).code()).isZero();
    assertThat(admin("plugins").out()).containsPattern("canary +running .*25.0 %");

    var promoted = admin("promote", "hello");

    assertThat(promoted.code()).as(promoted.err()).isZero();
    assertThat(promoted.out()).contains("hello", "serves");
    assertThat(admin("plugins").out()).doesNotContain("canary");
    var again = admin("promote", "hello");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("no new version");
  }

  @Test
  void loadsAnEntryFromAFileAndUnloadsIt() throws Exception {
    var entry = folder.resolve("entry.yaml");
    Files.writeString(entry, "{name: other, url: \"file:one.wasm\", pluginConfig: {header: x-o}}");

    assertThat(admin("load", "other", "-f", entry.toString()).code()).isZero();
    assertThat(admin("plugins").out()).contains("other");
    assertThat(admin("unload", "other").code()).isZero();
    assertThat(admin("config").out()).doesNotContain("other").contains("hello");
  }

  @Test
  void showsTheConfigurationInForce() {
    var config = admin("config");

    assertThat(config.code()).isZero();
    assertThat(config.out()).contains("file:one.wasm", "x-hello");
    assertThat(
            JsonMapper.shared().readTree(admin("config", "--output", "json").out()).path("routes"))
        .hasSize(1);
  }

  @Test
  void showsWhatPluginsDo() {
    gateway.get("/");
    var top = admin("top", "--interval", "0.1");

    assertThat(top.code()).as(top.err()).isZero();
    assertThat(top.out().lines().toList()).hasSize(2);
    assertThat(top.out()).containsPattern("hello +active +[0-9.,]+ ").contains("MiB");
    var json = JsonMapper.shared().readTree(admin("top", "--interval", "0.1", "-o", "json").out());
    assertThat(json.at("/0/callsPerSecond").isNumber()).isTrue();
    assertThat(admin("top", "--interval", "0").err()).contains("--interval 0.0 (expected: above 0");
  }

  @Test
  void saysWhatWasRefused() {
    var missing = admin("unload", "nobody");
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("DELETE /plugins/nobody answered 404");
    var used = admin("unload", "hello");
    assertThat(used.code()).isEqualTo(1);
    assertThat(used.err()).contains("409");
    var broken = admin("load", "hello", "--url", "file:none.wasm");
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.err()).contains("none.wasm");
    assertThat(admin("load", "hello").err()).contains("expected: --url or --file");
    assertThat(gateway.get("/").headers().firstValue("x-hello")).hasValue("one");
  }

  @Test
  void drains() {
    assertThat(admin("drain").code()).isZero();
    assertThat(gateway.admin("GET", "/readyz", "").statusCode()).isEqualTo(503);
  }
}
