package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.registry.testing.PeerProgram;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the suite of the distribution specification against {@code sluice registry serve}. */
@Tag("peers")
class ConformanceSuiteTest {
  @TempDir private Path folder;

  @Test
  void passesPullPushDiscoveryAndManagement() {
    // "dev" switches on what the next version of the specification adds.
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var suite = PeerProgram.find("oci-conformance", folder);
    try (var server = RegistryServer.start(folder.resolve("registry"), address)) {
      var result =
          suite
              .with("OCI_REGISTRY", "127.0.0.1:" + server.address().getPort())
              .with("OCI_TLS", "disabled")
              .with("OCI_VERSION", "dev")
              .tryRun();
      assertThat(result.output()).doesNotContain("failed test");
      for (var api :
          new String[] {
            "Tag listing", "Blob chunked", "Blob mount", "Manifest put with subject", "Referrers"
          }) {
        assertThat(result.output()).containsPattern(api + "\\.+: +Pass");
      }
      assertThat(result.code()).isZero();
    }
  }
}
