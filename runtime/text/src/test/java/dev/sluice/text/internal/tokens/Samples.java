package dev.sluice.text.internal.tokens;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Is a text with what the published tokenizer of a family counts in it.
 *
 * @param language the name of the text
 */
record Samples(String language, String family, int tokens, String text) {

  static List<Samples> all() {
    var rows =
        read()
            .lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split("\t", -1))
            .toList();
    var header = rows.getFirst();
    var samples = new ArrayList<Samples>();
    for (var row : rows.subList(1, rows.size())) {
      var text = row[row.length - 1].replace("\\n", "\n");
      for (int i = 1; i < row.length - 1; i++) {
        samples.add(new Samples(row[0], header[i], Integer.parseInt(row[i]), text));
      }
    }
    return samples;
  }

  private static String read() {
    try (var in = Objects.requireNonNull(Samples.class.getResourceAsStream("samples.tsv"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
