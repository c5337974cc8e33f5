package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  /** Names the languages that a plugin can be started in. */
  public enum Language {
    /** A module that is sandboxed and runs on the event loop. */
    ASSEMBLYSCRIPT("sdk/assemblyscript", "template", "sluice-assemblyscript.tgz"),
    /** One file, without npm. */
    JS("sdk/javascript", "templates/js", ""),
    /** Bundled by esbuild. */
    TS("sdk/javascript", "templates/ts", "sluice-plugin.tgz");

    private final String sdk;
    private final String template;
    private final String tarball;

    Language(String sdk, String template, String tarball) {
      this.sdk = sdk;
      this.template = template;
      this.tarball = tarball;
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
    if (!language.tarball.isEmpty()) {
      var vendor = Files.createDirectories(target.resolve("vendor"));
      Files.copy(sdk.resolve(language.tarball), vendor.resolve(language.tarball));
    }
    if (language == Language.JS) {
      var types = Files.createDirectories(target.resolve("types"));
      for (var file : List.of("index.d.ts", "globals.d.ts")) {
        Files.copy(sdk.resolve(file), types.resolve(file));
      }
    }
    System.out.println(target);
    Output.say("next:  sluice plugin build " + target);
    return 0;
  }

  private void copy(Path template, String name) throws IOException {
    try (var files = Files.walk(template)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var relative = template.relativize(file).toString();
        var to = target.resolve(relative.equals("gitignore") ? ".gitignore" : relative);
        var parent = to.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        var text = Files.readString(file, StandardCharsets.UTF_8);
        Files.writeString(
            to,
            text.replace("{{name}}", name).replace("{{sdk}}", "file:vendor/" + language.tarball));
      }
    }
  }
}
