package dev.sluice.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds each library to the modules that are about its field. */
final class LibraryUseTest {

  static Stream<Arguments> librariesAndTheirModules() {
    return Stream.of(
        library("run.endive.(runtime|compiler|wasi)..", "wasm"),
        // The command line looks into a module without running it (`plugin inspect`).
        library("run.endive.wasm..", "wasm", "gateway"),
        library("com.google.re2j..", "text", "proxy", "providers", "identity", "usage"),
        library("org.apache.hc..", "registry"),
        library("org.graalvm..", "polyglot"),
        library("com.oracle.truffle..", "polyglot"),
        library(
            "tools.jackson..",
            "polyglot",
            "text",
            "providers",
            "usage",
            "registry",
            "standin",
            "control",
            "testkit",
            "gateway",
            "benchmarks"),
        library("com.knuddels..", "text"),
        library("ai.(onnxruntime|djl)..", "text"),
        library("org.apache.lucene..", "state"),
        library("io.lettuce..", "state"),
        library("com.nimbusds..", "identity"),
        library("io.opentelemetry..", "usage"),
        library("com.networknt..", "control"),
        library("io.micrometer..", "control"),
        library("io.prometheus..", "control"),
        library("picocli..", "gateway", "benchmarks"),
        library("org.openjdk.jmh..", "benchmarks"),
        library("ch.qos.logback..", "gateway"),
        // A buffer and an event loop are words that http and its users share; sockets, codecs and
        // TLS are http's own.
        library(
            "io.netty..",
            "http",
            "proxy",
            "ai",
            "standin",
            "control",
            "testkit",
            "gateway",
            "benchmarks"),
        library("io.netty.bootstrap..", "http"),
        library("io.netty.channel.(epoll|kqueue|uring|socket)..", "http"),
        library("io.netty.handler..", "http"));
  }

  @ParameterizedTest
  @MethodSource("librariesAndTheirModules")
  void aLibraryStaysWhereItsFieldIs(String library, String[] modules) {
    noClasses()
        .that()
        .resideOutsideOfPackages(modules)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(Gateway.CLASSES);
  }

  @Test
  void thePluginApiNeedsNothingButTheJdk() {
    classes()
        .that()
        .resideInAPackage("dev.sluice.plugin..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.jspecify.annotations..", "dev.sluice.plugin..")
        .check(Gateway.CLASSES);
  }

  private static Arguments library(String packages, String... modules) {
    String[] owners =
        Stream.of(modules).map(module -> "dev.sluice." + module + "..").toArray(String[]::new);
    return Arguments.of(packages, owners);
  }
}
