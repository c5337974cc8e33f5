package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Is one filter in one direction of an exchange: runs its callbacks and does what they answer, as
 * {@link FilterStatus} says. Belongs to the loop.
 *
 * <p>A filter never finds itself called from inside its own callback: what it asks for in a
 * callback (resume, inject, a local response) happens after the callback has returned, and what it
 * asks for elsewhere in a later turn of the loop.
 */
final class FilterStage extends HoldingStage {
  private final int headersBit;
  private final int trailersBit;

  private boolean running;
  private boolean seesEnd;
  private boolean resumeAsked;

  /** Waits for this filter to become ready or to resume; only in a dialogue. */
  private @Nullable Runnable waiter;

  FilterStage(FilterSlot slot, Direction direction, Stage next) {
    super(slot, direction, next);
    boolean request = direction == Direction.REQUEST;
    headersBit = ChainLink.bit(request ? Callback.REQUEST_HEADERS : Callback.RESPONSE_HEADERS);
    trailersBit = ChainLink.bit(request ? Callback.REQUEST_TRAILERS : Callback.RESPONSE_TRAILERS);
  }

  /** Returns whether the headers have come here. */
  boolean seen() {
    return seen;
  }

  Direction direction() {
    return direction;
  }

  /** Returns whether a callback of this stage is on the stack. */
  boolean isRunning() {
    return running;
  }

  /** Drops what is held and all that is still to come. */
  void cut() {
    cut = true;
    waiter = null;
    dropHeld();
  }

  /** Returns whether further callbacks of this direction may run. */
  boolean isReady() {
    return seen && !running && hold != Hold.ALL;
  }

  /** Runs a task once, when this filter resumes or has seen the headers. */
  void await(Runnable task) {
    waiter = task;
  }

  private void wake() {
    var task = waiter;
    if (task != null && !cut) {
      waiter = null;
      task.run();
    }
  }

  /** Lets headers go that no callback to come could release. */
  void releaseHeaders() {
    if (!cut && hold == Hold.HEADERS && !wants(bodyBit)) {
      release(false);
    }
  }

  /** Returns what the filter sees or holds, or null when there is nothing. */
  @Nullable HeldBody visibleBody() {
    return body != null && (running || !body.isEmpty()) ? body : null;
  }

  void limit(int bytes) {
    body().limit(bytes);
  }

  @Override
  public void headers(Headers headers, boolean end) {
    if (cut) {
      return;
    }
    seen = true;
    if (!wants(headersBit)) {
      passHeaders(headers, end);
      wake();
      return;
    }
    running = true;
    seesEnd = end;
    var status = slot.onHeaders(direction, headers, end);
    running = false;
    if (status == null || cut) {
      return;
    }
    heldHeaders = headers;
    heldEnd = end;
    if (!sendInjected()) {
      return;
    }
    switch (status) {
      case CONTINUE -> release(false);
      case CONTINUE_AND_END_STREAM -> endWithHeaders(end);
      case STOP_ITERATION, STOP_ITERATION_NO_BUFFER -> hold(Hold.HEADERS, true);
      case STOP_ITERATION_AND_BUFFER -> hold(Hold.ALL, false);
      case STOP_ITERATION_AND_WATERMARK -> hold(Hold.ALL, true);
    }
    resumeIfAsked();
    if (hold != Hold.ALL) {
      wake();
    }
  }

  private void hold(Hold how, boolean mayBlock) {
    hold = how;
    watermark = mayBlock;
    if (!heldEnd && wants(bodyBit)) {
      slot.wantsBody(direction);
    }
  }

  @Override
  public void data(ByteBuf bytes, boolean end) {
    if (cut || ended) {
      bytes.release();
      return;
    }
    bodyArrived = true;
    if (hold == Hold.ALL || (hold != Hold.NONE && !wants(bodyBit))) {
      body().add(bytes);
      heldEnd = end;
      checkLimit();
    } else if (!wants(bodyBit)) {
      pass(bytes, end);
    } else {
      body().add(bytes);
      runBody(end);
    }
  }

  /** Shows the filter what it holds, the newest bytes included. */
  private void runBody(boolean end) {
    running = true;
    seesEnd = end;
    var status = slot.onBody(direction, body(), end);
    running = false;
    if (cut) {
      return;
    }
    if (status == null) {
      clearBody();
      return;
    }
    heldEnd = end;
    bodyTouched = true;
    if (!sendInjected()) {
      return;
    }
    switch (status) {
      case CONTINUE -> release(false);
      case CONTINUE_AND_END_STREAM -> {
        heldEnd = true;
        heldTrailers = null;
        release(false);
        ended = true;
      }
      case STOP_ITERATION_AND_BUFFER -> {
        showAll();
        holdBody(false);
      }
      case STOP_ITERATION_AND_WATERMARK -> {
        putAside();
        holdBody(true);
      }
      case STOP_ITERATION, STOP_ITERATION_NO_BUFFER -> {
        body().clear();
        holdBody(true);
      }
    }
    resumeIfAsked();
  }

  private void holdBody(boolean mayBlock) {
    hold = heldTrailers == null ? Hold.BODY : Hold.TRAILERS;
    watermark = mayBlock;
    checkLimit();
  }

  @Override
  public void trailers(Headers trailers) {
    if (cut || ended) {
      return;
    }
    if (hold == Hold.ALL || (hold != Hold.NONE && !wants(bodyBit) && !wants(trailersBit))) {
      heldTrailers = trailers;
      heldEnd = false;
      return;
    }
    heldTrailers = trailers;
    heldEnd = false;
    if (wants(trailersBit)) {
      running = true;
      var status = slot.onTrailers(direction, trailers);
      running = false;
      if (status == null || cut || !sendInjected()) {
        return;
      }
      if (status == FilterStatus.CONTINUE || status == FilterStatus.CONTINUE_AND_END_STREAM) {
        release(false);
      } else {
        hold = Hold.TRAILERS;
      }
      resumeIfAsked();
    } else if (wants(bodyBit)) {
      // A filter that knows nothing of trailers learns the end of the body in its body callback:
      // else trailers would carry a body past a filter that waits for its end.
      runBody(true);
    } else {
      release(false);
    }
  }

  private void resumeIfAsked() {
    if (resumeAsked) {
      resumeAsked = false;
      resume();
    }
  }

  /** Asks for {@link #resume} after the running callback. */
  void askResume() {
    resumeAsked = true;
  }

  /** Passes on what is held; ignored when nothing is held back. */
  void resume() {
    if (!cut && hold != Hold.NONE) {
      boolean again = hold == Hold.ALL && (wants(bodyBit) || wants(trailersBit));
      release(again);
      slot.flow(direction).settle();
    }
    wake();
  }

  /** Gives up the filter and lets through what it held. */
  void skip() {
    if (!cut && hold != Hold.NONE) {
      release(false);
      slot.flow(direction).settle();
    }
    wake();
  }

  /** Returns trailers to fill, for a message that ends here without. */
  Headers addTrailers() {
    if (!running || !seesEnd || heldTrailers != null) {
      throw new IllegalStateException(
          "trailers can be added in the callback that sees the end of stream only");
    }
    var added = addedTrailers;
    if (added == null) {
      added = new Headers(4);
      addedTrailers = added;
    }
    return added;
  }
}
