package dev.sluice.standin.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends the frames of a stream at its pace, as far as its wishes let it. Belongs to its loop. */
final class Player {
  /** So many frames in one turn of the loop: others want their turn too. */
  private static final int TURN = 64;

  private final HttpStream response;
  private final AnswerWriter writer;
  private final Wishes wishes;
  private final Account account;
  private final int pace;
  private final int split;
  private final Deque<Frame> frames = new ArrayDeque<>();

  /** What is left of a frame that is sent in parts. */
  private final Deque<byte[]> parts = new ArrayDeque<>();

  /** Is a frame with the piece that is sent when this one is, or null. */
  private record Frame(byte[] bytes, Answer.@Nullable Piece piece) {}

  private int next = -1;
  private int sentFrames;
  private long unsent;
  private boolean closed;
  private boolean waiting;
  private boolean over;
  private boolean cutting;

  Player(HttpStream response, AnswerWriter writer, Wishes wishes, Account account, int pace) {
    this.response = response;
    this.writer = writer;
    this.wishes = wishes;
    this.account = account;
    this.pace = pace;
    this.split = wishes.number("split", 0);
  }

  void start() {
    Headers headers = Whole.head(200, wishes.word("type", writer.contentType()));
    headers.add("cache-control", "no-cache");
    response.sendHeaders(headers, false);
    int first = wishes.number("first", 0);
    if (first > 0) {
      later(first);
    } else {
      play();
    }
  }

  /** The client went away. */
  void abandon() {
    over = true;
    frames.clear();
    parts.clear();
    account.end(Ledger.End.ABANDONED);
  }

  /** Bytes have left. */
  void sent(int bytes) {
    unsent -= bytes;
    if (cutting && unsent == 0 && !over) {
      over = true;
      response.reset(StreamError.INTERNAL_ERROR);
    }
  }

  private void later(int millis) {
    waiting = true;
    Runnable go =
        () -> {
          waiting = false;
          play();
        };
    if (millis > 0) {
      response.loop().schedule(go, millis, TimeUnit.MILLISECONDS);
    } else {
      response.loop().execute(go);
    }
  }

  /** Sends what can be sent now. */
  void play() {
    for (int turn = 0; !over && !waiting && !cutting && response.isWritable(); turn++) {
      if (turn == TURN) {
        later(0);
      } else if (!parts.isEmpty()) {
        send(parts.removeFirst());
        if (!parts.isEmpty()) {
          later(0);
        }
      } else if (!frames.isEmpty()) {
        frame();
      } else if (!refill()) {
        over = true;
        response.sendData(Unpooled.EMPTY_BUFFER, true);
      }
    }
  }

  private void frame() {
    if (reached("hang")) {
      waiting = true;
      return;
    }
    if (reached("cut")) {
      account.end(Ledger.End.CUT);
      cutting = true;
      // What was sent before arrives; then the connection breaks.
      sent(0);
      return;
    }
    if (reached("end")) {
      account.end(Ledger.End.CUT);
      over = true;
      response.sendData(Unpooled.EMPTY_BUFFER, true);
      return;
    }
    if (reached("fail")) {
      account.end(Ledger.End.CUT);
      over = true;
      String frame = writer.failure(Refusal.asked(failure(), wishes.word("code", "")));
      response.sendData(Unpooled.wrappedBuffer(writer.bytes(frame)), true);
      return;
    }
    Frame first = frames.removeFirst();
    byte[] frame = first.bytes();
    if (first.piece() != null) {
      account.produced(first.piece());
    }
    sentFrames++;
    if (split < 1 || split >= frame.length) {
      send(frame);
    } else {
      for (int from = 0; from < frame.length; from += split) {
        parts.add(java.util.Arrays.copyOfRange(frame, from, Math.min(frame.length, from + split)));
      }
    }
  }

  private int failure() {
    return writer.ask.operation.format == Operation.Format.ANTHROPIC ? 529 : 503;
  }

  private boolean reached(String wish) {
    return wishes.has(wish) && sentFrames >= wishes.number(wish, 0);
  }

  private void send(byte[] bytes) {
    unsent += bytes.length;
    response.sendData(Unpooled.wrappedBuffer(bytes), false);
  }

  /** Writes the next frames; false when there are none left. */
  private boolean refill() {
    if (closed) {
      return false;
    }
    List<String> written = new ArrayList<>(4);
    List<Answer.Piece> pieces = writer.answer.pieces();
    Answer.Piece produced = null;
    if (next < 0) {
      writer.open(written);
    } else if (next < pieces.size()) {
      produced = pieces.get(next);
      writer.piece(produced, written);
      if (written.isEmpty()) {
        account.produced(produced);
      }
    } else {
      writer.close(written);
      closed = true;
      if (!broken(written.size())) {
        // Booked before the client can know that it has all.
        account.complete();
      }
    }
    next++;
    for (int i = 0; i < written.size(); i++) {
      byte[] bytes = writer.bytes(written.get(i));
      frames.add(new Frame(bytes, i == written.size() - 1 ? produced : null));
    }
    if (pace > 0 && next > 0) {
      later(pace);
    }
    return true;
  }

  private boolean broken(int more) {
    for (String wish : new String[] {"hang", "cut", "end", "fail"}) {
      if (wishes.has(wish) && sentFrames + more > wishes.number(wish, 0)) {
        return true;
      }
    }
    return false;
  }
}
