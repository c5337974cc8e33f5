package dev.sluice.http.internal.net;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import org.jspecify.annotations.Nullable;

/** Is a connection to an upstream, as the pool sees it. */
public interface ClientConnection {
  /** Returns how many more streams may be opened now. */
  int room();

  /** Returns the streams that are open. */
  int streams();

  /** Opens a stream; there must be {@link #room}. */
  HttpStream open(HttpStreamHandler response);

  /** Lets the streams finish and closes; there is no {@link #room} any more. */
  void retire();

  /** Hears what happens to a connection. Called on the loop. */
  interface Owner {
    /** The connection is established and has room. */
    void ready(ClientConnection connection);

    /** A stream ended or the peer allows more: there is room again. */
    void roomAgain(ClientConnection connection);

    /** There will be no more room: the peer or the protocol asked for it. Streams may go on. */
    void retired(ClientConnection connection);

    /**
     * The connection is closed. Called once.
     *
     * @param detail why, when it was never ready
     */
    void closed(ClientConnection connection, @Nullable StreamError error, String detail);
  }
}
