package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final String TARBALL = "sluice-assemblyscript.tgz";

  /** Names the languages that a plugin can be started in. */
  public enum Language {
    ASSEMBLYSCRIPT
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
    var sdk = Folders.distribution("sdk/" + language.name().toLowerCase(java.util.Locale.ROOT));
    copy(sdk.resolve("template"), name);
    var vendor = Files.createDirectories(target.resolve("vendor"));
    Files.copy(sdk.resolve(TARBALL), vendor.resolve(TARBALL));
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
            to, text.replace("{{name}}", name).replace("{{sdk}}", "file:vendor/" + TARBALL));
      }
    }
  }
}
