package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.registry.RegistryServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishes, signs, checks and fetches a plugin as users do, by the command line. */
class PluginCommandsTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};

  @TempDir private Path folder;
  private RegistryServer registry;
  private String reference;
  private String home;

  @BeforeEach
  void start() throws IOException {
    registry =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    reference = "127.0.0.1:" + registry.address().getPort() + "/team/hello:1";
    Files.write(folder.resolve("plugin.wasm"), MODULE);
    // The cache of the user stays as it is.
    home = System.setProperty("user.home", folder.toString());
  }

  @AfterEach
  void stop() {
    System.setProperty("user.home", home);
    registry.close();
  }

  /** Says how a command ended. */
  private record Outcome(int code, String out, String err) {}

  private static Outcome run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new StringWriter();
    var before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      int code = Main.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
      return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }

  @Test
  void pushesSignsVerifiesInspectsAndPulls() throws Exception {
    writeKeys();
    var key = folder.resolve("k.key").toString();
    var trusted = folder.resolve("k.pub").toString();

    var pushed = run("plugin", "push", folder.resolve("plugin.wasm").toString(), reference);
    assertThat(pushed.code()).isZero();
    assertThat(pushed.out()).matches("sha256:[0-9a-f]{64}\\R");
    var unsigned = run("plugin", "verify", reference, "--key", trusted);
    assertThat(unsigned.code()).isEqualTo(1);
    assertThat(unsigned.err()).contains("is not signed");

    assertThat(run("plugin", "sign", reference, "--key", key).out()).isEqualTo(pushed.out());
    var verified = run("plugin", "verify", reference, "--key", trusted, "--output", "json");
    assertThat(verified.code()).isZero();
    assertThat(verified.out()).contains(pushed.out().strip(), "k.pub");

    var inspected = run("plugin", "inspect", reference);
    assertThat(inspected.out())
        .contains("engine", "wasm")
        .containsPattern("signatures +tag bundle");

    var pulled = run("plugin", "pull", reference, "-o", folder.resolve("out").toString());
    assertThat(pulled.out()).isEqualTo(pushed.out());
    assertThat(folder.resolve("out/plugin.wasm")).hasBinaryContent(MODULE);
  }

  @Test
  void signsInOneFormWhenTold() throws Exception {
    writeKeys();
    run("plugin", "push", folder.resolve("plugin.wasm").toString(), reference);

    var key = folder.resolve("k.key").toString();
    assertThat(run("plugin", "sign", reference, "--key", key, "--form", "tag").code()).isZero();

    assertThat(run("plugin", "inspect", reference).out()).containsPattern("signatures +tag\\R");
  }

  @Test
  void pushesIntoAFolder() {
    var layout = "oci-layout:" + folder.resolve("layout") + ":1";
    var pushed = run("plugin", "push", folder.resolve("plugin.wasm").toString(), layout);

    assertThat(pushed.out()).matches("sha256:[0-9a-f]{64}\\R");
    var inspected = run("plugin", "inspect", layout);
    assertThat(inspected.code()).as(inspected.err()).isZero();
    assertThat(inspected.out()).contains("engine", "wasm");
    var untagged = "oci-layout:" + folder.resolve("layout");
    assertThat(run("plugin", "push", folder.resolve("plugin.wasm").toString(), untagged).err())
        .contains("expected: oci-layout:DIR:tag");
  }

  @Test
  void saysWhatIsWrong() {
    assertThat(run("plugin", "sign", "file:x", "--key", "k").err())
        .contains("file:x (expected: a reference to a registry)");
    assertThat(run("plugin", "verify", reference, "--key", "no.pub").err())
        .contains("cannot read key no.pub");
    assertThat(run("plugin", "sign", reference).code()).isEqualTo(2);
  }

  private void writeKeys() throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    var pair = generator.generateKeyPair();
    pem("k.key", "PRIVATE KEY", pair.getPrivate().getEncoded());
    pem("k.pub", "PUBLIC KEY", pair.getPublic().getEncoded());
  }

  private void pem(String name, String label, byte[] bytes) throws IOException {
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(label, Base64.getMimeEncoder().encodeToString(bytes), label));
  }
}
