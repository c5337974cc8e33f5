package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiReply;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Participant;
import dev.sluice.proxy.Stage;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shows the events of a reply to filters, one after another, and hands its bytes on. A filter that
 * pauses holds back the events behind and, when the window is full, the provider. Belongs to the
 * loop.
 */
final class ReplyPipe {
  private final AiDialogue dialogue;
  private final List<Participant> filters;
  private final Stage next;

  /** Whether what comes is the upstream's, which an answer made here takes the place of. */
  private final boolean ofUpstream;

  private @Nullable AiReply reply;
  private @Nullable AiEvent first;
  private @Nullable Runnable done;
  private boolean ended;
  private boolean closed;
  private boolean pumping;
  private boolean waiting;

  /** What became of the event that is being shown, up to the filter at {@link #filter}. */
  private List<AiEvent> events = new ArrayList<>(4);

  private List<AiEvent> shown = new ArrayList<>(4);
  private boolean showing;
  private boolean changed;
  private int filter;
  private int at;

  ReplyPipe(AiDialogue dialogue, List<Participant> filters, Stage next, boolean ofUpstream) {
    this.dialogue = dialogue;
    this.filters = List.copyOf(filters);
    this.next = next;
    this.ofUpstream = ofUpstream;
  }

  private boolean isCut() {
    return ofUpstream ? dialogue.isCut() : dialogue.isOver();
  }

  /** Returns whether no filter looks at events. */
  boolean isPlain() {
    return filters.isEmpty();
  }

  /** Returns whether a filter has paused. */
  boolean isPaused() {
    return waiting;
  }

  @Nullable AiReply reply() {
    return reply;
  }

  /**
   * Begins with a reply.
   *
   * @param event the event that was taken out of it already
   * @param whole whether all of its bytes are there
   * @param afterwards is called when all of it was handed on
   */
  void begin(
      AiReply from,
      @Nullable AiEvent event,
      Headers headers,
      boolean whole,
      @Nullable Runnable afterwards) {
    reply = from;
    first = event;
    ended = whole;
    done = afterwards;
    if (whole && filters.isEmpty()) {
      wholeAtOnce(from, headers);
      return;
    }
    next.headers(headers, false);
    pump();
  }

  /** Hands on a body that nobody looks at, with its length. */
  private void wholeAtOnce(AiReply from, Headers headers) {
    closed = true;
    if (first != null) {
      saw(first);
    }
    for (var event = from.next(); event != null; event = from.next()) {
      saw(event);
    }
    var bytes = from.take();
    if (!from.streamed()) {
      headers.set("content-length", Integer.toString(bytes.length));
    }
    tellDone();
    next.headers(headers, bytes.length == 0);
    if (bytes.length > 0) {
      next.data(Unpooled.wrappedBuffer(bytes), true);
    }
  }

  /** All of the reply's bytes are there, or it failed. */
  void end() {
    ended = true;
    pump();
  }

  /** Shows and hands on what is there. */
  void pump() {
    var from = reply;
    if (pumping || closed || waiting || from == null || isCut()) {
      return;
    }
    pumping = true;
    try {
      boolean drained = drain(from);
      if (!isCut()) {
        handOn(from, drained && ended);
      }
    } catch (AiFormatException | IllegalArgumentException e) {
      broken(from, String.valueOf(e.getMessage()));
    } finally {
      pumping = false;
    }
  }

  private void tellDone() {
    var told = done;
    done = null;
    if (told != null) {
      told.run();
    }
  }

  private boolean drain(AiReply from) {
    while (!isCut()) {
      if (!showing && !begin(from)) {
        return true;
      }
      if (!show()) {
        return false;
      }
      showing = false;
      if (changed) {
        from.replace(events);
      }
    }
    return false;
  }

  /** Takes the next event; false when there is none. */
  private boolean begin(AiReply from) {
    var event = first;
    first = null;
    if (event == null) {
      event = from.next();
    }
    if (event == null) {
      return false;
    }
    saw(event);
    events.clear();
    events.add(event);
    showing = true;
    changed = false;
    filter = 0;
    at = 0;
    shown.clear();
    return true;
  }

  private void saw(AiEvent event) {
    dialogue.callFacts().saw(event);
  }

  /** Shows the event to the filters that have not seen it; false when one waits. */
  private boolean show() {
    for (; filter < filters.size(); filter++) {
      var to = filters.get(filter);
      if (to.wants(Callback.AI_EVENT)) {
        if (!showTo(to)) {
          return false;
        }
        var spare = events;
        events = shown;
        shown = spare;
        shown.clear();
      }
      at = 0;
    }
    return true;
  }

  private boolean showTo(Participant to) {
    var view = dialogue.viewOf(to);
    for (; at < events.size(); at++) {
      if (!to.isReady(Direction.RESPONSE)) {
        await(to, () -> {});
        return false;
      }
      view.show(events.get(at));
      var status = to.onAiEvent(events.get(at));
      if (status == null) {
        return false;
      }
      if (status != FilterStatus.CONTINUE && status != FilterStatus.CONTINUE_AND_END_STREAM) {
        await(to, () -> decided(view));
        return false;
      }
      changed |= view.decide(shown);
    }
    return true;
  }

  private void decided(FilterView view) {
    changed |= view.decide(shown);
    at++;
  }

  private void await(Participant to, Runnable before) {
    waiting = true;
    dialogue.context().block(Direction.RESPONSE, true);
    to.whenResumed(
        Direction.RESPONSE,
        () -> {
          waiting = false;
          before.run();
          pump();
          dialogue.context().block(Direction.RESPONSE, false);
        });
  }

  private void handOn(AiReply from, boolean last) {
    var bytes = from.take();
    if (last) {
      closed = true;
      tellDone();
    }
    if (bytes.length > 0 || last) {
      next.data(Unpooled.wrappedBuffer(bytes), last);
    }
  }

  /** The bytes are no reply. */
  void broken(AiFormatException problem) {
    if (reply != null) {
      broken(reply, String.valueOf(problem.getMessage()));
    }
  }

  /** The reply is none of its format after all, or a filter made something of it that is none. */
  private void broken(AiReply from, String what) {
    if (closed || isCut()) {
      return;
    }
    closed = true;
    showing = false;
    tellDone();
    if (dialogue.context().responseBegun() && from.streamed()) {
      from.fail(new AiError(502, "upstream_protocol_error", what));
      next.data(Unpooled.wrappedBuffer(from.take()), true);
    } else {
      dialogue.callFacts().failed();
      var failure = GatewayError.UPSTREAM_PROTOCOL_ERROR.withDetail(what);
      dialogue.fail(failure, new AiError(failure.status(), failure.code(), failure.message()));
    }
  }
}
