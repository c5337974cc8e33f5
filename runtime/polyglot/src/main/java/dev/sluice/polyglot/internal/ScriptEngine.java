package dev.sluice.polyglot.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.EnvironmentAccess;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotAccess;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.io.IOAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is what all plugins of one language share: GraalVM's engine with its code, the script threads and
 * the watchdog. Nothing of it exists before the first plugin is loaded. Thread-safe.
 */
public final class ScriptEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptEngine.class);

  /** Scripts get no object of the host; only the contents of buffers can be read by them. */
  private static final HostAccess BUFFERS_ONLY =
      HostAccess.newBuilder(HostAccess.NONE).allowBufferAccess(true).build();

  private final ScriptLanguage language;
  private final ScriptThreads threads;
  private final Watchdog watchdog;
  private @Nullable Engine engine;
  private @Nullable Source prelude;

  /** Creates an engine that has not started. */
  public ScriptEngine(ScriptLanguage language) {
    this.language = language;
    threads = new ScriptThreads(language.id());
    watchdog = new Watchdog(language.id());
  }

  /**
   * Reads a plugin.
   *
   * @throws PluginException with kind LOAD when it is no text, or the language is not installed
   */
  public PluginModule load(PluginSource source) {
    if (!engine().getLanguages().containsKey(language.id())) {
      throw new PluginException(
          Kind.LOAD,
          source.name()
              + ": nothing here runs "
              + language.id()
              + " (expected: the jars of GraalVM for it on the class path, as the distribution has"
              + " them in lib)");
    }
    var file = source.file();
    if (Files.isDirectory(file)) {
      file = file.resolve(source.entry());
    }
    if (!Files.isRegularFile(file)) {
      throw new PluginException(
          Kind.LOAD, source.name() + ": " + file + " (expected: one file with the script)");
    }
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new PluginException(Kind.LOAD, source.name() + ": the script is not UTF-8", e);
    } catch (IOException e) {
      throw new PluginException(Kind.LOAD, source.name() + ": cannot be read: " + e, e);
    }
    return new ScriptModule(this, source.name(), fileName(source, file), text);
  }

  /** Returns the name that errors show: the cache's own names mean nothing to an author. */
  private String fileName(PluginSource source, Path file) {
    var name = source.entry().isEmpty() ? file.getFileName().toString() : source.entry();
    boolean known = language.suffixes().stream().anyMatch(name::endsWith);
    return known ? name : source.name() + language.suffixes().getFirst();
  }

  ScriptLanguage language() {
    return language;
  }

  ScriptThreads threads() {
    return threads;
  }

  Watchdog watchdog() {
    return watchdog;
  }

  /** Makes a context in which nothing of the host can be reached. */
  Context newContext() {
    var builder =
        Context.newBuilder(language.id())
            .engine(engine())
            .allowExperimentalOptions(true)
            .allowAllAccess(false)
            .allowHostAccess(BUFFERS_ONLY)
            .allowHostClassLookup(name -> false)
            .allowHostClassLoading(false)
            .allowPolyglotAccess(PolyglotAccess.NONE)
            .allowEnvironmentAccess(EnvironmentAccess.NONE)
            .allowIO(IOAccess.NONE)
            .allowCreateThread(false)
            .allowCreateProcess(false)
            .allowNativeAccess(false)
            .allowInnerContextOptions(false);
    language.options().forEach(builder::option);
    return builder.build();
  }

  private synchronized Engine engine() {
    var made = engine;
    if (made == null) {
      var builder =
          Engine.newBuilder(language.id())
              .allowExperimentalOptions(true)
              .option("engine.WarnInterpreterOnly", "false")
              .in(InputStream.nullInputStream())
              .out(OutputStream.nullOutputStream())
              .err(OutputStream.nullOutputStream());
      Inspector.asked(language)
          .ifPresent(inspector -> inspector.options().forEach(builder::option));
      made = builder.build();
      engine = made;
      LOG.info(
          "{} plugins run {}",
          language.id(),
          made.getImplementationName().equals("Interpreted")
              ? "interpreted (compiled, they are faster: start with SLUICE_SCRIPTS=compiled)"
              : "compiled, by " + made.getImplementationName());
    }
    return made;
  }

  /** Returns what measures contexts; null where GraalVM interprets and cannot. */
  ContextHeap.@Nullable Measure contextHeap() {
    var running = engine();
    var instrument = running.getInstruments().get(ContextHeap.ID);
    return running.getImplementationName().equals("Interpreted") || instrument == null
        ? null
        : instrument.lookup(ContextHeap.Measure.class);
  }

  synchronized Source prelude() {
    var made = prelude;
    if (made == null) {
      made = read(language);
      prelude = made;
    }
    return made;
  }

  private static Source read(ScriptLanguage language) {
    try (var stream = ScriptEngine.class.getResourceAsStream(language.prelude())) {
      var text =
          new String(
              Objects.requireNonNull(stream, language.prelude()).readAllBytes(),
              StandardCharsets.UTF_8);
      return Source.newBuilder(language.id(), text, "sluice:" + language.prelude())
          .internal(true)
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() {
    watchdog.close();
    threads.close();
    // The engine is left to the collector: closing it would wait for a script that cannot be
    // interrupted.
    engine = null;
  }
}
