package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fills in variables and files, and keeps what comes from them out of messages. */
class ConfigReferencesTest {
  /** Set by the build for this module's tests. */
  private static final String SECRET = "s3cr3t-value";

  @TempDir private Path folder;
  private Problems problems = new Problems(Path.of(""));

  @BeforeEach
  void start() {
    problems = new Problems(folder);
    assertThat(System.getenv("SLUICE_TEST_SECRET")).isEqualTo(SECRET);
  }

  private String token(String reference) {
    return problems
        .read("admin: {token: \"" + reference + "\"}\n" + Problems.FRAME)
        .admin()
        .token();
  }

  @Test
  void takesVariablesWithAndWithoutDefault() {
    assertThat(token("${SLUICE_TEST_SECRET}")).isEqualTo(SECRET);
    assertThat(token("a-${SLUICE_TEST_SECRET}-b-${SLUICE_TEST_NUMBER}"))
        .isEqualTo("a-" + SECRET + "-b-7");
    assertThat(token("${SLUICE_TEST_NONE:-other}")).isEqualTo("other");
    assertThat(token("${SLUICE_TEST_NONE:-}")).isEmpty();
    assertThat(token("${SLUICE_TEST_EMPTY:-other}")).isEqualTo("other");
  }

  @Test
  void keepsADoubledDollarSign() {
    assertThat(token("$${SLUICE_TEST_SECRET}")).isEqualTo("${SLUICE_TEST_SECRET}");
    assertThat(token("5$ or $5")).isEqualTo("5$ or $5");
  }

  @Test
  void takesFilesBesideTheConfigurationWithoutTheirLastLineBreak() throws IOException {
    Files.writeString(folder.resolve("token"), "from a file\n");

    assertThat(token("${file:token}")).isEqualTo("from a file");
    assertThat(token("${file:" + folder.resolve("token") + "}")).isEqualTo("from a file");
  }

  @Test
  void readsANumberWhereOneIsExpected() {
    var config =
        problems.read(
            """
            threads: ${SLUICE_TEST_NUMBER}
            admin: {token: "${SLUICE_TEST_NUMBER}"}
            listeners: [{name: w, address: "127.0.0.1:${SLUICE_TEST_NUMBER}"}]
            plugins: [{name: p, url: "file:p.wasm", global: "${SLUICE_TEST_NONE:-true}"}]
            """);

    assertThat(config.threads()).isEqualTo(7);
    assertThat(config.admin().token()).isEqualTo("7");
    assertThat(config.plugins().getFirst().global()).isTrue();
  }

  @Test
  void namesVariablesAndFilesThatAreMissing() {
    assertThat(
            problems.of(
                """
                admin: {token: "${SLUICE_TEST_NONE}"}
                listeners:
                  - name: "${1bad}"
                    address: "${file:none}"
                  - {name: "${open", address: "${A:-${B}}"}
                """))
        .containsExactly(
            "c.yaml:1:9: admin.token: ***: environment variable SLUICE_TEST_NONE is not set"
                + " (expected: a value)",
            "c.yaml:3:5: listeners[0].name: \"${1bad}\": ${1bad} (expected: ${NAME},"
                + " ${NAME:-default} or ${file:path})",
            "c.yaml:4:5: listeners[0].address: \"${file:none}\": there is no file none",
            "c.yaml:5:6: listeners[1].name: \"${open\": a ${ without its } (expected: ${NAME},"
                + " ${NAME:-default} or ${file:path})",
            "c.yaml:5:22: listeners[1].address: \"${A:-${B}}\": ${A:-${B} (expected: ${NAME},"
                + " ${NAME:-default} or ${file:path})");
  }

  @Test
  void namesFilesThatCannotBeTaken() throws IOException {
    Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    Files.write(folder.resolve("long"), new byte[(1 << 20) + 1]);

    assertThat(problems.of("admin: {token: \"${file:binary}\"}\n" + Problems.FRAME))
        .containsExactly("c.yaml:1:9: admin.token: ***: binary is not UTF-8");
    assertThat(problems.of("admin: {token: \"${file:long}\"}\n" + Problems.FRAME))
        .containsExactly(
            "c.yaml:1:9: admin.token: ***: long is too long (expected: at most 1048576 bytes)");
    assertThat(problems.of("admin: {token: \"${file:.}\"}\n" + Problems.FRAME))
        .singleElement()
        .asString()
        .startsWith("c.yaml:1:9: admin.token: ***: cannot read");
  }

  @Test
  void neverShowsWhatCameFromAVariable() {
    assertThat(
            problems.of(
                """
                threads: "${SLUICE_TEST_SECRET}"
                listeners: [{name: w, address: "${SLUICE_TEST_SECRET}:99999"}]
                upstreams: {a: ["${SLUICE_TEST_SECRET}"]}
                plugins: [{name: p, url: "ftp://${SLUICE_TEST_SECRET}"}]
                routes: [{name: r, upstream: "${SLUICE_TEST_SECRET}"}]
                """))
        .hasSize(5)
        .allSatisfy(problem -> assertThat(problem).contains("***").doesNotContain(SECRET));
  }

  @Test
  void neverShowsWhatIsASecretByItsName() {
    assertThat(
            problems.of(
                Problems.FRAME
                    + """
                    admin: {token: 1234567}
                    plugins:
                      - name: p
                        url: "file:p.wasm"
                        imagePullSecret: {username: u, password: 7654321}
                        vmConfig: {env: {A: 5555555}}
                    """))
        .containsExactly(
            "c.yaml:3:9: admin.token: ***: expected: a text",
            "c.yaml:7:36: plugins[0].imagePullSecret.password: ***: expected: a text",
            "c.yaml:8:22: plugins[0].vmConfig.env.A: ***: expected: a text");
  }

  @Test
  void refusesASecretThatWasHidden() {
    assertThat(problems.of("admin: {token: \"***\"}\n" + Problems.FRAME))
        .containsExactly(
            "c.yaml:1:9: admin.token: *** stands for a hidden value, but none is here (expected:"
                + " the value itself)");
  }
}
