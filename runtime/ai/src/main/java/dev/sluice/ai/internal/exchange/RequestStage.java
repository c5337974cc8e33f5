package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiRequestReader;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/** Is a place where the call must be whole: gathers and reads the body. Belongs to the loop. */
abstract class RequestStage extends Stage {
  /** Carries bytes out of buffers that have no array. */
  private static final FastThreadLocal<byte[]> SCRATCH =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[16 << 10];
        }
      };

  final AiDialogue dialogue;
  private @Nullable AiEndpoint endpoint;
  private @Nullable Headers headers;
  private @Nullable AiRequestReader reader;
  private boolean closed;

  RequestStage(AiDialogue dialogue) {
    this.dialogue = dialogue;
  }

  /** The call is whole. */
  abstract void ready(AiCall call);

  /** Takes the headers before the body comes. */
  abstract void passHeaders(Headers passing, boolean end);

  @Override
  public final void headers(Headers passing, boolean end) {
    if (dialogue.isCut()) {
      return;
    }
    headers = passing;
    endpoint = dialogue.endpoint(passing);
    if (endpoint == null) {
      return;
    }
    if (!end) {
      dialogue.context().askForBody();
    }
    passHeaders(passing, end);
  }

  @Override
  public final void data(ByteBuf bytes, boolean end) {
    try {
      if (dialogue.isCut() || closed || endpoint == null) {
        return;
      }
      closed = end;
      var known = dialogue.call();
      if (end && reader == null && known != null && dialogue.isUnchanged(bytes, endpoint)) {
        ready(known);
      } else {
        read(bytes, end, endpoint);
      }
    } catch (AiFormatException e) {
      closed = true;
      reader = null;
      dialogue.malformed(e);
    } finally {
      bytes.release();
    }
  }

  private void read(ByteBuf bytes, boolean end, AiEndpoint at) {
    var reading = reader;
    if (reading == null) {
      var from = headers == null ? new Headers(1) : headers;
      reading = new AiRequestReader(at, from, dialogue.settings().limits());
      reader = reading;
    }
    if (!dialogue.hold(bytes.readableBytes())) {
      closed = true;
      reader = null;
      return;
    }
    feed(bytes, reading::feed);
    if (end) {
      reader = null;
      var call = reading.finish();
      if (dialogue.read(call)) {
        ready(call);
      }
    }
  }

  /** Takes bytes of an array. */
  @FunctionalInterface
  interface ArraySink {
    void take(byte[] bytes, int offset, int length);
  }

  /** Gives the bytes of a buffer to who takes arrays, who copies them. */
  static void feed(ByteBuf bytes, ArraySink to) {
    if (bytes.hasArray()) {
      to.take(bytes.array(), bytes.arrayOffset() + bytes.readerIndex(), bytes.readableBytes());
      return;
    }
    byte[] scratch = SCRATCH.get();
    int at = bytes.readerIndex();
    for (int left = bytes.readableBytes(); left > 0; ) {
      int size = Math.min(left, scratch.length);
      bytes.getBytes(at, scratch, 0, size);
      to.take(scratch, 0, size);
      at += size;
      left -= size;
    }
  }

  @Override
  public final void trailers(Headers trailers) {
    // No LLM format has any: the body has ended.
    data(io.netty.buffer.Unpooled.EMPTY_BUFFER, true);
  }
}
