package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.proxy.Dialogue;
import dev.sluice.proxy.DialogueContext;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Participant;
import dev.sluice.proxy.Stage;
import dev.sluice.proxy.UpstreamCall;
import dev.sluice.proxy.internal.exchange.TimerWheel.Timer;
import dev.sluice.proxy.route.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives a dialogue its place in an exchange. Belongs to the loop. */
final class DialogueSide implements DialogueContext {
  private static final int REQUEST = ChainLink.bit(Callback.AI_REQUEST);
  private static final int EVENT = ChainLink.bit(Callback.AI_EVENT);
  private static final int RAW = ChainLink.bit(Callback.RESPONSE_BODY);

  private final Exchange exchange;
  private final LiveRoute route;
  private final DialogueCalls calls;
  private @Nullable Dialogue dialogue;
  private final List<Timer> timers = new ArrayList<>(4);
  private List<Participant> filters = List.of();

  /** The number of the slot before which the events of a slot are shown to it; -1 for never. */
  private int[] shownBefore = {};

  private DialogueSide(Exchange exchange, LiveRoute route) {
    this.exchange = exchange;
    this.route = route;
    calls = new DialogueCalls(exchange);
  }

  /** Begins a dialogue; null when the exchange is to pass as on a plain route. */
  static @Nullable DialogueSide begin(Exchange exchange, LiveRoute route, DialogueRoute how) {
    var side = new DialogueSide(exchange, route);
    var begun = how.begin(side);
    side.dialogue = begun;
    return begun == null ? null : side;
  }

  private Dialogue dialogue() {
    var known = dialogue;
    if (known == null) {
      throw new IllegalStateException("the dialogue has not begun");
    }
    return known;
  }

  UpstreamSide calls() {
    return calls;
  }

  Dialogue talk() {
    return dialogue();
  }

  AiExchange view(Participant filter) {
    return dialogue().view(filter);
  }

  Stage end() {
    return dialogue().end();
  }

  /** Returns where the request reaches a filter. */
  Stage entryOf(FilterSlot slot) {
    var stage = slot.requestStage();
    return (slot.callbacks() & REQUEST) == 0 ? stage : dialogue().gate(slot, stage);
  }

  /**
   * Puts the places where filters see events into the way of the response. Neighbours share one:
   * only behind a filter that may have changed the bytes these are read again.
   *
   * @param responseEntry where the response would enter the chain
   */
  void weave(FilterSlot[] slots, Stage responseEntry) {
    int length = slots.length;
    shownBefore = new int[length];
    filters = List.of((Participant[]) slots);
    var first = new ArrayList<Participant>();
    var group = first;
    int place = length;
    boolean changed = false;
    for (int i = length - 1; i >= 0; i--) {
      int callbacks = slots[i].callbacks();
      shownBefore[i] = -1;
      if ((callbacks & EVENT) != 0) {
        if (changed) {
          insert(slots, group, place);
          group = new ArrayList<>();
          place = i;
          changed = false;
        }
        group.add(slots[i]);
        shownBefore[i] = place;
      }
      changed |= (callbacks & RAW) != 0;
    }
    insert(slots, group, place);
    dialogue().replyTo(first, responseEntry);
  }

  private void insert(FilterSlot[] slots, List<Participant> group, int place) {
    if (place < slots.length) {
      var stage = dialogue().again(group, slots[place].responseStage());
      slots[place + 1].responseStage().next(stage);
    }
  }

  /**
   * Returns where an answer made here begins: in front of a filter, and of those behind it that are
   * to see its events there.
   *
   * @param at the number of the filter's slot, or -1 for the client
   */
  Stage localEntry(FilterSlot[] slots, int at, Stage entry) {
    var group = new ArrayList<Participant>();
    for (int i = at; i >= 0; i--) {
      if (shownBefore[i] >= at) {
        group.add(slots[i]);
      }
    }
    return group.isEmpty() ? entry : dialogue().again(group, entry);
  }

  /** The exchange goes another way. */
  void cut() {
    dialogue().cut();
    for (var timer : timers) {
      exchange.state().timers().stop(timer);
    }
    timers.clear();
  }

  void over() {
    dialogue().over(filters);
  }

  // DialogueContext

  @Override
  public ExchangeRecord exchange() {
    return exchange;
  }

  @Override
  public Route route() {
    return route.route();
  }

  @Override
  public int random() {
    return exchange.state().random();
  }

  @Override
  public void execute(Runnable task) {
    exchange.later(task);
  }

  @Override
  public Cancellable after(Duration delay, Runnable task) {
    var timer = new Timer(task);
    timers.add(timer);
    exchange.state().timers().start(timer, delay.toNanos());
    return () -> {
      exchange.state().timers().stop(timer);
      timers.remove(timer);
    };
  }

  @Override
  public void askForBody() {
    exchange.askForBody();
  }

  @Override
  public UpstreamCall call(
      String upstream, Headers request, byte[] body, UpstreamCall.Listener listener) {
    return calls.call(upstream, request, body, listener);
  }

  @Override
  public void block(Direction direction, boolean full) {
    var flow = exchange.flow(direction);
    flow.block(full);
    if (!full) {
      flow.settle();
    }
  }

  @Override
  public boolean responseBegun() {
    return exchange.responseBegun();
  }

  @Override
  public void flush() {
    exchange.flushHeaders();
  }

  @Override
  public void fail(GatewayError failure) {
    exchange.fail(failure);
  }

  @Override
  public void fail(GatewayError failure, ErrorRenderer.Answer words) {
    exchange.fail(failure, words);
  }

  @Override
  public void answer(ErrorRenderer.Answer answer) {
    exchange.answer(answer);
  }
}
