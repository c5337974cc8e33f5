package dev.sluice.gateway.internal;

import dev.sluice.registry.PluginArtifact;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;

/**
 * Is what a plugin's code shows of itself without being run: nobody asks for a look to have a
 * stranger's code executed. For scripts that is what their text says, which may be a little off.
 *
 * @param abi the contract that it is written to
 * @param exports what the gateway calls
 * @param imports what it wants to be given
 * @param uses the host services that appear in it, by the names of grants
 */
record ArtifactContents(String abi, List<String> exports, List<String> imports, List<String> uses) {
  private static final String SERVICES = "http|grpc|redis|store|counters|vectors|embed|tokens|ai";
  private static final String ABI_VERSION = "proxy_abi_version_";

  /** Host functions of the ABI that need a grant, by how their names begin. */
  private static final Map<String, String> GRANTED =
      Map.of("proxy_http_call", "http", "proxy_grpc_", "grpc", "proxy_redis_", "redis");

  private static final Pattern FOREIGN = Pattern.compile("sluice\\.(" + SERVICES + ")\\.[a-z]");
  private static final Pattern USED = Pattern.compile("\\bsluice\\s*\\.\\s*(" + SERVICES + ")\\b");
  private static final Pattern JS_CALLBACKS =
      Pattern.compile(
          "\\b(onConfigure|on(?:Request|Response)(?:Headers|Body|Chunk|Trailers)|onLog|onTick|onDone)"
              + "\\b(?=\\s*[(:,}=])");
  private static final Pattern JS_IMPORTS =
      Pattern.compile("(?m)^\\s*import\\s(?:[^;'\"]*?\\sfrom\\s*)?['\"]([^'\"]+)['\"]");
  private static final Pattern PYTHON_CALLBACKS =
      Pattern.compile("(?m)^\\s+(?:async )?def (on_[a-z_]+)\\(");
  private static final Pattern PYTHON_IMPORTS =
      Pattern.compile("(?m)^(?:import|from) ([A-Za-z_][A-Za-z0-9_.]*)");
  private static final String FACTORIES = "META-INF/services/dev.sluice.plugin.PluginFactory";

  /**
   * Looks into an artifact.
   *
   * @throws CommandFailure when it is not what its engine runs
   */
  static ArtifactContents of(PluginArtifact artifact) {
    try {
      return switch (artifact.engine()) {
        case "wasm" -> ofWasm(artifact);
        case "java" -> ofJar(artifact.file());
        case "python" ->
            ofScript(artifact.file(), "sluice.Plugin", PYTHON_CALLBACKS, PYTHON_IMPORTS);
        default -> ofScript(artifact.file(), "definePlugin", JS_CALLBACKS, JS_IMPORTS);
      };
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + artifact.file(), e);
    } catch (WasmEngineException e) {
      throw new CommandFailure(artifact.url() + " is no Wasm module: " + e.getMessage(), e);
    }
  }

  private static ArtifactContents ofWasm(PluginArtifact artifact) throws IOException {
    var module = Parser.parse(artifact.file());
    var abi = "";
    var exports = new java.util.ArrayList<String>();
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      var name = module.exportSection().getExport(i).name();
      exports.add(name);
      if (name.startsWith(ABI_VERSION)) {
        abi = "proxy-wasm " + name.substring(ABI_VERSION.length()).replace('_', '.');
      }
    }
    var uses = new TreeSet<String>();
    var imports = new java.util.ArrayList<String>();
    module.importSection().stream()
        .forEach(
            each -> {
              imports.add(each.module() + "." + each.name());
              GRANTED.forEach(
                  (begin, service) -> {
                    if (each.name().startsWith(begin)) {
                      uses.add(service);
                    }
                  });
            });
    // AssemblyScript keeps its texts as UTF-16.
    var bytes = Files.readAllBytes(artifact.file());
    for (var charset : List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE)) {
      uses.addAll(found(FOREIGN, new String(bytes, charset)));
    }
    return new ArtifactContents(abi, exports, imports, List.copyOf(uses));
  }

  private static ArtifactContents ofScript(
      Path file, String abi, Pattern callbacks, Pattern imports) throws IOException {
    var text = Files.readString(file);
    return new ArtifactContents(
        abi, found(callbacks, text), found(imports, text), found(USED, text));
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).distinct().toList();
  }

  private static ArtifactContents ofJar(Path file) throws IOException {
    try (var jar = new ZipFile(file.toFile())) {
      var entry = jar.getEntry(FACTORIES);
      var factories = List.<String>of();
      if (entry != null) {
        var text = new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
        factories =
            text.lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
      }
      return new ArtifactContents("dev.sluice.plugin", factories, List.of(), List.of());
    }
  }
}
