package dev.sluice.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the direction of dependencies that {@link GatewayModule} lists. */
final class DependencyDirectionTest {
  private static final Path REPOSITORY =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../..").normalize();

  private static final DescribedPredicate<JavaClass> OURS =
      DescribedPredicate.describe("of this project", GatewayModule::isOurs);

  @Test
  void everyClassBelongsToAModuleOfTheTable() {
    classes()
        .that(OURS)
        .should(satisfy("belong to a module listed in GatewayModule", this::strayClass))
        .check(Gateway.CLASSES);
  }

  @Test
  void everyModuleWithSourcesIsChecked() {
    Set<String> imported =
        Gateway.CLASSES.stream()
            .flatMap(type -> GatewayModule.of(type).stream())
            .map(GatewayModule::folder)
            .collect(Collectors.toSet());

    assertThat(imported).containsExactlyInAnyOrderElementsOf(foldersWithSources());
  }

  @Test
  void modulesUseOnlyWhatTheTableAllows() {
    classes()
        .that(OURS)
        .should(satisfyForEachDependency("stay in the direction of dependencies", this::direction))
        .check(Gateway.CLASSES);
  }

  @Test
  void internalPackagesAreUsedByTheirOwnModuleOnly() {
    classes()
        .that(OURS)
        .should(satisfyForEachDependency("leave other modules' internals alone", this::intrusion))
        .check(Gateway.CLASSES);
  }

  private Optional<String> strayClass(JavaClass type) {
    return GatewayModule.of(type).isPresent()
        ? Optional.empty()
        : Optional.of(type.getName() + " is in no package listed in GatewayModule");
  }

  private Optional<String> direction(Dependency dependency) {
    return between(dependency)
        .filter(ends -> !ends.from().mayUse(ends.to()))
        .map(
            ends ->
                "%s may not use %s (expected: one of %s): %s"
                    .formatted(
                        ends.from().folder(),
                        ends.to().folder(),
                        ends.from().uses().stream().sorted().toList(),
                        dependency.getDescription()));
  }

  private Optional<String> intrusion(Dependency dependency) {
    return between(dependency)
        .filter(ends -> !ends.from().equals(ends.to()) && !ends.from().looksInside())
        .filter(ends -> ends.to().hides(dependency.getTargetClass().getPackageName()))
        .map(ends -> ends.from().folder() + " looks inside: " + dependency.getDescription());
  }

  private record Ends(GatewayModule from, GatewayModule to) {}

  private static Optional<Ends> between(Dependency dependency) {
    return GatewayModule.of(dependency.getOriginClass())
        .flatMap(
            from ->
                GatewayModule.of(dependency.getTargetClass().getBaseComponentType())
                    .map(to -> new Ends(from, to)));
  }

  private static List<String> foldersWithSources() {
    try (Stream<Path> runtime = Files.list(REPOSITORY.resolve("runtime"))) {
      return Stream.concat(
              runtime,
              Stream.of("plugin-api", "plugin-sdk/testkit", "benchmarks").map(REPOSITORY::resolve))
          .filter(folder -> Files.isRegularFile(folder.resolve("pom.xml")))
          .filter(folder -> hasJavaSources(folder.resolve("src/main/java")))
          .map(folder -> REPOSITORY.relativize(folder).toString().replace('\\', '/'))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean hasJavaSources(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @FunctionalInterface
  private interface Check<T> {
    /** Returns what is wrong; empty when nothing is. */
    Optional<String> violation(T subject);
  }

  private static ArchCondition<JavaClass> satisfy(String what, Check<JavaClass> check) {
    return new ArchCondition<>(what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        check
            .violation(type)
            .ifPresent(text -> events.add(SimpleConditionEvent.violated(type, text)));
      }
    };
  }

  private static ArchCondition<JavaClass> satisfyForEachDependency(
      String what, Check<Dependency> check) {
    return new ArchCondition<>(what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          check
              .violation(dependency)
              .ifPresent(text -> events.add(SimpleConditionEvent.violated(dependency, text)));
        }
      }
    };
  }
}
