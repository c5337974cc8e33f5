package dev.sluice.gateway.internal;

import dev.sluice.registry.PluginManifest;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Knows how the plugins of one language are built, told by what lies in their folder. */
enum Toolchain {
  /** AssemblyScript, TypeScript and JavaScript with dependencies: what package.json says. */
  NPM {
    @Override
    boolean fits(Path folder) {
      return Files.isRegularFile(folder.resolve("package.json"));
    }

    @Override
    void make(Path folder) {
      var npm = require("npm", "Node.js 20 or later, https://nodejs.org");
      if (!Files.isDirectory(folder.resolve("node_modules"))) {
        Tool.run(folder, npm, "install", "--no-fund", "--no-audit", "--loglevel=error");
      }
      Tool.run(folder, npm, "run", "--silent", "build");
    }
  },

  /** Go, with the official SDK, as a WASI reactor. */
  GO {
    private static final String GET = "Go 1.24 or later, https://go.dev/dl";

    @Override
    boolean fits(Path folder) {
      return Files.isRegularFile(folder.resolve("go.mod"));
    }

    @Override
    void make(Path folder) {
      var go = require("go", GET);
      var version = Tool.answer(folder, go, "env", "GOVERSION");
      if (version.matches("go1\\.([01]?\\d|2[0-3])(\\D.*)?")) {
        throw new CommandFailure(
            "go is " + version + ", which cannot build plugins (expected: " + GET + ")");
      }
      var target = Map.of("GOOS", "wasip1", "GOARCH", "wasm");
      Tool.run(
          folder,
          target,
          List.of(
              go,
              "build",
              "-trimpath",
              "-buildvcs=false",
              "-buildmode=c-shared",
              "-o",
              MODULE,
              "."));
    }
  },

  /** Rust, with the official SDK. */
  RUST {
    private static final String TARGET = "wasm32-wasip1";

    /** Has cargo say where its files are: a workspace or the environment may put them anywhere. */
    private static final String MESSAGES = "--message-format=json-render-diagnostics";

    private static final Pattern MODULES =
        Pattern.compile("\"reason\":\"compiler-artifact\".*\"filenames\":\\[\"([^\"]+\\.wasm)\"");

    @Override
    boolean fits(Path folder) {
      return Files.isRegularFile(folder.resolve("Cargo.toml"));
    }

    @Override
    void make(Path folder) {
      var cargo = require(environment("CARGO").orElse("cargo"), "Rust, https://rustup.rs");
      var rustc = environment("RUSTC").orElse("rustc");
      var library = Tool.answer(folder, rustc, "--print", "target-libdir", "--target", TARGET);
      if (!Files.isDirectory(Path.of(library))
          && environment("CARGO_UNSTABLE_BUILD_STD").isEmpty()) {
        throw new CommandFailure(
            "Rust has no target " + TARGET + " (to get it: rustup target add " + TARGET + ")");
      }
      var built =
          Tool.output(folder, cargo, "build", "--quiet", "--release", "--target", TARGET, MESSAGES);
      var module =
          built
              .lines()
              .map(MODULES::matcher)
              .filter(Matcher::find)
              .map(found -> Path.of(found.group(1)))
              .reduce((first, last) -> last);
      try {
        Files.createDirectories(folder.resolve("build"));
        Files.copy(
            module.orElseThrow(
                () -> new CommandFailure("cargo made no module (expected: crate-type cdylib)")),
            folder.resolve(MODULE),
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  },

  /** C++, with flags of compile_flags.txt, which editors read too. */
  CPP {
    private static final String GET =
        "the WASI SDK, https://github.com/WebAssembly/wasi-sdk/releases, in /opt/wasi-sdk or named"
            + " by WASI_SDK_PATH; on Debian: clang, lld, wasi-libc, libc++-dev-wasm32 and"
            + " libclang-rt-dev-wasm32 of one version";

    @Override
    boolean fits(Path folder) {
      return Files.isRegularFile(folder.resolve("compile_flags.txt"));
    }

    @Override
    void make(Path folder) {
      var command = new ArrayList<String>();
      command.add(compiler(folder).orElseThrow(() -> missing("a C++ compiler for WASI", GET)));
      command.add("@compile_flags.txt");
      command.addAll(List.of("-O2", "-mexec-model=reactor", "-Wl,--strip-debug", "-o", MODULE));
      try (var files = Files.list(folder.resolve("src"))) {
        Files.createDirectories(folder.resolve("build"));
        files
            .filter(file -> file.toString().matches(".*\\.(cc|cpp)"))
            .map(file -> folder.relativize(file).toString())
            .sorted()
            .forEach(command::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Tool.run(folder, Map.of(), command);
    }

    /** Returns the first that finds a C library for WASI. */
    private Optional<String> compiler(Path folder) {
      var sdks =
          Stream.concat(environment("WASI_SDK_PATH").stream(), Stream.of("/opt/wasi-sdk"))
              .map(sdk -> sdk + "/bin/clang++");
      var system =
          Stream.concat(
              Stream.of("clang++"),
              Stream.iterate(25, version -> version > 14, version -> version - 1)
                  .map(version -> "clang++-" + version));
      return Stream.concat(sdks, system)
          .map(Toolchain::find)
          .flatMap(Optional::stream)
          .filter(
              clang ->
                  Path.of(
                          Tool.answer(
                              folder, clang, "--target=wasm32-wasi", "-print-file-name=libc++.a"))
                      .isAbsolute())
          .findFirst();
    }
  },

  /** Java, with Maven and the JDK that runs this. */
  JAVA {
    /** Keeps the JDK from complaining about what Maven is made of. */
    private static final String MAVEN_OPTS =
        "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow";

    @Override
    boolean fits(Path folder) {
      return Files.isRegularFile(folder.resolve("pom.xml"));
    }

    @Override
    void make(Path folder) {
      var home = Path.of(System.getProperty("java.home"));
      if (!Files.isExecutable(home.resolve("bin/javac"))) {
        throw missing("javac", "a JDK 25, https://adoptium.net; " + home + " is a JRE");
      }
      var wrapper = folder.resolve("mvnw");
      var maven =
          Files.isExecutable(wrapper)
              ? wrapper.toAbsolutePath().toString()
              : require("mvn", "Maven 3.8 or later, https://maven.apache.org");
      Tool.run(
          folder,
          Map.of(
              "JAVA_HOME",
              home.toString(),
              "MAVEN_OPTS",
              environment("MAVEN_OPTS").orElse(MAVEN_OPTS)),
          List.of(maven, "--batch-mode", "--quiet", "-ntp", "package"));
    }
  },

  /** Python: one file, with what it imports. */
  PYTHON {
    @Override
    boolean fits(Path folder) {
      return entry(folder).endsWith(".py");
    }

    @Override
    void make(Path folder) {
      PythonBundle.build(folder, entry(folder));
    }

    private static String entry(Path folder) {
      var yaml = folder.resolve("plugin.yaml");
      try {
        return Files.isRegularFile(yaml)
            ? PluginManifest.parse(Files.readAllBytes(yaml), yaml.toString()).entry()
            : "";
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  },

  /** JavaScript of one file, and modules that something else has built. */
  NONE {
    @Override
    boolean fits(Path folder) {
      return true;
    }

    @Override
    void make(Path folder) {}
  };

  private static final String MODULE = "build/plugin.wasm";

  /** Returns whether this one builds the plugin in a folder. */
  abstract boolean fits(Path folder);

  abstract void make(Path folder);

  /**
   * Builds the plugin in a folder; what the tools say goes to the standard error.
   *
   * @throws CommandFailure naming a tool that is missing and how to get it, or one that fails
   */
  static void build(Path folder) {
    Stream.of(values()).filter(one -> one.fits(folder)).findFirst().orElseThrow().make(folder);
  }

  private static Optional<String> environment(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
  }

  private static String require(String program, String get) {
    return find(program).orElseThrow(() -> missing(program, get));
  }

  private static CommandFailure missing(String program, String get) {
    return new CommandFailure(program + " is missing (to get it: " + get + ")");
  }

  private static Optional<String> find(String program) {
    return Stream.concat(
            Stream.of(program).filter(name -> name.contains(File.separator)),
            environment("PATH").stream()
                .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
                .map(folder -> folder + File.separator + program))
        .filter(file -> Files.isExecutable(Path.of(file)))
        .findFirst();
  }
}
