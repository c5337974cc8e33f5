package dev.sluice.control.internal;

import dev.sluice.usage.UsageJournal;
import dev.sluice.usage.UsageLedger;
import dev.sluice.usage.UsageQuery;
import dev.sluice.usage.UsageQuery.Dimension;
import dev.sluice.usage.UsageSum;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Answers {@code GET /ai/usage}. */
final class UsageApi {
  private static final int LIMIT = 1000;
  private static final int MOST = 10_000;
  private static final List<String> WORDS =
      List.of("consumer", "model", "provider", "route", "day");

  private final UsageLedger ledger;

  private final @Nullable UsageJournal journal;

  /**
   * @param journal what keeps the ledger, or null
   */
  UsageApi(UsageLedger ledger, @Nullable UsageJournal journal) {
    this.ledger = ledger;
    this.journal = journal;
  }

  AdminResponse answer(AdminRequest request) {
    var query = query(request.query());
    var report = ledger.report(query);
    var body = JsonMapper.shared().createObjectNode();
    body.put("since", ledger.since().toString());
    var groupBy = body.putArray("groupBy");
    query.groupBy().forEach(dimension -> groupBy.add(word(dimension)));
    var rows = body.putArray("rows");
    for (var row : report.rows()) {
      var node = rows.addObject();
      row.group().forEach((dimension, value) -> node.put(word(dimension), value));
      fill(node, row.sum());
    }
    fill(body.putObject("total"), report.total());
    body.put("left", report.left());
    var problem = journal == null ? null : journal.problem();
    if (problem != null) {
      body.put("problem", problem);
    }
    return AdminResponse.json(200, body);
  }

  private static UsageQuery query(Map<String, String> parameters) {
    List<Dimension> groupBy = List.of(Dimension.CONSUMER, Dimension.MODEL, Dimension.PROVIDER);
    Map<Dimension, String> where = new EnumMap<>(Dimension.class);
    LocalDate from = null;
    LocalDate to = null;
    int limit = LIMIT;
    for (var parameter : parameters.entrySet()) {
      var value = parameter.getValue();
      switch (parameter.getKey()) {
        case "groupBy" -> groupBy = dimensions(value);
        case "from" -> from = day("from", value);
        case "to" -> to = day("to", value);
        case "limit" -> limit = limit(value);
        case "day" -> where.put(Dimension.DAY, day("day", value).toString());
        default -> {
          if (!WORDS.contains(parameter.getKey())) {
            throw AdminRefusal.badRequest(
                "query parameter \""
                    + parameter.getKey()
                    + "\" (expected: groupBy, from, to, limit, "
                    + String.join(", ", WORDS)
                    + ")");
          }
          where.put(dimension(parameter.getKey()), value);
        }
      }
    }
    return new UsageQuery(groupBy, where, from, to, limit);
  }

  private static List<Dimension> dimensions(String value) {
    var dimensions = new ArrayList<Dimension>();
    for (var word : value.isEmpty() ? new String[0] : value.split(",", -1)) {
      if (!WORDS.contains(word) || dimensions.contains(dimension(word))) {
        throw AdminRefusal.badRequest(
            "groupBy: \"" + word + "\" (expected: each once of " + String.join(", ", WORDS) + ")");
      }
      dimensions.add(dimension(word));
    }
    return dimensions;
  }

  private static Dimension dimension(String word) {
    return Dimension.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static String word(Dimension dimension) {
    return dimension.name().toLowerCase(Locale.ROOT);
  }

  private static LocalDate day(String name, String value) {
    try {
      return LocalDate.parse(value);
    } catch (DateTimeParseException e) {
      throw AdminRefusal.badRequest(
          name + ": \"" + value + "\" (expected: a day such as 2026-11-29, in UTC)");
    }
  }

  private static int limit(String value) {
    try {
      int limit = Integer.parseInt(value);
      if (limit >= 1 && limit <= MOST) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw AdminRefusal.badRequest("limit: \"" + value + "\" (expected: 1.." + MOST + ")");
  }

  private static void fill(ObjectNode node, UsageSum sum) {
    node.put("requests", sum.requests());
    node.put("failed", sum.failed());
    node.put("estimated", sum.estimated());
    node.put("unpriced", sum.unpriced());
    var tokens = node.putObject("tokens");
    tokens.put("input", sum.input());
    tokens.put("cachedInput", sum.cachedInput());
    tokens.put("cacheWrites", sum.cacheWrites());
    tokens.put("output", sum.output());
    tokens.put("reasoning", sum.reasoning());
    var cost = node.putObject("cost");
    new TreeMap<>(sum.cost()).forEach((currency, amount) -> cost.put(currency, plain(amount)));
  }

  /** Returns a sum without trailing zeros, as a number that a reader may keep exact. */
  private static BigDecimal plain(BigDecimal amount) {
    var stripped = amount.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }
}
