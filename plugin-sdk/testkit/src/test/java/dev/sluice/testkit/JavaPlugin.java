package dev.sluice.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;

/** Builds a plugin that uses much of what there is to use. */
final class JavaPlugin {
  private static final String SOURCE =
      """
      package example;

      import dev.sluice.plugin.*;
      import dev.sluice.plugin.host.*;
      import java.nio.charset.StandardCharsets;
      import java.time.*;

      public class Factory implements PluginFactory {
        public Plugin create(RootContext root) {
          var config = new String(root.configuration(), StandardCharsets.UTF_8);
          if (config.contains("refuse")) throw new IllegalArgumentException(config);
          var metrics = root.services().metrics();
          int ticks = metrics.define(Metrics.Type.COUNTER, "ticks");
          int calls = metrics.define(Metrics.Type.COUNTER, "calls");
          root.setTickPeriod(Duration.ofSeconds(1));
          return new Plugin() {
            public void onTick() { metrics.increment(ticks, 1); }
            public HttpFilter newFilter(StreamContext stream) { return new Filter(root, stream, calls); }
          };
        }

        static final class Filter implements HttpFilter {
          private final RootContext root;
          private final StreamContext stream;
          private final int calls;
          private String path = "";

          Filter(RootContext root, StreamContext stream, int calls) {
            this.root = root;
            this.stream = stream;
            this.calls = calls;
          }

          public FilterStatus onRequestHeaders(Headers headers, boolean end) {
            path = headers.path();
            var services = root.services();
            switch (path) {
              case "/time" -> headers.add("x-time",
                  Instant.ofEpochSecond(services.clock().wallNanos() / 1_000_000_000L).toString());
              case "/fail" -> throw new IllegalStateException("asked to");
              case "/answer" -> stream.sendLocalResponse(LocalResponse.text(403, "no", "no"));
              case "/call" -> {
                services.metrics().increment(calls, 1);
                var request = Headers.of(":method", "GET", ":path", "/check", ":authority", "other");
                services.http().call(
                    new HttpCallouts.Request("other", request, new byte[0], null, Duration.ofSeconds(5)),
                    Completion.of(
                        answer -> { headers.add("x-status", answer.headers().get(":status")); stream.resume(Direction.REQUEST); },
                        error -> { headers.add("x-status", error.reason().name()); stream.resume(Direction.REQUEST); }));
                return FilterStatus.STOP_ITERATION_AND_BUFFER;
              }
              case "/grpc" -> {
                services.grpc().unary(
                    new GrpcCallouts.Method("other", "test.Service", "Ask", new Headers()),
                    "ping".getBytes(StandardCharsets.UTF_8),
                    Duration.ofSeconds(5),
                    new GrpcCallouts.Receiver() {
                      public void onInitialMetadata(Headers metadata) {}
                      public void onMessage(byte[] message) { headers.add("x-status", new String(message, StandardCharsets.UTF_8)); }
                      public void onTrailingMetadata(Headers metadata) {}
                      public void onClose(int status, String message) { headers.add("x-closed", status + message); stream.resume(Direction.REQUEST); }
                    });
                return FilterStatus.STOP_ITERATION_AND_WATERMARK;
              }
              case "/redis" -> {
                services.redis().init(new RedisCallouts.Settings("other", "", "", 0, Duration.ofSeconds(1)));
                services.redis().call("other",
                    "*2\\r\\n$3\\r\\nGET\\r\\n$3\\r\\nkey\\r\\n".getBytes(StandardCharsets.US_ASCII),
                    Completion.of(
                        reply -> { headers.add("x-reply", new String(reply, StandardCharsets.UTF_8).replace("\\r\\n", " ")); stream.resume(Direction.REQUEST); },
                        error -> { headers.add("x-reply", error.reason().name()); stream.resume(Direction.REQUEST); }));
                return FilterStatus.STOP_ITERATION_AND_WATERMARK;
              }
              default -> {}
            }
            return path.equals("/whole") ? FilterStatus.STOP_ITERATION : FilterStatus.CONTINUE;
          }

          public FilterStatus onRequestBody(Body body, boolean end) {
            if (!path.equals("/whole") || end) {
              return FilterStatus.CONTINUE;
            }
            return FilterStatus.STOP_ITERATION_AND_BUFFER;
          }

          public void onLog() {
            root.services().log().log(PluginLog.Level.DEBUG, "saw " + path);
          }
        }
      }
      """;

  private JavaPlugin() {}

  /** Returns a plugin's folder that was built. */
  static Path build(Path folder) throws IOException {
    var plugin = Files.createDirectories(folder.resolve("java-plugin"));
    Files.writeString(
        plugin.resolve("plugin.yaml"),
        "name: probe\nengine: java\nentry: plugin.jar\ncapabilities: [http, grpc, redis]\n");
    var source = Files.writeString(plugin.resolve("Factory.java"), SOURCE);
    var classes = Files.createDirectories(plugin.resolve("classes"));
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    if (exit != 0) {
      throw new IllegalStateException("cannot compile " + source);
    }
    try (var jar = new JarOutputStream(Files.newOutputStream(plugin.resolve("plugin.jar")));
        var files = Files.walk(classes)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        jar.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        jar.write(Files.readAllBytes(file));
      }
      jar.putNextEntry(new JarEntry("META-INF/services/dev.sluice.plugin.PluginFactory"));
      jar.write("example.Factory".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return plugin;
  }
}
