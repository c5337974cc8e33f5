package dev.sluice.usage;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Is a line of the journal: a checksum (CRC-32, eight hexadecimal digits), a space, a JSON object.
 * The first line says what the file is, each other one what a sum has come to.
 */
sealed interface JournalLine {
  /** What a file of this kind says of itself. */
  String KIND = "usage";

  int VERSION = 1;
  int CHECKSUM = 8;

  /** Is the first line: from when on the sums count. */
  record Head(Instant since) implements JournalLine {}

  /** Says what a sum has come to; the last line of a key counts. */
  record Entry(UsageKey key, UsageSum sum) implements JournalLine {}

  /** Returns the bytes of this line, the line feed included. */
  default byte[] bytes() {
    var json = JsonMapper.shared().createObjectNode();
    switch (this) {
      case Head head -> {
        json.put("sluice", KIND).put("version", VERSION);
        json.put("since", head.since.toString());
      }
      case Entry entry -> {
        write(json, entry.key);
        write(json, entry.sum);
      }
    }
    var text = json.toString().getBytes(StandardCharsets.UTF_8);
    var line = new byte[CHECKSUM + 1 + text.length + 1];
    System.arraycopy(text, 0, line, CHECKSUM + 1, text.length);
    System.arraycopy(checksum(line, text.length), 0, line, 0, CHECKSUM);
    line[CHECKSUM] = ' ';
    line[line.length - 1] = '\n';
    return line;
  }

  private static byte[] checksum(byte[] line, int length) {
    var crc = new CRC32();
    crc.update(line, CHECKSUM + 1, length);
    return HexFormat.of().toHexDigits((int) crc.getValue()).getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads a line.
   *
   * @param line without the line feed
   * @return null for what is damaged, or of a version that is not known here
   */
  static @Nullable JournalLine read(byte[] line) {
    int length = line.length - CHECKSUM - 1;
    if (length < 2
        || line[CHECKSUM] != ' '
        || !Arrays.equals(line, 0, CHECKSUM, checksum(line, length), 0, CHECKSUM)) {
      return null;
    }
    try {
      var json = JsonMapper.shared().readTree(line, CHECKSUM + 1, length);
      if (!json.has("sluice")) {
        return new Entry(key(json), sum(json));
      }
      return json.path("sluice").stringValue().equals(KIND)
              && json.path("version").intValue() == VERSION
          ? new Head(Instant.parse(json.path("since").stringValue()))
          : null;
    } catch (JacksonException | DateTimeException | IllegalArgumentException e) {
      return null;
    }
  }

  private static void write(ObjectNode json, UsageKey key) {
    json.put("consumer", key.consumer()).put("model", key.model());
    json.put("provider", key.provider()).put("route", key.route());
    json.put("day", LocalDate.ofEpochDay(key.day()).toString());
  }

  private static UsageKey key(JsonNode json) {
    return new UsageKey(
        json.path("consumer").stringValue(),
        json.path("model").stringValue(),
        json.path("provider").stringValue(),
        json.path("route").stringValue(),
        LocalDate.parse(json.path("day").stringValue()).toEpochDay());
  }

  private static void write(ObjectNode json, UsageSum sum) {
    json.put("requests", sum.requests()).put("failed", sum.failed());
    json.put("estimated", sum.estimated()).put("unpriced", sum.unpriced());
    json.put("input", sum.input()).put("cachedInput", sum.cachedInput());
    json.put("cacheWrites", sum.cacheWrites()).put("output", sum.output());
    json.put("reasoning", sum.reasoning());
    var cost = json.putObject("cost");
    // As strings: a reader of numbers may not be exact.
    sum.cost().forEach((currency, amount) -> cost.put(currency, amount.toString()));
  }

  private static UsageSum sum(JsonNode json) {
    Map<String, BigDecimal> cost = new TreeMap<>();
    for (var entry : json.path("cost").properties()) {
      cost.put(entry.getKey(), new BigDecimal(entry.getValue().stringValue()));
    }
    return new UsageSum(
        json.path("requests").longValue(),
        json.path("failed").longValue(),
        json.path("estimated").longValue(),
        json.path("unpriced").longValue(),
        json.path("input").longValue(),
        json.path("cachedInput").longValue(),
        json.path("cacheWrites").longValue(),
        json.path("output").longValue(),
        json.path("reasoning").longValue(),
        cost);
  }
}
