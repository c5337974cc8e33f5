package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiReply;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.BodyDecoder;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.UpstreamCall;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Is one try to have a call answered by a target. What comes is held until it is content, so that
 * an error in its place can still be answered by another target: at most {@value #HELD_FRAMES}
 * events, {@value #HELD_BYTES} bytes, {@value #HELD_SECONDS} seconds. Belongs to the loop.
 */
final class CallAttempt implements UpstreamCall.Listener {
  private static final int HELD_FRAMES = 64;
  private static final int HELD_BYTES = 256 << 10;
  private static final int HELD_SECONDS = 5;

  private final CallAttempts owner;
  private final AiDialogue dialogue;
  private final Choice choice;
  private final Target target;
  private final ProviderRequest asked;
  private final String model;
  private final long startNanos = System.nanoTime();
  private final @Nullable BodyDecoder decoder;

  private @Nullable UpstreamCall upstream;
  private @Nullable AiCall call;
  private @Nullable AiReply reply;
  private @Nullable Headers response;
  private @Nullable String contentType;
  private int status;

  /** The start of a stream as it came, while plugins have not been shown any of it. */
  private @Nullable ByteArrayOutputStream held;

  private int heldBytes;

  /** Bytes that count in the memory of all exchanges, until they are handed on. */
  private int taken;

  private @Nullable AiEvent first;
  private boolean connected;
  private boolean streamed;
  private boolean committed;
  private boolean ended;
  private boolean over;
  private long firstTokenNanos = -1;
  private long lastNanos = startNanos;
  private @Nullable Failure failure;
  private @Nullable Cancellable connectTimer;
  private @Nullable Cancellable firstTimer;
  private @Nullable Cancellable betweenTimer;
  private @Nullable Cancellable totalTimer;
  private @Nullable Cancellable holdTimer;

  CallAttempt(
      CallAttempts owner,
      AiDialogue dialogue,
      Choice choice,
      Target target,
      ProviderRequest asked) {
    this.owner = owner;
    this.dialogue = dialogue;
    this.choice = choice;
    this.target = target;
    this.asked = asked;
    decoder = target.decoder();
    model = dialogue.callFacts().targetModel();
  }

  void open(AiCall whole, Headers headers) {
    call = whole;
    var limits = target.timeouts();
    firstTimer = timer(limits.firstToken(), "no content");
    totalTimer = timer(limits.total(), "no end");
    upstream = dialogue.context().call(target.upstream(), headers, asked.body(), this);
    if (!connected) {
      connectTimer = timer(limits.connect(), "no connection");
    }
  }

  private @Nullable Cancellable timer(Duration limit, String what) {
    return limit.isZero()
        ? null
        : dialogue
            .context()
            .after(
                limit,
                () ->
                    tooLate(
                        new AiError(
                            504,
                            "upstream_timeout",
                            "The provider took too long: " + what + " in " + text(limit) + ".")));
  }

  private static String text(Duration limit) {
    long millis = limit.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** A limit of time has passed. */
  void tooLate(AiError error) {
    if (!over) {
      if (upstream != null) {
        upstream.blame();
      }
      broken(Failure.TIMEOUT, error);
    }
  }

  // What the upstream tells

  @Override
  public void onConnected() {
    connected = true;
    cancel(connectTimer);
  }

  @Override
  public void onHeaders(Headers headers, boolean end) {
    if (over || call == null) {
      return;
    }
    response = headers;
    status = headers.status();
    var encoding = headers.get("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      malformed("content-encoding: " + encoding + " (expected: none)");
      return;
    }
    var type = headers.get("content-type");
    contentType = decoder == null ? type : decoder.contentType(status, type);
    var fresh = newReply(call);
    reply = fresh;
    streamed = fresh.streamed();
    if (streamed) {
      if (!dialogue.replies().isPlain()) {
        held = new ByteArrayOutputStream(1024);
      }
      holdTimer = dialogue.context().after(Duration.ofSeconds(HELD_SECONDS), this::heldLong);
    }
    watch();
    if (end) {
      finished(fresh);
    }
  }

  private AiReply newReply(AiCall from) {
    return new AiReply(from, asked, status, contentType, dialogue.settings().limits());
  }

  /** Looks after the time between two pieces, with one timer for all of them. */
  private void watch() {
    var limit = target.timeouts().betweenTokens();
    if (!limit.isZero()) {
      betweenTimer = dialogue.context().after(limit, this::silent);
    }
  }

  private void silent() {
    var limit = target.timeouts().betweenTokens();
    long left = limit.toNanos() - (System.nanoTime() - lastNanos);
    if (dialogue.replies().isPaused()) {
      lastNanos = System.nanoTime(); // it is a plugin that takes its time
      left = limit.toNanos();
    }
    if (left > 0) {
      betweenTimer = dialogue.context().after(Duration.ofNanos(left), this::silent);
    } else {
      tooLate(
          new AiError(
              504,
              "upstream_timeout",
              "The provider took too long: nothing came for " + text(limit) + "."));
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    int size = data.readableBytes();
    try {
      var to = reply;
      if (over || to == null) {
        return;
      }
      if (!committed && !dialogue.hold(size)) {
        return; // the exchange ends, and this with it
      }
      lastNanos = System.nanoTime();
      heldBytes += size;
      taken += committed ? 0 : size;
      if (decoder == null) {
        RequestStage.feed(data, (bytes, from, length) -> take(to, bytes, from, length));
      } else {
        decode(decoder, to, data, end);
      }
      if (!committed && upstream != null) {
        upstream.consumed(size);
      }
      if (end) {
        finished(to);
      } else {
        progress(to);
      }
    } catch (AiFormatException e) {
      malformed(String.valueOf(e.getMessage()));
    } finally {
      data.release();
    }
  }

  private void decode(BodyDecoder by, AiReply to, ByteBuf data, boolean end) {
    var bytes = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), bytes);
    var decoded = by.decode(bytes, 0, bytes.length, end);
    take(to, decoded, 0, decoded.length);
  }

  private void take(AiReply to, byte[] bytes, int from, int length) {
    if (held != null) {
      held.write(bytes, from, length);
    }
    to.feed(bytes, from, length);
  }

  @Override
  public void onTrailers(Headers trailers) {
    var to = reply;
    if (!over && to != null) {
      finished(to);
    }
  }

  private void finished(AiReply to) {
    ended = true;
    to.end();
    try {
      progress(to);
    } catch (AiFormatException e) {
      malformed(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void onFailed(AttemptPolicy.Failure how, GatewayError error) {
    if (over) {
      return;
    }
    var mapped =
        switch (how) {
          case CONNECT, REFUSED, NO_ENDPOINT -> Failure.CONNECT;
          case CIRCUIT -> Failure.CIRCUIT;
          case TIMEOUT -> Failure.TIMEOUT;
          case RESET, STATUS -> Failure.RESET;
        };
    dialogue.callFacts().detail(error.detail());
    broken(mapped, new AiError(error.status(), error.code(), error.message()));
  }

  private void malformed(String what) {
    if (!over) {
      if (upstream != null) {
        upstream.blame();
      }
      broken(
          Failure.MALFORMED,
          new AiError(502, "upstream_protocol_error", "The provider's answer: " + what));
    }
  }

  // Hold or pass on

  private void progress(AiReply to) {
    if (committed) {
      pass(to);
    } else if (status >= 400) {
      if (ended || heldBytes > HELD_BYTES) {
        failedStatus(to);
      }
    } else if (streamed) {
      holdStream(to);
    } else if (ended) {
      holdBody(to);
    }
  }

  private void failedStatus(AiReply to) {
    to.end();
    while (to.next() != null) {
      // An error has no events.
    }
    var error = to.error();
    failed(
        Failure.STATUS,
        error == null ? new AiError(status, "upstream_error", "The provider failed.") : error);
  }

  private void holdStream(AiReply to) {
    for (var event = to.next(); event != null; event = to.next()) {
      if (held == null) {
        dialogue.callFacts().saw(event);
      }
    }
    if (to.started()) {
      commit(to);
    } else if (to.error() != null) {
      failed(
          ended && !to.complete() && !to.said() ? Failure.RESET : Failure.ERROR_IN_STREAM,
          to.error());
    } else if (ended || heldBytes > HELD_BYTES || to.frames() > HELD_FRAMES) {
      commit(to);
    }
  }

  private void holdBody(AiReply to) {
    first = to.next();
    var error = to.error();
    if (first == null && error != null) {
      failed(Failure.ERROR_IN_STREAM, error);
    } else {
      commit(to);
    }
  }

  private void heldLong() {
    var to = reply;
    if (!over && !committed && to != null) {
      try {
        commit(to);
        dialogue.context().flush();
      } catch (AiFormatException e) {
        malformed(String.valueOf(e.getMessage()));
      }
    }
  }

  private void commit(AiReply seen) {
    committed = true;
    cancel(holdTimer);
    if (upstream != null) {
      upstream.commit();
    }
    var to = seen;
    var start = held;
    held = null;
    if (start != null && call != null) {
      to = newReply(call);
      var bytes = start.toByteArray();
      to.feed(bytes, 0, bytes.length);
      if (ended) {
        to.end();
      }
      reply = to;
    }
    dialogue.callFacts().answeredBy(to);
    if (seen.started() || !streamed) {
      content();
    }
    dialogue
        .replies()
        .begin(
            to, first, ResponseHeaders.of(response, to, !target.transparent()), ended, this::done);
    first = null;
    handedOn();
  }

  private void content() {
    if (firstTokenNanos < 0) {
      firstTokenNanos = System.nanoTime() - startNanos;
      cancel(firstTimer);
      dialogue.callFacts().firstContent();
    }
  }

  private void pass(AiReply to) {
    if (ended) {
      dialogue.replies().end();
    } else {
      dialogue.replies().pump();
    }
    if (to.started()) {
      content();
    }
    handedOn();
  }

  /** What was held counts no more once it is with the client, or no longer wanted. */
  private void handedOn() {
    if (taken > 0 && (over || !dialogue.replies().isPaused())) {
      dialogue.release(taken);
      taken = 0;
    }
  }

  // The end

  /** It failed: for the router as long as nothing went on, for the client from then on. */
  private void broken(Failure how, AiError error) {
    var to = reply;
    if (!committed || to == null) {
      failed(how, error);
      return;
    }
    failure = how;
    if (upstream != null) {
      upstream.cancel();
    }
    dialogue.callFacts().end(AiEnd.Outcome.TRUNCATED);
    to.fail(error);
    dialogue.replies().end();
  }

  private void failed(Failure how, AiError error) {
    failure = how;
    var failed = new Failed(target, how, status, response, error);
    close(false);
    owner.failed(this, failed);
  }

  /** All of the response went into the chain. */
  private void done() {
    var to = reply;
    if (to != null && to.error() != null && failure == null) {
      failure = to.complete() ? Failure.ERROR_IN_STREAM : Failure.RESET;
      dialogue.callFacts().end(AiEnd.Outcome.TRUNCATED);
    }
    close(false);
  }

  /** The exchange goes another way. */
  void cut() {
    close(true);
  }

  private void close(boolean cancelled) {
    if (over) {
      return;
    }
    over = true;
    handedOn();
    cancel(connectTimer);
    cancel(firstTimer);
    cancel(betweenTimer);
    cancel(totalTimer);
    cancel(holdTimer);
    boolean whole = ended && failure == null;
    if (upstream != null && !whole) {
      upstream.cancel();
    }
    long total = System.nanoTime() - startNanos;
    boolean gone = cancelled && !whole;
    owner.note(
        target,
        model,
        status,
        failure == null ? (gone ? "cancelled" : "") : failure.name(),
        firstTokenNanos,
        total);
    choice.ended(
        target,
        new AttemptEnd(
            failure, status, response, firstTokenNanos, total, usage(), committed, gone));
  }

  private @Nullable Usage usage() {
    var from = reply;
    return from == null || status >= 400 ? null : from.usage();
  }

  private static void cancel(@Nullable Cancellable timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
