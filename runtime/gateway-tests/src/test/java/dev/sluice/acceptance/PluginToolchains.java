package dev.sluice.acceptance;

import java.nio.file.Path;
import java.util.Map;

/** Finds what builds plugins of a language, as {@code .ci/peers} installs it. */
final class PluginToolchains {
  private static final Path ROOT =
      Path.of(System.getProperty("sluice.root", "../..")).toAbsolutePath().normalize();

  private PluginToolchains() {}

  /** Returns a command line that can build plugins of a language, or ends the test. */
  static SluiceCommand command(String language, Path folder) {
    var sluice = new SluiceCommand(folder);
    switch (language) {
      case "go" -> PeerProgram.find("go");
      case "cpp" -> PeerProgram.find("clang-19");
      case "java" -> {
        PeerProgram.find("mvn");
        sluice.inTurn("maven");
      }
      case "rust" -> {
        rust().forEach(sluice::with);
        sluice.inTurn("cargo");
      }
      case "ts", "typescript", "assemblyscript" -> PeerProgram.find("npm");
      default -> {}
    }
    return sluice;
  }

  /** Debian's Rust has no library for WASI, so it is built too, once for all tests. */
  private static Map<String, String> rust() {
    PeerProgram.find("cargo");
    PeerProgram.find("wasm-ld-19");
    return Map.of(
        "CARGO", "/usr/bin/cargo",
        "RUSTC", "/usr/bin/rustc",
        "RUSTC_BOOTSTRAP", "1",
        "CARGO_UNSTABLE_BUILD_STD", "std,panic_abort",
        "CARGO_TARGET_DIR", ROOT.resolve(".peers/wasm/rust-plugins").toString(),
        "RUSTFLAGS",
            "-C linker=wasm-ld-19 -C link-arg=--allow-undefined -C link-self-contained=no"
                + " -L /usr/lib/wasm32-wasi -C target-feature=-crt-static");
  }
}
