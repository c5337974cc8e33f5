package dev.sluice.gateway.internal;

import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginPackage;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Builds a plugin's folder. */
@Command(
    name = "build",
    description = "Builds a plugin: its module and an OCI layout below DIR/build.",
    mixinStandardHelpOptions = true)
public final class PluginBuildCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();

  @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", defaultValue = ".")
  private Path dir;

  /** Creates the command; called by picocli. */
  public PluginBuildCommand() {}

  @Override
  public Integer call() {
    Toolchain.build(dir);
    var packed = PluginPackage.of(dir);
    var version = packed.plugin().map(p -> p.version()).filter(v -> !v.isEmpty()).orElse("latest");
    var layout = OciLayout.create(dir.resolve("build").resolve("oci"));
    var descriptor = packed.writeTo(layout, version);
    var json =
        JsonMapper.shared()
            .createObjectNode()
            .put("layout", layout.folder().toString())
            .put("tag", version)
            .put("digest", descriptor.digest().toString());
    output.print(json, "built " + layout.folder() + ":" + version + "\n" + descriptor.digest());
    return 0;
  }
}
