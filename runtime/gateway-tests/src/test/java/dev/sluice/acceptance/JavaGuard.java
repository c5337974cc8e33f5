package dev.sluice.acceptance;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.host.PluginLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;

/** Is a plugin that does with LLM calls what {@link LlmPluginChecks} expects. */
public final class JavaGuard implements PluginFactory {
  /** Packs this class as a plugin. */
  static Path jar(Path folder) throws IOException {
    var jar = folder.resolve("java-guard.jar");
    var name = JavaGuard.class.getName().replace('.', '/');
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (var type : List.of("", "$Filter")) {
        entry(out, name + type + ".class", classFile("/" + name + type + ".class"));
      }
      entry(
          out,
          "META-INF/services/" + PluginFactory.class.getName(),
          JavaGuard.class.getName().getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  private static byte[] classFile(String path) throws IOException {
    try (var in = JavaGuard.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new UncheckedIOException(new IOException("no " + path + " on the class path"));
      }
      return in.readAllBytes();
    }
  }

  private static void entry(JarOutputStream out, String name, byte[] bytes) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(bytes);
    out.closeEntry();
  }

  @Override
  public Plugin create(RootContext context) {
    return stream -> new Filter(stream, context.services().log());
  }

  private static final class Filter implements HttpFilter {
    private final StreamContext stream;
    private final PluginLog log;
    private final StringBuilder held = new StringBuilder();

    Filter(StreamContext stream, PluginLog log) {
      this.stream = stream;
      this.log = log;
    }

    private AiExchange ai() {
      return Objects.requireNonNull(stream.ai(), "a route with ai");
    }

    @Override
    public FilterStatus onAiRequest(AiRequest request) {
      var last = request.segments().getLast();
      if (last.text().contains("forbidden")) {
        ai().refuse(403, "no_way", "not in " + last.place());
      } else if (last.text().contains("politely")) {
        ai().refuse(200, "", "Rather no.");
      } else if (last.text().contains("cached")) {
        ai().answer(List.of(text("from "), text("memory")));
      } else {
        edit(request, last.text().contains("small"));
      }
      return FilterStatus.CONTINUE;
    }

    private static void edit(AiRequest request, boolean small) {
      var roles =
          request.segments().stream()
              .map(segment -> segment.role().name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining("+"));
      var temperature = request.parameters().get("temperature");
      var seen =
          "[\"%s\",\"%s\",%s,%s,\"%s\",%s,\"%s\",%s]"
              .formatted(
                  request.protocol(),
                  request.model(),
                  request.stream(),
                  request.maxOutputTokens().isPresent()
                      ? request.maxOutputTokens().getAsLong()
                      : "null",
                  String.join("+", request.tools()),
                  temperature == null ? "null" : "\"" + temperature + "\"",
                  roles,
                  request.estimatedPromptTokens() > 0);
      for (var segment : List.copyOf(request.segments())) {
        if (segment.role() == Role.USER) {
          request.replace(segment, segment.text().replace("secret", "******"));
        }
      }
      request.appendMessage(Role.SYSTEM, seen);
      if (small) {
        request.setModel("small");
      }
    }

    private static AiEvent text(String text) {
      return new AiEvent.TextDelta(0, "answer", text);
    }

    @Override
    public FilterStatus onAiEvent(AiEvent event) {
      if (event instanceof AiEvent.Finish) {
        ai().emit(List.of(text(" [" + held + "]")));
      } else if (event instanceof AiEvent.TextDelta delta && delta.text().contains("not")) {
        held.append(delta.text().strip());
        ai().replaceEvent(List.of());
      } else if (event instanceof AiEvent.TextDelta delta && delta.text().contains("Bluebird")) {
        ai().replaceEvent(List.of(text("Red"), text("bird ")));
      }
      return FilterStatus.CONTINUE;
    }

    @Override
    public void onAiEnd(AiEnd end) {
      log.log(
          PluginLog.Level.INFO,
          "end %s %s %s %d %s"
              .formatted(
                  end.outcome().name().toLowerCase(Locale.ROOT),
                  end.model(),
                  end.provider(),
                  end.usage().output(),
                  end.usage().estimated()));
    }
  }
}
