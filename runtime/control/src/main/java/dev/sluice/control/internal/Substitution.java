package dev.sluice.control.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fills in the values of environment variables ({@code NAME} or {@code NAME:-default} in a dollar
 * sign and braces) and files ({@code file:path}); a doubled dollar sign keeps a reference as it is.
 */
final class Substitution {
  private static final Pattern REFERENCE = Pattern.compile("\\$?\\$\\{([^}]*)}");
  private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?");
  private static final long MAX_FILE = 1 << 20;

  private final UnaryOperator<@Nullable String> environment;
  private final Path base;

  /**
   * @param environment answers null for a variable that is not set
   * @param base files are relative to this folder
   */
  Substitution(UnaryOperator<@Nullable String> environment, Path base) {
    this.environment = environment;
    this.base = base;
  }

  /**
   * Fills in a text.
   *
   * @throws IllegalArgumentException naming the variable or file that is missing
   */
  String apply(String text) {
    var matcher = REFERENCE.matcher(text);
    var filled = new StringBuilder();
    while (matcher.find()) {
      var value =
          matcher.group().startsWith("$$") ? matcher.group().substring(1) : value(matcher.group(1));
      matcher.appendReplacement(filled, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(filled).toString();
  }

  private String value(String reference) {
    if (reference.startsWith("file:")) {
      return file(reference.substring("file:".length()));
    }
    var matcher = NAME.matcher(reference);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "${" + reference + "} (expected: ${NAME}, ${NAME:-default} or ${file:path})");
    }
    var value = environment.apply(matcher.group(1));
    if (value == null || (value.isEmpty() && matcher.group(2) != null)) {
      if (matcher.group(2) == null) {
        throw new IllegalArgumentException(
            "environment variable " + matcher.group(1) + " is not set");
      }
      return matcher.group(3);
    }
    return value;
  }

  private String file(String name) {
    var path = base.resolve(name);
    try {
      if (Files.size(path) > MAX_FILE) {
        throw new IllegalArgumentException(path + " has more than " + MAX_FILE + " bytes");
      }
      return Files.readString(path, StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read the file " + path, e);
    }
  }
}
