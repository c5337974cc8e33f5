package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.StreamContext;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Is one direction of an exchange: runs the script's callbacks in turn, one at a time, and lets the
 * message go on when none is left that must come first.
 *
 * <p>With a callback for the whole body, headers and body wait for it. With a callback for chunks,
 * each is taken out of the message and sent on when the script has seen it; while too much waits,
 * nothing is read.
 */
final class ScriptMessage {
  private final ScriptStream stream;
  private final Direction direction;
  private final ScriptCallback onHeaders;
  private final ScriptCallback onBody;
  private final ScriptCallback onChunk;
  private final ScriptCallback onTrailers;
  private final boolean whole;
  private final boolean chunked;
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream(0);

  private boolean busy;
  private boolean over;
  private boolean bodyEnded;
  private boolean endShown;
  private boolean bodyDone;
  private boolean trailersWait;
  private boolean blocked;

  ScriptMessage(ScriptStream stream, Direction direction) {
    this.stream = stream;
    this.direction = direction;
    boolean request = direction == Direction.REQUEST;
    onHeaders = request ? ScriptCallback.REQUEST_HEADERS : ScriptCallback.RESPONSE_HEADERS;
    onBody = request ? ScriptCallback.REQUEST_BODY : ScriptCallback.RESPONSE_BODY;
    onChunk = request ? ScriptCallback.REQUEST_CHUNK : ScriptCallback.RESPONSE_CHUNK;
    onTrailers = request ? ScriptCallback.REQUEST_TRAILERS : ScriptCallback.RESPONSE_TRAILERS;
    whole = stream.has(onBody);
    chunked = !whole && stream.has(onChunk);
  }

  private StreamContext exchange() {
    return stream.exchange();
  }

  FilterStatus headers(Headers headers, boolean end) {
    if (over) {
      return FilterStatus.CONTINUE;
    }
    if (chunked && !end) {
      headers.remove("content-length");
    }
    bodyDone = end || !(whole || chunked);
    if (stream.has(onHeaders)) {
      call(onHeaders, end, null);
      return whole && !end
          ? FilterStatus.STOP_ITERATION
          : FilterStatus.STOP_ITERATION_AND_WATERMARK;
    }
    return whole && !end ? FilterStatus.STOP_ITERATION : FilterStatus.CONTINUE;
  }

  FilterStatus body(Body body, boolean end) {
    if (over || bodyDone) {
      return FilterStatus.CONTINUE;
    }
    bodyEnded = end;
    if (whole) {
      if (!end) {
        return FilterStatus.STOP_ITERATION_AND_BUFFER;
      }
      next();
      return FilterStatus.STOP_ITERATION_AND_BUFFER;
    }
    waiting.writeBytes(body.toByteArray());
    if (waiting.size() >= stream.bodyBuffer() / 2) {
      blocked = true;
      exchange().setBufferLimit(direction, 0);
    }
    next();
    return FilterStatus.STOP_ITERATION_NO_BUFFER;
  }

  FilterStatus trailers() {
    if (over) {
      return FilterStatus.CONTINUE;
    }
    bodyEnded = true;
    trailersWait = true;
    next();
    return FilterStatus.STOP_ITERATION;
  }

  /** Begins the next callback, if none runs and one is due. */
  private void next() {
    if (busy || over) {
      return;
    }
    if (!bodyDone && whole && bodyEnded) {
      bodyDone = true;
      var held = exchange().body(direction);
      call(onBody, !trailersWait, held == null ? new byte[0] : held.toByteArray());
    } else if (!bodyDone && chunked && (waiting.size() > 0 || (bodyEnded && !endShown))) {
      var chunk = waiting.toByteArray();
      waiting.reset();
      endShown = bodyEnded;
      call(onChunk, bodyEnded, chunk);
    } else if (trailersWait) {
      trailersWait = false;
      call(onTrailers, true, null);
    }
  }

  private void call(ScriptCallback callback, boolean end, byte @Nullable [] body) {
    busy = true;
    stream.call(this, callback, end, body);
  }

  /** Does what a callback wants. */
  void finished(ScriptCallback callback, Invocation.Outcome outcome) {
    busy = false;
    if (over) {
      return;
    }
    try {
      apply(callback, outcome);
    } catch (IllegalArgumentException e) {
      throw ScriptStream.refused(callback, e);
    }
    if (over) {
      return;
    }
    next();
    if (!busy && (!whole || bodyDone)) {
      if (blocked) {
        blocked = false;
        exchange().setBufferLimit(direction, stream.bodyBuffer());
      }
      exchange().resume(direction);
    }
  }

  private void apply(ScriptCallback callback, Invocation.Outcome outcome) {
    var answer = outcome.response();
    if (answer != null) {
      over = true;
      exchange().sendLocalResponse(answer);
      return;
    }
    var fields = outcome.fields();
    if (fields != null) {
      var target = callback == onTrailers ? heldTrailers() : heldHeaders();
      if (target != null) {
        target.setAll(HeaderLines.read(fields));
      }
    }
    if (outcome.passBody() && whole) {
      bodyDone = true;
    }
    byte[] replacement = outcome.body();
    if (callback == onBody && replacement != null) {
      var held = exchange().body(direction);
      if (held != null) {
        held.set(replacement);
      } else if (replacement.length > 0) {
        exchange().inject(direction, replacement, false);
      }
    } else if (callback == onChunk && replacement != null && replacement.length > 0) {
      exchange().inject(direction, replacement, false);
    }
  }

  private @Nullable Headers heldHeaders() {
    return direction == Direction.REQUEST
        ? exchange().requestHeaders()
        : exchange().responseHeaders();
  }

  private @Nullable Headers heldTrailers() {
    return direction == Direction.REQUEST
        ? exchange().requestTrailers()
        : exchange().responseTrailers();
  }

  /** Drops what is still to come. */
  void end() {
    over = true;
    waiting.reset();
  }
}
