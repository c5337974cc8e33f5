package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Is what one filter holds back of a message, and what it puts in between: keeps it within its
 * limit, and lets it through in order and as long as the headers said. Belongs to the loop.
 */
abstract class HoldingStage extends Stage {
  /** How this filter holds back what comes. */
  enum Hold {
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

  final FilterSlot slot;
  final Direction direction;
  final int bodyBit;
  private Stage next;

  Hold hold = Hold.NONE;

  /** The headers have come here. */
  boolean seen;

  boolean cut;

  /** Everything that this filter lets through has gone, its end included. */
  boolean ended;

  /** At the limit the peer waits, instead of the exchange failing. */
  boolean watermark;

  private boolean blocking;
  boolean bodyArrived;
  boolean bodyTouched;

  private final PromisedLength promise = new PromisedLength();

  @Nullable Headers heldHeaders;
  @Nullable HeldBody body;

  /** What the filter has seen and holds, but is not shown again. */
  private @Nullable HeldBody aside;

  boolean heldEnd;
  @Nullable Headers heldTrailers;
  @Nullable Headers addedTrailers;
  private @Nullable ByteBuf injected;
  private boolean injectedEnd;

  HoldingStage(FilterSlot slot, Direction direction, Stage next) {
    this.slot = slot;
    this.direction = direction;
    this.next = next;
    bodyBit =
        ChainLink.bit(
            direction == Direction.REQUEST ? Callback.REQUEST_BODY : Callback.RESPONSE_BODY);
  }

  /** Sets what follows. */
  void next(Stage stage) {
    next = stage;
  }

  boolean wants(int bit) {
    return (slot.callbacks() & bit) != 0;
  }

  void dropHeld() {
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

  void clearBody() {
    if (body != null) {
      body.clear();
    }
    if (aside != null) {
      aside.clear();
    }
  }

  HeldBody body() {
    var held = body;
    if (held == null) {
      held = new HeldBody(slot.plugin(), slot.bufferLimit());
      body = held;
    }
    return held;
  }

  /** Keeps what the filter has seen apart from what comes, which alone it will be shown. */
  void putAside() {
    var seen = aside;
    if (seen == null) {
      seen = new HeldBody(slot.plugin(), slot.bufferLimit());
      aside = seen;
    }
    seen.add(body().take());
  }

  void showAll() {
    if (aside != null && !aside.isEmpty()) {
      putAside();
      body().add(aside.take());
    }
  }

  /** Lets headers through that no callback wants to see. */
  void passHeaders(Headers headers, boolean end) {
    ended = end;
    if (!end) {
      promise(headers);
    }
    next.headers(headers, end);
  }

  /** Lets the headers through as all there is. */
  void endWithHeaders(boolean end) {
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

  /** Has the peer wait, or fails the exchange, when too much is held. */
  void checkLimit() {
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

  /**
   * Lets through what is held.
   *
   * @param again whether body and trailers are first shown to this filter, which has not seen them
   */
  void release(boolean again) {
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
  void pass(ByteBuf content, boolean end) {
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
