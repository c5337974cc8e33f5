package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a folder with a working plugin. */
@Command(
    name = "new",
    description = "Makes a folder NAME with a working, tested plugin.",
    mixinStandardHelpOptions = true)
public final class PluginNewCommand implements Callable<Integer> {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

  /** Files that would mean something where the templates are. */
  private static final Map<String, String> RENAMED =
      Map.of("gitignore", ".gitignore", "project.xml", "pom.xml");

  /** Names the languages that a plugin can be started in, each with the folder of its template. */
  public enum Language {
    /** A module that is sandboxed and runs on the event loop. */
    ASSEMBLYSCRIPT("assemblyscript", "template"),
    /** One file, without npm. */
    JS("javascript", "templates/js"),
    /** Bundled by esbuild. */
    TS("javascript", "templates/ts"),
    /** Restricted, beside the loop. */
    PYTHON("python", "template"),
    /** The official SDK, with the module for Sluice's services beside it. */
    GO("go", "template"),
    /** The official SDK, with the crate for Sluice's services beside it. */
    RUST("rust", "template"),
    /** Headers over the ABI. */
    CPP("cpp", "template"),
    /** Trusted code in the gateway's own JVM. */
    JAVA("java", "template");

    private final String sdk;
    private final String template;

    Language(String sdk, String template) {
      this.sdk = "sdk/" + sdk;
      this.template = template;
    }

    /** Returns what of the SDK a plugin takes with it, and where the plugin has it. */
    private Map<String, String> parts() {
      return switch (this) {
        case ASSEMBLYSCRIPT ->
            Map.of("sluice-assemblyscript.tgz", "vendor/sluice-assemblyscript.tgz");
        case JS -> Map.of("index.d.ts", "types/index.d.ts", "globals.d.ts", "types/globals.d.ts");
        case TS -> Map.of("sluice-plugin.tgz", "vendor/sluice-plugin.tgz");
        case PYTHON -> Map.of("sluice/__init__.pyi", "typings/sluice/__init__.pyi");
        case CPP -> Map.of("include", "vendor");
        case JAVA -> Map.of("repository", "vendor/repository");
        // Go gives a folder `vendor` a meaning of its own.
        case GO -> Map.of("sluice", "sluice");
        case RUST -> Map.of("sluice", "vendor/sluice");
      };
    }
  }

  @Option(
      names = "--language",
      required = true,
      paramLabel = "L",
      description = "${COMPLETION-CANDIDATES}")
  private Language language;

  @Parameters(index = "0", paramLabel = "NAME")
  private Path target;

  /** Creates the command; called by picocli. */
  public PluginNewCommand() {}

  @Override
  public Integer call() throws IOException {
    var name = String.valueOf(target.getFileName());
    if (!NAME.matcher(name).matches()) {
      throw new CommandFailure(
          "name \"" + name + "\" (expected: lower-case letters, digits and hyphens)");
    }
    if (Files.exists(target)) {
      throw new CommandFailure(target + " is there already");
    }
    var sdk = Folders.distribution(language.sdk);
    copy(sdk.resolve(language.template), name);
    for (var part : language.parts().entrySet()) {
      bring(sdk.resolve(part.getKey()), target.resolve(part.getValue()));
    }
    System.out.println(target);
    Output.say("next:  sluice plugin test " + target);
    Output.say("       sluice plugin dev " + target);
    return 0;
  }

  private static void bring(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        copyTo(to.resolve(from.relativize(file).toString()), Files.readAllBytes(file));
      }
    }
  }

  private void copy(Path template, String name) throws IOException {
    try (var files = Files.walk(template)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var relative = template.relativize(file).toString();
        var text =
            Files.readString(file).replace("{{name}}", name).replace("{{version}}", Version.text());
        copyTo(
            target.resolve(RENAMED.getOrDefault(relative, relative)),
            text.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void copyTo(Path to, byte[] bytes) throws IOException {
    var parent = to.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(to, bytes);
  }
}
