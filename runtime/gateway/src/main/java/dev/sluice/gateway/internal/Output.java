package dev.sluice.gateway.internal;

import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Prints results as text for people or as JSON. */
public final class Output {
  /** Says how results are printed. */
  public enum Format {
    TEXT,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      description = "How to print results: text or json.",
      defaultValue = "text",
      scope = picocli.CommandLine.ScopeType.INHERIT)
  private Format format = Format.TEXT;

  /** Creates the options; called by picocli. */
  public Output() {}

  boolean isJson() {
    return format == Format.JSON;
  }

  /** Prints a result in the form that was asked for. */
  void print(JsonNode json, String text) {
    System.out.println(isJson() ? json.toPrettyString() : text);
  }

  /** Says something that is no result. */
  static void say(String text) {
    System.err.println(text);
  }
}
