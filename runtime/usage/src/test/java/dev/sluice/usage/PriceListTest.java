package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ai.Price;
import dev.sluice.usage.PriceList.Entry;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PriceListTest {
  private static final PriceList LIST =
      PriceList.of(
          List.of(
              entry("~gpt-.*", "openai", "", 1),
              entry("gpt-*", "openai", "gpt-*", 2),
              entry("gpt-4*", "openai", "", 3),
              entry("gpt-4o", "openai", "gpt-4o", 4),
              entry("gpt-4o", "azure", "deployed", 5)));

  private static Entry entry(String name, String provider, String model, int price) {
    var rate = BigDecimal.valueOf(price);
    return new Entry(name, provider, model, Price.of(rate, null, null, rate, null, 1, "USD"));
  }

  private static int price(String requested, String provider, String model) {
    return Objects.requireNonNull(LIST.price(requested, provider, model)).input().intValue();
  }

  @Test
  void theNearestEntryDecides() {
    assertThat(price("gpt-4o", "openai", "gpt-4o")).isEqualTo(4);
    assertThat(price("gpt-4o", "azure", "deployed")).isEqualTo(5);
    assertThat(price("gpt-4.1", "openai", "gpt-4.1")).isEqualTo(3);
    assertThat(price("gpt-5", "openai", "gpt-5")).isEqualTo(2);
  }

  @Test
  void theProvidersModelDecidesWhereAPluginChoseAnother() {
    assertThat(price("anything", "azure", "deployed")).isEqualTo(5);
  }

  @Test
  void whatIsNotListedHasNoPrice() {
    assertThat(LIST.price("gpt-4o", "anthropic", "gpt-4o")).isNull();
    assertThat(LIST.price("claude", "openai", "claude")).isNull();
  }
}
