package dev.sluice.registry.internal;

import java.io.ByteArrayInputStream;

/** Opens the archive reader to tests of the module's interface. */
public final class TestTar {
  private TestTar() {}

  /** Reads a file of an archive with a limit. */
  public static byte[] file(byte[] archive, String name, long limit) {
    return TarReader.file(new ByteArrayInputStream(archive), name, limit, "archive");
  }
}
