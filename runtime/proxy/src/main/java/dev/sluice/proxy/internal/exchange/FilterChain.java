package dev.sluice.proxy.internal.exchange;

import dev.sluice.proxy.Stage;
import org.jspecify.annotations.Nullable;

/**
 * Is the filters of one exchange, that nearest to the client first. Exchanges without plugins share
 * {@link #EMPTY}. Belongs to the loop.
 */
final class FilterChain {
  /** Has no filters. */
  static final FilterChain EMPTY = new FilterChain();

  private final FilterSlot[] slots;
  private final @Nullable Stage entry;

  private FilterChain() {
    slots = new FilterSlot[0];
    entry = null;
  }

  /**
   * Creates the filters and links them, with the places in between where a dialogue shows them its
   * request.
   *
   * @param toUpstream what follows in the direction of the request
   * @param toClient what follows in the direction of the response
   */
  FilterChain(
      Exchange exchange,
      ChainLink[] links,
      Stage toUpstream,
      Stage toClient,
      @Nullable DialogueSide dialogue) {
    int length = links.length;
    var built = new FilterSlot[length];
    Stage first = toUpstream;
    Stage next = toClient;
    for (int i = 0; i < length; i++) {
      var link = links[i].choose(exchange.requestHeaders, exchange.state);
      var slot = new FilterSlot(exchange, link, toUpstream, next);
      slot.source().retain(exchange);
      built[i] = slot;
      next = slot.responseStage();
      var before = dialogue == null ? slot.requestStage() : dialogue.entryOf(slot);
      if (i > 0) {
        built[i - 1].requestStage().next(before);
      } else {
        first = before;
      }
    }
    slots = built;
    entry = first;
  }

  /** Returns where the request enters it: behind it when it has no filters. */
  Stage requestEntry(Stage behind) {
    return entry == null ? behind : entry;
  }

  /** Returns where the response enters it: behind it when it has no filters. */
  Stage responseEntry(Stage behind) {
    return slots.length == 0 ? behind : slots[slots.length - 1].responseStage();
  }

  /** Puts the places where a dialogue shows its response into its way. */
  void weave(DialogueSide dialogue, Stage responseEntry) {
    dialogue.weave(slots, responseEntry);
  }

  boolean uses(FilterSource source) {
    for (var slot : slots) {
      if (slot.source() == source) {
        return true;
      }
    }
    return false;
  }

  void prepareForEnd() {
    for (var slot : slots) {
      slot.prepareForEnd();
    }
  }

  void cutRequest() {
    for (var slot : slots) {
      slot.requestStage().cut();
    }
  }

  void cutResponse() {
    for (var slot : slots) {
      slot.responseStage().cut();
    }
  }

  /**
   * Cuts off what is under way of a response and returns where another begins: at the filter
   * nearest to the upstream that saw the request headers and no response yet.
   *
   * @param toClient what follows in the direction of the response
   */
  Stage localEntry(Stage toClient, @Nullable DialogueSide dialogue) {
    Stage found = toClient;
    int at = -1;
    for (int i = 0; i < slots.length; i++) {
      var slot = slots[i];
      if (slot.responseStage().seen()) {
        slot.responseStage().cut();
      } else if (slot.requestStage().seen()) {
        found = slot.responseStage();
        at = i;
      }
    }
    return dialogue == null ? found : dialogue.localEntry(slots, at, found);
  }

  /** Has the filters make their last callbacks. */
  void log() {
    for (var slot : slots) {
      slot.log();
    }
  }

  /** Counts how it went and gives the filters back. */
  void end(Exchange exchange) {
    for (var slot : slots) {
      slot.count();
      slot.destroy();
      slot.source().release(exchange);
    }
  }
}
