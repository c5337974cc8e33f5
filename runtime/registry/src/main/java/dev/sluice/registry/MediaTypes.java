package dev.sluice.registry;

/** Names the media types of plugins and their packaging. */
public final class MediaTypes {
  public static final String INDEX = "application/vnd.oci.image.index.v1+json";
  public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  public static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";
  public static final String DOCKER_LIST =
      "application/vnd.docker.distribution.manifest.list.v2+json";
  public static final String EMPTY = "application/vnd.oci.empty.v1+json";

  /** Configuration of a "Wasm OCI Artifact" (CNCF TAG Runtime). */
  public static final String WASM_CONFIG = "application/vnd.wasm.config.v0+json";

  public static final String WASM = "application/wasm";
  public static final String JAVASCRIPT = "text/javascript";
  public static final String PYTHON = "text/x-python";
  public static final String JAR = "application/java-archive";

  /** A module in the layout of solo-io and Higress. */
  public static final String MODULE_WASM = "application/vnd.module.wasm.content.layer.v1+wasm";

  /** A module in the layout of wasm-to-oci. */
  public static final String CONTENT_WASM = "application/vnd.wasm.content.layer.v1+wasm";

  public static final String OCI_TAR = "application/vnd.oci.image.layer.v1.tar";
  public static final String DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar";
  public static final String OCI_TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
  public static final String DOCKER_TAR_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

  /** Artifact type of plugins that are no Wasm. */
  public static final String PLUGIN = "application/vnd.sluice.plugin.v1";

  /** The layer that holds plugin.yaml. */
  public static final String PLUGIN_MANIFEST = "application/vnd.sluice.plugin.manifest.v1+yaml";

  /** The layer that holds the JSON Schema of pluginConfig. */
  public static final String PLUGIN_SCHEMA = "application/vnd.sluice.plugin.config.schema.v1+json";

  /** What a signature in cosign's tag form is about. */
  public static final String SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";

  private MediaTypes() {}
}
