package dev.sluice.testkit.internal;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.TcpConnection;
import dev.sluice.http.TcpHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Is a connection to a Redis server that there is not: reads the commands, arrays of bulk strings,
 * and sends the replies in the order of the commands. Belongs to its loop.
 */
public final class MemoryRedis implements TcpConnection {
  /** Is a command that waits for its reply. */
  public final class Command {
    private final List<String> words;
    private byte @Nullable [] reply;

    private Command(List<String> words) {
      this.words = words;
    }

    /** Returns its words. */
    public List<String> words() {
      return words;
    }

    /** Sends a reply, in RESP; on the loop. */
    public void reply(byte[] resp) {
      reply = resp;
      sendReplies();
    }

    /** Ends the connection without a reply; on the loop. */
    public void fail(String reason) {
      closed(reason);
    }
  }

  private final EventLoop loop;
  private final ConnectionInfo info;
  private final Consumer<Command> onCommand;
  private final ArrayDeque<Command> waiting = new ArrayDeque<>();
  private @Nullable TcpHandler handler;
  private byte[] unread = {};
  private boolean closed;

  MemoryRedis(EventLoop loop, ConnectionInfo info, Consumer<Command> onCommand) {
    this.loop = loop;
    this.info = info;
    this.onCommand = onCommand;
  }

  void handler(TcpHandler receiver) {
    handler = receiver;
  }

  private void sendReplies() {
    while (!waiting.isEmpty() && !closed && handler != null) {
      var reply = waiting.getFirst().reply;
      if (reply == null) {
        return;
      }
      waiting.removeFirst();
      handler.onData(Unpooled.wrappedBuffer(reply));
    }
  }

  private void closed(String reason) {
    if (!closed) {
      closed = true;
      loop.execute(
          () -> {
            if (handler != null) {
              handler.onClosed(reason);
            }
          });
    }
  }

  @Override
  public ConnectionInfo info() {
    return info;
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public void send(ByteBuf data) {
    var bytes = new byte[unread.length + data.readableBytes()];
    System.arraycopy(unread, 0, bytes, 0, unread.length);
    data.readBytes(bytes, unread.length, bytes.length - unread.length);
    data.release();
    int at = 0;
    while (true) {
      var reader = new Reader(bytes, at);
      var words = reader.command();
      if (words == null) {
        break;
      }
      at = reader.at;
      var command = new Command(words);
      waiting.add(command);
      loop.execute(() -> onCommand.accept(command));
    }
    unread = java.util.Arrays.copyOfRange(bytes, at, bytes.length);
  }

  @Override
  public void end() {
    closed("");
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void setReading(boolean reading) {}

  @Override
  public void close() {
    closed("");
  }

  @Override
  public void abort() {
    closed("");
  }

  /** Reads one command. */
  private static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes, int at) {
      this.bytes = bytes;
      this.at = at;
    }

    /** Returns the words, or null when not all is there. */
    @Nullable List<String> command() {
      int count = number('*');
      if (count < 0) {
        return null;
      }
      var words = new ArrayList<String>();
      for (int i = 0; i < count; i++) {
        int length = number('$');
        if (length < 0 || at + length + 2 > bytes.length) {
          return null;
        }
        words.add(new String(bytes, at, length, StandardCharsets.UTF_8));
        at += length + 2;
      }
      return words;
    }

    private int number(char type) {
      int end = at;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      if (end == bytes.length || bytes[at] != type) {
        return -1;
      }
      var text = new String(bytes, at + 1, end - at - 2, StandardCharsets.US_ASCII);
      at = end + 1;
      return Integer.parseInt(text);
    }
  }
}
