package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.ArtifactResolver.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheTest {
  private static final int SIZE = 4 << 20;
  private static final int VERSIONS = 6;

  @TempDir private Path folder;
  private RegistryServer server;
  private String host;
  private Path blobs;

  @BeforeEach
  void start() {
    server =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    host = "127.0.0.1:" + server.address().getPort();
    blobs = folder.resolve("cache/blobs/sha256");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void dropsWhatWasUsedLongestAgoFirst() throws IOException {
    var resolver = resolver(SIZE * 5 / 2);
    push("1", 1);
    push("2", 2);
    push("3", 3);
    var first = resolve(resolver, "1").file();
    var second = resolve(resolver, "2").file();
    age(Duration.ofHours(2));
    resolve(resolver, "1");
    resolve(resolver, "3");
    assertThat(second).doesNotExist();
    assertThat(first).exists();
    server.close();
    assertThat(resolve(resolver, "1").file()).isEqualTo(first);
  }

  @Test
  void dropsWhatNobodyUsesAndWhatACrashLeft() throws IOException {
    var resolver = resolver(1L << 30);
    push("1", 1);
    push("2", 2);
    var old = resolve(resolver, "1").file();
    var half = Files.writeString(blobs.resolve(".tmp-crashed"), "half");
    age(Duration.ofHours(2));
    resolve(resolver, "2");
    assertThat(half).doesNotExist();
    assertThat(old).exists();
    age(ArtifactResolver.MAX_AGE.plusDays(1));
    resolve(resolver, "2");
    resolver.trim();
    assertThat(old).doesNotExist();
    assertThat(resolve(resolver, "2").file()).exists();
  }

  /** Lets all files look as if they had been used some time ago. */
  private void age(Duration age) throws IOException {
    var then = FileTime.from(Instant.now().minus(age));
    try (var files = Files.list(blobs)) {
      for (var file : files.toList()) {
        Files.setLastModifiedTime(file, then);
      }
    }
  }

  @Test
  void isWholeAfterAnotherProcessDiedInTheMiddleOfAWrite() throws Exception {
    push("1", 1);
    var random = new Random(7);
    for (int i = 0; i < 4; i++) {
      var process = otherProcess("again");
      try (var out = process.inputReader()) {
        assertThat(out.readLine()).isEqualTo("pulled");
        // Anywhere between the first byte and the last; whatever it hits must do no harm.
        long kill = System.nanoTime() + random.nextLong(100_000_000L);
        Awaitility.await()
            .pollInterval(Duration.ofMillis(1))
            .pollDelay(Duration.ZERO)
            .until(() -> System.nanoTime() > kill);
        process.destroyForcibly().waitFor();
      }
      assertIntact();
    }
    assertThat(resolve(resolver(1L << 30), "1").file()).hasBinaryContent(module(1));
  }

  @Test
  void isSharedWithAnotherProcess() throws Exception {
    for (int i = 1; i <= VERSIONS; i++) {
      push(String.valueOf(i), i);
    }
    var process = otherProcess("all");
    try (var out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("pulled");
      for (int i = VERSIONS; i > 0; i--) {
        var file = resolve(resolver(SIZE), String.valueOf(i)).file();
        assertThat(file).hasBinaryContent(module(i));
      }
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
    assertIntact();
  }

  /** Every blob that has its name has its bytes. */
  private void assertIntact() throws IOException {
    try (var files = Files.list(blobs)) {
      for (var file : files.toList()) {
        var name = String.valueOf(file.getFileName());
        if (!name.startsWith(".tmp-")) {
          assertThat(Digest.of(Files.readAllBytes(file)).hex()).isEqualTo(name);
        }
      }
    }
  }

  private Process otherProcess(String what) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            CacheTest.class.getName(),
            folder.toString(),
            host,
            what)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Pulls all versions, or one again and again, each time as if the cache had lost it. */
  public static void main(String[] arguments) throws IOException {
    var folder = Path.of(arguments[0]);
    boolean again = arguments[2].equals("again");
    for (int i = 0; again || i < VERSIONS; i++) {
      var resolver =
          new ArtifactResolver(folder, folder.resolve("cache"), SIZE, RegistrySettings.PLAIN);
      var tag = String.valueOf(again ? 1 : i + 1);
      var file = resolve(resolver, arguments[1], tag).file();
      if (i == 0) {
        System.out.println("pulled");
      }
      if (again) {
        Files.deleteIfExists(file);
      }
    }
  }

  private ArtifactResolver resolver(long bytes) {
    return new ArtifactResolver(folder, folder.resolve("cache"), bytes, RegistrySettings.PLAIN);
  }

  private PluginArtifact resolve(ArtifactResolver resolver, String tag) {
    return resolve(resolver, host, tag);
  }

  private static PluginArtifact resolve(ArtifactResolver resolver, String host, String tag) {
    return resolver.resolve(
        new Request(
            resolver.parse(host + "/a/b:" + tag), null, PullPolicy.IF_NOT_PRESENT, null, false),
        Progress.NONE);
  }

  private void push(String tag, int seed) throws IOException {
    var file = Files.write(folder.resolve("plugin.wasm"), module(seed));
    try (var client = new RegistryClient(host, null, false)) {
      PluginPackage.of(file).push(client, PluginUrl.oci(host + "/a/b:" + tag), Progress.NONE);
    }
  }

  private static byte[] module(int seed) {
    var bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    System.arraycopy(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0}, 0, bytes, 0, 8);
    return bytes;
  }
}
