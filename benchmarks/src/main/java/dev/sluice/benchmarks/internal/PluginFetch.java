package dev.sluice.benchmarks.internal;

import dev.sluice.benchmarks.BenchPlan;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Gets the plugins that a user wants to compare. */
public final class PluginFetch {
  private static final long MAX_CACHE = 1L << 30;

  private PluginFetch() {}

  /** Gets them all, with names that differ. */
  public static List<Candidate> fetch(BenchPlan plan) {
    var resolver = new ArtifactResolver(Path.of("").toAbsolutePath(), plan.cache(), MAX_CACHE);
    List<Candidate> candidates = new ArrayList<>();
    Set<String> names = new HashSet<>(Set.of("none"));
    for (String reference : plan.plugins()) {
      // A path on disk needs no scheme here, unlike in a configuration file.
      String url = Files.exists(Path.of(reference)) ? "file:" + reference : reference;
      var request =
          new ArtifactResolver.Request(resolver.parse(url), null, null, null, plan.plainHttp());
      var artifact = resolver.resolve(request, Progress.NONE);
      candidates.add(candidate(name(artifact, names), artifact, plan.configuration()));
    }
    return candidates;
  }

  private static String name(PluginArtifact artifact, Set<String> taken) {
    String name =
        artifact
            .manifest()
            .map(manifest -> manifest.name() + version(manifest))
            .orElseGet(() -> lastSegment(artifact.url()));
    String unique = name;
    for (int i = 2; !taken.add(unique); i++) {
      unique = name + "#" + i;
    }
    return unique;
  }

  private static String version(PluginManifest manifest) {
    return manifest.version().isEmpty() ? "" : "@" + manifest.version();
  }

  private static String lastSegment(String url) {
    return url.substring(url.lastIndexOf('/') + 1).replace(':', '@');
  }

  private static Candidate candidate(String name, PluginArtifact artifact, String configuration) {
    return new Candidate(
        name,
        artifact.engine(),
        artifact.file(),
        artifact.manifest().map(PluginManifest::entry).orElse(""),
        configuration,
        artifact.manifest().map(manifest -> Set.copyOf(manifest.capabilities())).orElse(Set.of()));
  }
}
