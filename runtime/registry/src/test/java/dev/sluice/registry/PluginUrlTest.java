package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PluginUrlTest {
  private static final String DIGEST = "sha256:" + "ab".repeat(32);

  @ParameterizedTest
  @CsvSource({
    "oci://r.example/a/b:1, r.example, a/b, 1",
    "r.example:5000/a, r.example:5000, a, latest",
    "127.0.0.1:5000/a__b/c-d:v1.0_x, 127.0.0.1:5000, a__b/c-d, v1.0_x",
    "oci://[::1]:5000/a:2, [::1]:5000, a, 2",
  })
  void readsReferences(String url, String registry, String repository, String tag) {
    assertThat(PluginUrl.parse(url, Path.of("/base")))
        .isEqualTo(new PluginUrl.Oci(registry, repository, tag, null));
  }

  @Test
  void readsADigestWithAndWithoutATag() {
    var both = (PluginUrl.Oci) PluginUrl.parse("r.example/a:1@" + DIGEST, Path.of("/"));
    assertThat(both.tag()).isEqualTo("1");
    assertThat(both.reference()).isEqualTo(DIGEST);
    var digest = (PluginUrl.Oci) PluginUrl.parse("r.example/a@" + DIGEST, Path.of("/"));
    assertThat(digest.tag()).isNull();
    assertThat(digest.text()).isEqualTo("oci://r.example/a@" + DIGEST);
  }

  @Test
  void readsFilesAndLayoutsRelativeToTheirBase() {
    var base = Path.of("/base");
    assertThat(PluginUrl.parse("file:p/x.wasm", base))
        .isEqualTo(new PluginUrl.File(Path.of("/base/p/x.wasm")));
    assertThat(PluginUrl.parse("file:///x.wasm", base))
        .isEqualTo(new PluginUrl.File(Path.of("/x.wasm")));
    assertThat(PluginUrl.parse("oci-layout:l:v1", base))
        .isEqualTo(new PluginUrl.Layout(Path.of("/base/l"), "v1", null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "r.example/UPPER",
        "r.example/a:",
        "r.example/a:b c",
        "r.example/a@sha256:12",
        "r.example/a@md5:" + "00",
        "ftp://r.example/a",
        "oci://",
        "oci:///a",
        "r.example/../a",
        "-bad-/a",
      })
  void refusesWhatIsNoReference(String url) {
    assertThatThrownBy(() -> PluginUrl.parse(url, Path.of("/")))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("expected:");
  }
}
