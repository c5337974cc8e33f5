package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Is one filter in one direction of an exchange: runs its callbacks and does what they answer, as
 * {@link FilterStatus} says. Belongs to the loop.
 *
 * <p>A filter never finds itself called from inside its own callback: what it asks for in a
 * callback (resume, inject, a local response) happens after the callback has returned, and what it
 * asks for elsewhere in a later turn of the loop.
 */
final class FilterStage extends Stage {
  /** How this filter holds back what comes. */
  private enum Hold {
    /** It does not. */
    NONE,
    /** Headers are held, callbacks go on. */
    HEADERS,
    /** No callback runs until it resumes; bytes are kept up to the limit. */
    ALL,
    /** The bytes held were shown to the filter; callbacks go on. */
    BODY,
    /** The trailers are held, so that nothing more can come. */
    TRAILERS
  }

  private final FilterSlot slot;
  private final Direction direction;
  private Stage next;
  private final int headersBit;
  private final int bodyBit;
  private final int trailersBit;

  private Hold hold = Hold.NONE;
  private boolean seen;
  private boolean cut;

  /** Everything that this filter lets through has gone, its end included. */
  private boolean ended;

  /** At the limit the peer waits, instead of the exchange failing. */
  private boolean watermark;

  private boolean blocking;
  private boolean running;
  private boolean seesEnd;
  private boolean resumeAsked;
  private boolean bodyArrived;
  private boolean bodyTouched;

  /** Waits for this filter to become ready or to resume; only in a dialogue. */
  private @Nullable Runnable waiter;

  private final PromisedLength promise = new PromisedLength();

  private @Nullable Headers heldHeaders;
  private @Nullable HeldBody body;

  /** What the filter has seen and holds, but is not shown again. */
  private @Nullable HeldBody aside;

  private boolean heldEnd;
  private @Nullable Headers heldTrailers;
  private @Nullable Headers addedTrailers;
  private @Nullable ByteBuf injected;
  private boolean injectedEnd;

  FilterStage(FilterSlot slot, Direction direction, Stage next) {
    this.slot = slot;
    this.direction = direction;
    this.next = next;
    boolean request = direction == Direction.REQUEST;
    headersBit = ChainLink.bit(request ? Callback.REQUEST_HEADERS : Callback.RESPONSE_HEADERS);
    bodyBit = ChainLink.bit(request ? Callback.REQUEST_BODY : Callback.RESPONSE_BODY);
    trailersBit = ChainLink.bit(request ? Callback.REQUEST_TRAILERS : Callback.RESPONSE_TRAILERS);
  }

  /** Sets what follows. */
  void next(Stage stage) {
    next = stage;
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

  private void dropHeld() {
    hold = Hold.NONE;
    heldHeaders = null;
    heldTrailers = null;
    clearBody();
    if (injected != null) {
      injected.release();
      injected = null;
    }
    block(false);
  }

  private void clearBody() {
    if (body != null) {
      body.clear();
    }
    if (aside != null) {
      aside.clear();
    }
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

  private HeldBody body() {
    var held = body;
    if (held == null) {
      held = new HeldBody(slot.plugin(), slot.bufferLimit());
      body = held;
    }
    return held;
  }

  void limit(int bytes) {
    body().limit(bytes);
  }

  private boolean wants(int bit) {
    return (slot.callbacks() & bit) != 0;
  }

  @Override
  public void headers(Headers headers, boolean end) {
    if (cut) {
      return;
    }
    seen = true;
    if (!wants(headersBit)) {
      ended = end;
      if (!end) {
        promise(headers);
      }
      next.headers(headers, end);
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

  private void endWithHeaders(boolean end) {
    var headers = heldHeaders;
    heldHeaders = null;
    ended = true;
    if (headers != null) {
      if (!end) {
        headers.remove("content-length");
      }
      next.headers(headers, true);
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

  /** Keeps what the filter has seen apart from what comes, which alone it will be shown. */
  private void putAside() {
    var seen = aside;
    if (seen == null) {
      seen = new HeldBody(slot.plugin(), slot.bufferLimit());
      aside = seen;
    }
    seen.add(body().take());
  }

  private void showAll() {
    if (aside != null && !aside.isEmpty()) {
      putAside();
      body().add(aside.take());
    }
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

  private void checkLimit() {
    var held = body;
    if (held == null) {
      return;
    }
    long length = held.length() + (aside == null ? 0L : aside.length());
    if (watermark) {
      block(length >= held.limit());
    } else if (length > held.limit()) {
      slot.overflow(direction);
    }
  }

  private void block(boolean full) {
    if (full != blocking) {
      blocking = full;
      slot.flow(direction).block(full);
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

  /**
   * Lets through what is held.
   *
   * @param again whether body and trailers are first shown to this filter, which has not seen them
   */
  private void release(boolean again) {
    hold = Hold.NONE;
    block(false);
    var headers = heldHeaders;
    var trailers = takeTrailers();
    showAll();
    var content = body == null ? Unpooled.EMPTY_BUFFER : body.take();
    heldHeaders = null;
    heldTrailers = null;
    boolean end = heldEnd && trailers == null;
    boolean bare = !content.isReadable();
    if (headers != null) {
      boolean only = end && bare && !(again && bodyArrived);
      fixLength(headers, only, again ? -1 : content.readableBytes(), end || trailers != null);
      ended = only;
      next.headers(headers, only);
      if (only) {
        content.release();
        return;
      }
    }
    if (again) {
      passToItself(content, end, trailers);
      return;
    }
    if (!bare || end) {
      pass(content, end);
    } else {
      content.release();
    }
    if (trailers != null && keepsPromise(true)) {
      ended = true;
      next.trailers(trailers);
    }
  }

  private void passToItself(ByteBuf content, boolean end, @Nullable Headers trailers) {
    if (content.isReadable() || end) {
      data(content, end);
    } else {
      content.release();
    }
    if (trailers != null) {
      trailers(trailers);
    }
  }

  private @Nullable Headers takeTrailers() {
    var added = addedTrailers;
    addedTrailers = null;
    return heldTrailers != null ? heldTrailers : added;
  }

  /**
   * Corrects {@code content-length} while the headers are still here: the exact length where all of
   * the body is here too, none where the filter may still change it.
   */
  private void fixLength(Headers headers, boolean only, int length, boolean complete) {
    if (only) {
      if (bodyTouched && headers.contains("content-length")) {
        headers.set("content-length", "0");
      }
    } else if (length >= 0 && complete && bodyTouched) {
      if (headers.contains("content-length")) {
        headers.set("content-length", Integer.toString(length));
      }
    } else if (!(length >= 0 && complete)) {
      promise(headers);
    }
  }

  /** Remembers the length that the peer is told, because the filter still sees the body. */
  private void promise(Headers headers) {
    if (wants(bodyBit)) {
      promise.take(headers);
    }
  }

  /** Sends body bytes on, as long as they keep what the headers promised. */
  private void pass(ByteBuf content, boolean end) {
    ended = end;
    promise.count(content.readableBytes());
    if (keepsPromise(end)) {
      next.data(content, end);
    } else {
      content.release();
    }
  }

  /** Fails the exchange of a filter whose body is not as long as the peer was told. */
  private boolean keepsPromise(boolean end) {
    boolean kept = promise.isKept(end);
    if (!kept && !cut) {
      slot.brokenLength(direction, promise);
    }
    return kept;
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

  /** Keeps bytes that the filter sends to those after it. */
  void inject(byte[] bytes, boolean end) {
    var waiting = injected;
    if (waiting == null) {
      injected = Unpooled.wrappedBuffer(bytes);
    } else {
      injected = Unpooled.wrappedBuffer(waiting, Unpooled.wrappedBuffer(bytes));
    }
    injectedEnd |= end;
  }

  /**
   * Sends what was injected, and before it the headers if they are still held.
   *
   * @return false when the message has ended with it
   */
  boolean sendInjected() {
    var bytes = injected;
    boolean end = injectedEnd;
    injected = null;
    if (bytes == null) {
      return !cut;
    }
    if (cut || ended || !seen) {
      bytes.release();
      return !cut;
    }
    var headers = heldHeaders;
    heldHeaders = null;
    if (headers != null) {
      headers.remove("content-length");
      next.headers(headers, false);
    }
    if (aside != null && !aside.isEmpty()) {
      bytes = Unpooled.wrappedBuffer(aside.take(), bytes); // what came first goes first
    }
    if (end) {
      dropHeld();
    }
    pass(bytes, end);
    slot.flow(direction).settle();
    return !end && !cut;
  }
}
