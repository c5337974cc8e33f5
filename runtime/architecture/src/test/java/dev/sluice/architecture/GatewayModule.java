package dev.sluice.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Is a module of the gateway with what it may know of the others. The one table of the direction of
 * dependencies; a new module gets a line here.
 *
 * @param folder where it lives, from the root of the repository
 * @param name its package below {@code dev.sluice}
 * @param uses the names of the modules that its classes may refer to
 */
record GatewayModule(String folder, String name, Set<String> uses) {

  private static final String BENCHMARKS = "benchmarks";

  /**
   * The modules, each after those that it uses. Nobody uses {@code wasm}, {@code jvm}, {@code
   * polyglot} and {@code text}: engines and host services are found through {@link
   * java.util.ServiceLoader}.
   */
  static final List<GatewayModule> ALL =
      List.of(
          new GatewayModule("plugin-api", "plugin", Set.of()),
          new GatewayModule("runtime/http", "http", Set.of("plugin")),
          new GatewayModule("runtime/proxy", "proxy", Set.of("plugin", "http")),
          new GatewayModule("runtime/wasm", "wasm", Set.of("plugin")),
          new GatewayModule("runtime/jvm", "jvm", Set.of("plugin")),
          new GatewayModule("runtime/polyglot", "polyglot", Set.of("plugin")),
          new GatewayModule("runtime/text", "text", Set.of("plugin")),
          new GatewayModule("runtime/state", "state", Set.of("plugin")),
          new GatewayModule("runtime/ai", "ai", Set.of("plugin", "http", "proxy")),
          new GatewayModule("runtime/standin", "standin", Set.of("plugin", "http")),
          new GatewayModule(
              "runtime/providers", "providers", Set.of("plugin", "http", "proxy", "ai")),
          new GatewayModule("runtime/identity", "identity", Set.of("plugin", "http", "proxy")),
          new GatewayModule("runtime/usage", "usage", Set.of("plugin", "http", "proxy", "ai")),
          new GatewayModule("runtime/registry", "registry", Set.of("plugin")),
          new GatewayModule(
              "runtime/control",
              "control",
              Set.of(
                  "plugin", "http", "proxy", "ai", "providers", "identity", "usage", "registry")),
          new GatewayModule(
              "plugin-sdk/testkit",
              "testkit",
              Set.of("plugin", "http", "proxy", "registry", "control")),
          new GatewayModule(
              "benchmarks",
              BENCHMARKS,
              Set.of("plugin", "http", "proxy", "ai", "providers", "identity", "registry")),
          new GatewayModule(
              "runtime/gateway",
              "gateway",
              Set.of("plugin", "http", "proxy", "registry", "standin", "control", "testkit")));

  private static final String ROOT = "dev.sluice.";

  /** Returns the module of a class of this project; empty for one that the table does not know. */
  static Optional<GatewayModule> of(JavaClass type) {
    return ALL.stream().filter(module -> module.owns(type.getPackageName())).findFirst();
  }

  /** Says whether a class belongs to this project. */
  static boolean isOurs(JavaClass type) {
    return type.getPackageName().startsWith(ROOT);
  }

  /** Says whether a package belongs to this module. */
  boolean owns(String packageName) {
    return (packageName + ".").startsWith(ROOT + name + ".");
  }

  /** Says whether a package is not part of this module's interface. */
  boolean hides(String packageName) {
    return (packageName + ".").startsWith(ROOT + name + ".internal.");
  }

  /** Says whether this module may look inside others: a bench measures parts without the whole. */
  boolean looksInside() {
    return name.equals(BENCHMARKS);
  }

  /** Says whether classes of this module may refer to classes of the other. */
  boolean mayUse(GatewayModule other) {
    return equals(other) || uses.contains(other.name);
  }
}
