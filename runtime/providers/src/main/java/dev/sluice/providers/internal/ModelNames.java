package dev.sluice.providers.internal;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a name of a model stands for: the exact one, else the longest prefix, else the first
 * regular expression. Immutable.
 */
final class ModelNames<T> {
  private final Map<String, T> exact = new HashMap<>();
  private final List<Prefix<T>> prefixes = new ArrayList<>();
  private final List<Regex<T>> regexes = new ArrayList<>();

  private record Prefix<T>(String text, T value) {}

  private record Regex<T>(Pattern pattern, T value) {}

  /**
   * Is what was found.
   *
   * @param rest what followed the prefix, else empty
   * @param groups of the regular expression, or null
   */
  record Found<T>(T value, String name, String rest, @Nullable Matcher groups) {
    /** Fills in a provider's name of a model. */
    String fill(String template) {
      if (template.isEmpty()) {
        return name;
      }
      var regex = groups;
      if (regex == null) {
        return template.indexOf('*') < 0 ? template : template.replace("*", rest);
      }
      if (template.indexOf('$') < 0) {
        return template;
      }
      var filled = new StringBuilder();
      for (int i = 0; i < template.length(); i++) {
        char c = template.charAt(i);
        int group = c == '$' && i + 1 < template.length() ? template.charAt(i + 1) - '0' : -1;
        if (group >= 0 && group <= 9) {
          var text = group <= regex.groupCount() ? regex.group(group) : null;
          filled.append(text == null ? "" : text);
          i++;
        } else {
          filled.append(c);
        }
      }
      return filled.toString();
    }
  }

  /**
   * Adds a name.
   *
   * @throws com.google.re2j.PatternSyntaxException when a regular expression is none
   */
  void add(String name, T value) {
    if (name.startsWith("~")) {
      regexes.add(new Regex<>(Pattern.compile(name.substring(1)), value));
    } else if (name.endsWith("*")) {
      prefixes.add(new Prefix<>(name.substring(0, name.length() - 1), value));
      prefixes.sort(Comparator.comparingInt((Prefix<T> p) -> p.text.length()).reversed());
    } else {
      exact.put(name, value);
    }
  }

  @Nullable Found<T> find(String name) {
    var value = exact.get(name);
    if (value != null) {
      return new Found<>(value, name, "", null);
    }
    for (var prefix : prefixes) {
      if (name.startsWith(prefix.text)) {
        return new Found<>(prefix.value, name, name.substring(prefix.text.length()), null);
      }
    }
    for (var regex : regexes) {
      var matcher = regex.pattern.matcher(name);
      if (matcher.matches()) {
        return new Found<>(regex.value, name, "", matcher);
      }
    }
    return null;
  }
}
