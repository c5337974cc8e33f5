package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has an author of a Java plugin test it by JUnit, with what {@code plugin new} has brought and
 * Maven Central.
 */
@Tag("peers")
class JavaTestkitRepositoryTest {
  private static final Path GUIDE =
      Path.of(System.getProperty("sluice.root", "../.."), "plugin-sdk/README.md");

  @TempDir private Path folder;

  /**
   * Returns the XML of the guide's section about Java, from one element to the end of its block.
   */
  private static String guide(String element) throws IOException {
    var text = Files.readString(GUIDE);
    int from = text.indexOf(element, text.indexOf("## From Java"));
    assertThat(from).as(element + " in " + GUIDE).isPositive();
    return text.substring(from, text.indexOf("```", from));
  }

  @Test
  void theTestkitRunsThePluginThatMavenHasBuilt() throws Exception {
    var maven = PeerProgram.find("mvn");
    new SluiceCommand(folder).run("plugin", "new", "--language", "java", "first");
    var plugin = folder.resolve("first");
    var pom = plugin.resolve("pom.xml");
    Files.writeString(
        pom,
        Files.readString(pom)
            .replace("</dependencies>", guide("<dependency>") + "</dependencies>")
            .replaceFirst(
                "<plugin>.*maven-surefire-plugin.*", Matcher.quoteReplacement(guide("<plugin>"))));
    var test = plugin.resolve("src/test/java/plugin/HeaderPluginTest.java");
    Files.createDirectories(test.getParent());
    Files.writeString(
        test,
        """
        package plugin;

        import static org.junit.jupiter.api.Assertions.assertEquals;

        import dev.sluice.testkit.PluginExtension;
        import java.nio.file.Path;
        import org.junit.jupiter.api.Test;
        import org.junit.jupiter.api.extension.RegisterExtension;

        class HeaderPluginTest {
          @RegisterExtension
          final PluginExtension plugin =
              PluginExtension.of(Path.of("."), kit -> kit.configuration("{\\"value\\": \\"a\\"}"));

          @Test
          void addsTheConfiguredHeader() {
            var exchange = plugin.exchange().get("/").respond(200, "ok");
            assertEquals("a", exchange.response().header("x-first"));
          }
        }
        """);
    var result =
        PeerProgram.find("env") // Maven runs on the JDK of these tests, which reads the plugin
            .run(
                "JAVA_HOME=" + System.getProperty("java.home"),
                maven.binary().toString(),
                "--batch-mode",
                "-ntp",
                "-f",
                pom.toString(),
                "verify");
    assertThat(result.code()).as(result.output()).isZero();
    assertThat(result.output()).contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
  }
}
