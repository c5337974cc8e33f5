package dev.sluice.control.internal;

import dev.sluice.ai.Price;
import dev.sluice.usage.PriceList;
import dev.sluice.usage.PriceList.Entry;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes what the targets of {@code models} cost; a target without a price has its model's. */
final class PricesDecoder {
  private PricesDecoder() {}

  static PriceList decode(Section root) {
    var entries = new ArrayList<Entry>();
    for (var model : root.mappings("models")) {
      var price = price(model);
      targets(model, "targets", model, price, entries);
      targets(model, "fallback", model, price, entries);
      for (var list : List.of("canary", "choose")) {
        for (var part : model.mappings(list)) {
          targets(part, "targets", model, price, entries);
        }
      }
    }
    try {
      return PriceList.of(entries);
    } catch (IllegalArgumentException e) {
      return PriceList.EMPTY; // the decoder of models reports it
    }
  }

  private static void targets(
      Section section, String list, Section model, @Nullable Price otherwise, List<Entry> entries) {
    for (var target : section.mappings(list)) {
      var own = price(target);
      var price = own == null ? otherwise : own;
      if (price != null) {
        entries.add(
            new Entry(
                model.text("name", ""),
                target.text("provider", ""),
                target.text("model", ""),
                price));
      }
    }
  }

  private static @Nullable Price price(Section section) {
    var price = section.section("price");
    var input = rate(price, "input");
    var output = rate(price, "output");
    if (input == null || output == null) {
      return null;
    }
    long per =
        switch (price.text("per", "1M")) {
          case "1" -> 1;
          case "1K" -> 1_000;
          default -> 1_000_000;
        };
    return Price.of(
        input,
        rate(price, "cachedInput"),
        rate(price, "cacheWrite"),
        output,
        rate(price, "reasoning"),
        per,
        price.text("currency", "USD"));
  }

  /** Takes the decimal as it stands in the file. */
  private static @Nullable BigDecimal rate(Section price, String field) {
    var value = price.node(field);
    return value.isNumber() && value.asDouble() >= 0 ? new BigDecimal(value.asString()) : null;
  }
}
