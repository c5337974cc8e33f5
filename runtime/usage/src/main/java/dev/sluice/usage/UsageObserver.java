package dev.sluice.usage;

import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.ExchangeRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes the usage record of each LLM exchange and enters it into ledger and figures. Stands before
 * the observers that ask for the record.
 */
public final class UsageObserver implements ExchangeObserver {
  private final UsageLedger ledger;
  private final UsageFigures figures;
  private final Last[] last;
  private volatile PriceBook prices = PriceBook.NONE;

  /** Is the last record of a loop. */
  private static final class Last {
    long exchange = -1;
    @Nullable UsageRecord record;
  }

  /**
   * @param loops how many loops there are
   */
  public UsageObserver(int loops, UsageLedger ledger, UsageFigures figures) {
    this.ledger = ledger;
    this.figures = figures;
    last = new Last[loops];
    for (int i = 0; i < loops; i++) {
      last[i] = new Last();
    }
  }

  /** Sets what models cost from now on. */
  public void prices(PriceBook book) {
    prices = book;
  }

  @Override
  public void onEnd(ExchangeRecord exchange) {
    var record = record(exchange);
    if (record != null) {
      ledger.add(exchange.loop(), record);
      figures.add(exchange.loop(), record);
    }
  }

  /** Returns the record of an exchange that has ended, or null off AI routes. On its loop. */
  public @Nullable UsageRecord record(ExchangeRecord exchange) {
    var ai = exchange.ai();
    if (ai == null) {
      return null;
    }
    var known = last[exchange.loop()];
    var record = known.record;
    if (record == null || known.exchange != exchange.id()) {
      record = UsageRecord.of(exchange, ai, prices);
      known.exchange = exchange.id();
      known.record = record;
    }
    return record;
  }
}
