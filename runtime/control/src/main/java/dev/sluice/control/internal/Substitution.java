package dev.sluice.control.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fills in the values of environment variables ({@code NAME} or {@code NAME:-default} in a dollar
 * sign and braces) and files ({@code file:path}); a doubled dollar sign keeps a reference as it is.
 */
final class Substitution {
  private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?");
  private static final String EXPECTED = " (expected: ${NAME}, ${NAME:-default} or ${file:path})";
  private static final int MAX_FILE = 1 << 20;

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
   * Is a text with its references filled in.
   *
   * @param secrets what came from variables and files, not from defaults
   */
  record Filled(String text, List<String> secrets) {
    Filled {
      secrets = List.copyOf(secrets);
    }
  }

  /**
   * Fills in a text.
   *
   * @throws IllegalArgumentException naming the variable or file that is missing
   */
  Filled apply(String text) {
    var filled = new StringBuilder();
    var secrets = new ArrayList<String>();
    int at = 0;
    while (true) {
      int start = text.indexOf("${", at);
      if (start < 0) {
        return new Filled(filled.append(text, at, text.length()).toString(), secrets);
      }
      int end = text.indexOf('}', start);
      if (end < 0) {
        throw new IllegalArgumentException("a ${ without its }" + EXPECTED);
      }
      if (start > at && text.charAt(start - 1) == '$') {
        filled.append(text, at, start - 1).append(text, start, end + 1);
      } else {
        filled.append(text, at, start).append(value(text.substring(start + 2, end), secrets));
      }
      at = end + 1;
    }
  }

  private String value(String reference, List<String> secrets) {
    if (reference.startsWith("file:")) {
      var content = file(reference.substring("file:".length()));
      secrets.add(content);
      return content;
    }
    var matcher = NAME.matcher(reference);
    if (!matcher.matches() || reference.contains("${")) {
      throw new IllegalArgumentException("${" + reference + "}" + EXPECTED);
    }
    var value = environment.apply(matcher.group(1));
    var otherwise = matcher.group(3);
    if (value == null && otherwise == null) {
      throw new IllegalArgumentException(
          "environment variable " + matcher.group(1) + " is not set (expected: a value)");
    }
    if (otherwise != null && (value == null || value.isEmpty())) {
      return otherwise;
    }
    var found = value == null ? "" : value;
    secrets.add(found);
    return found;
  }

  private String file(String name) {
    var path = base.resolve(name);
    try (var in = Files.newInputStream(path)) {
      var bytes = in.readNBytes(MAX_FILE + 1);
      if (bytes.length > MAX_FILE) {
        throw new IllegalArgumentException(
            path + " is too long (expected: at most " + MAX_FILE + " bytes)");
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes))
          .toString()
          .stripTrailing();
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + path, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(path + " is not UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }
}
