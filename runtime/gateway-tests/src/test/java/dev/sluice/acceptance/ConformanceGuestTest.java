package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has the SDK's conformance guest check the encoding of {@code sluice.*} calls against the host.
 */
class ConformanceGuestTest {
  private static final Path GUEST =
      Path.of("../../plugin-sdk/assemblyscript/build/tests/conformance.wasm").toAbsolutePath();

  @TempDir private Path folder;

  @Test
  void sendsEveryTypeThereAndBack() {
    assertThat(GUEST).as("built by the tests of plugin-sdk/assemblyscript").isRegularFile();
    try (var gateway =
        SwapGateway.start(folder, "listeners: [{name: web, address: 127.0.0.1:0}]\n")) {
      var loaded =
          gateway.admin(
              "PUT",
              "/plugins/conformance",
              "{name: conformance, url: \"file:%s\"}".formatted(GUEST.normalize()));

      assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
    }
  }
}
