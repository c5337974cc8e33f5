package dev.sluice.gateway.internal;

import picocli.CommandLine.IVersionProvider;

/** Tells the version that the build wrote into the jar. */
public final class Version implements IVersionProvider {
  /** Creates the provider; called by picocli. */
  public Version() {}

  @Override
  public String[] getVersion() {
    return new String[] {"sluice " + text()};
  }

  static String text() {
    var version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
