package dev.sluice.usage;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.ai.Price;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is a price book made of a configuration: the entry that takes a caller's model (the exact one,
 * else the longest prefix, else the first regular expression) and the provider's model decide; of a
 * model that a plugin chose instead, the provider's model alone. Immutable.
 */
public final class PriceList implements PriceBook {
  /** Has no prices. */
  public static final PriceList EMPTY = new PriceList(List.of());

  private final List<Line> lines;

  private record Line(Entry entry, @Nullable Pattern regex) {
    boolean takes(String requested) {
      var name = entry.name;
      if (regex != null) {
        return regex.matches(requested);
      }
      return name.endsWith("*")
          ? requested.startsWith(name.substring(0, name.length() - 1))
          : name.equals(requested);
    }

    int rank() {
      return regex != null ? 2 : entry.name.endsWith("*") ? 1 : 0;
    }

    boolean serves(String provider, String model) {
      return entry.provider.equals(provider)
          && (entry.model.isEmpty()
              || entry.model.equals(model)
              || entry.model.indexOf('*') >= 0
              || entry.model.indexOf('$') >= 0);
    }
  }

  /**
   * Is the price of one target.
   *
   * @param name what callers call the model: exactly this, {@code prefix*}, or {@code ~regex}
   * @param provider the provider's name
   * @param model the provider's name of the model: empty for the caller's, {@code *} and {@code $1}
   *     stand for parts of it
   */
  public record Entry(String name, String provider, String model, Price price) {}

  private PriceList(List<Line> lines) {
    this.lines = lines;
  }

  /**
   * Returns a list of entries, in the order of the configuration.
   *
   * @throws IllegalArgumentException when a regular expression is none
   */
  public static PriceList of(List<Entry> entries) {
    var lines = new ArrayList<Line>();
    for (var entry : entries) {
      var name = entry.name;
      lines.add(new Line(entry, name.startsWith("~") ? pattern(name) : null));
    }
    lines.sort(
        Comparator.comparingInt(Line::rank)
            .thenComparing(line -> line.rank() == 1 ? -line.entry.name.length() : 0));
    return new PriceList(List.copyOf(lines));
  }

  private static Pattern pattern(String name) {
    try {
      return Pattern.compile(name.substring(1));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "\"" + name + "\" (expected: ~ and a regular expression)", e);
    }
  }

  @Override
  public @Nullable Price price(String requested, String provider, String model) {
    Price otherwise = null;
    for (var line : lines) {
      if (line.serves(provider, model)) {
        if (line.takes(requested)) {
          return line.entry.price;
        }
        if (otherwise == null && line.entry.model.equals(model)) {
          otherwise = line.entry.price;
        }
      }
    }
    return otherwise;
  }
}
