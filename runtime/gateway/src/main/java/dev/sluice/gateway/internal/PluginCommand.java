package dev.sluice.gateway.internal;

import dev.sluice.registry.ArtifactResolver;
import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.Digest;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginSignatures;
import dev.sluice.registry.PluginUrl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Groups the commands about plugins. */
@Command(
    name = "plugin",
    description = "Makes, builds, publishes and looks at plugins.",
    mixinStandardHelpOptions = true,
    subcommands = {
      PluginNewCommand.class,
      PluginBuildCommand.class,
      PluginTestCommand.class,
      PluginDevCommand.class,
      PluginCommand.Push.class,
      PluginCommand.Pull.class,
      PluginCommand.Inspect.class,
      PluginSignatureCommands.Sign.class,
      PluginSignatureCommands.Verify.class
    })
public final class PluginCommand {
  /** Creates the command; called by picocli. */
  public PluginCommand() {}

  /** Publishes a plugin. */
  @Command(
      name = "push",
      description = "Publishes a plugin's folder or module to a registry; prints the digest.",
      mixinStandardHelpOptions = true)
  public static final class Push implements Callable<Integer> {
    @Mixin private Output output = new Output();
    @Mixin private RegistryOptions registry = new RegistryOptions();

    @Parameters(index = "0", paramLabel = "DIR|FILE")
    private Path path;

    @Parameters(
        index = "1",
        paramLabel = "REF",
        description = "host[:port]/repository:tag, or oci-layout:DIR:tag for a folder.")
    private String reference;

    /** Creates the command; called by picocli. */
    public Push() {}

    @Override
    public Integer call() {
      var packed = PluginPackage.of(path);
      var digest =
          PluginUrl.parse(reference, Path.of("")) instanceof PluginUrl.Layout layout
              ? write(packed, layout)
              : push(packed, PluginSignatureCommands.target(reference));
      output.print(
          JsonMapper.shared()
              .createObjectNode()
              .put("reference", reference)
              .put("digest", digest.toString()),
          digest.toString());
      return 0;
    }

    private Digest push(PluginPackage packed, PluginUrl.Oci target) {
      try (var client = registry.client(target.registry())) {
        return packed.push(client, target, new ProgressBar("push"));
      }
    }

    private Digest write(PluginPackage packed, PluginUrl.Layout target) {
      var tag = target.tag();
      if (tag == null) {
        throw new CommandFailure(reference + " (expected: oci-layout:DIR:tag)");
      }
      return packed.writeTo(OciLayout.create(target.folder()), tag).digest();
    }
  }

  /** Fetches a plugin. */
  @Command(
      name = "pull",
      description = "Fetches a plugin into a folder; prints the digest.",
      mixinStandardHelpOptions = true)
  public static final class Pull implements Callable<Integer> {
    @Mixin private RegistryOptions registry = new RegistryOptions();

    @Parameters(index = "0", paramLabel = "REF")
    private String reference;

    @Option(
        names = {"-o", "--output-dir"},
        required = true,
        paramLabel = "DIR")
    private Path dir;

    /** Creates the command; called by picocli. */
    public Pull() {}

    @Override
    public Integer call() throws IOException {
      var artifact = resolve(reference, registry);
      Files.createDirectories(dir);
      var extension =
          switch (artifact.engine()) {
            case "java" -> "jar";
            case "python" -> "py";
            default -> artifact.engine();
          };
      var target = dir.resolve("plugin." + extension);
      Files.copy(artifact.file(), target, StandardCopyOption.REPLACE_EXISTING);
      if (artifact.configSchema().isPresent()) {
        Files.writeString(dir.resolve("config.schema.json"), artifact.configSchema().get());
      }
      Output.say("wrote " + target);
      System.out.println(artifact.digest());
      return 0;
    }
  }

  /** Looks into a plugin. */
  @Command(
      name = "inspect",
      description = {
        "Shows what a plugin is, without running it: engine, ABI, exports, imports, capabilities"
            + " that it asks for, host services that appear in it, size, digest, signatures.",
        "A folder's digest is that which pushing it would have."
      },
      mixinStandardHelpOptions = true)
  public static final class Inspect implements Callable<Integer> {
    @Mixin private Output output = new Output();
    @Mixin private RegistryOptions registry = new RegistryOptions();

    @Parameters(index = "0", paramLabel = "REF|DIR|FILE")
    private String reference;

    /** Creates the command; called by picocli. */
    public Inspect() {}

    @Override
    public Integer call() throws IOException {
      var path = Path.of(reference);
      if (Files.isDirectory(path)) {
        var description = ofFolder(path);
        output.print(description.json(), description.text());
        return 0;
      }
      var url = Files.exists(path) ? "file:" + reference : reference;
      var description = ArtifactDescription.of(resolve(url, registry));
      if (PluginUrl.parse(url, Path.of(".")) instanceof PluginUrl.Oci target) {
        try (var client = registry.client(target.registry())) {
          description.add(new PluginSignatures(client, target).list(List.of()));
        }
      }
      output.print(description.json(), description.text());
      return 0;
    }

    /** Packs the folder as {@code push} does, into a layout that goes again. */
    private ArtifactDescription ofFolder(Path folder) throws IOException {
      var layout = Files.createTempDirectory("sluice-inspect-");
      try {
        PluginPackage.of(folder).writeTo(OciLayout.create(layout), "inspect");
        var description =
            ArtifactDescription.of(resolve("oci-layout:" + layout + ":inspect", registry));
        description.json().put("url", folder.toString());
        return description;
      } finally {
        Folders.delete(layout);
      }
    }
  }

  private static PluginArtifact resolve(String url, RegistryOptions registry) {
    var resolver =
        new ArtifactResolver(
            Path.of("").toAbsolutePath(),
            Folders.cache().resolve("artifacts"),
            10L << 30,
            registry.settings(url));
    var request =
        new Request(resolver.parse(url), null, ArtifactResolver.PullPolicy.ALWAYS, null, false);
    return resolver.resolve(request, new ProgressBar("pull"));
  }
}
