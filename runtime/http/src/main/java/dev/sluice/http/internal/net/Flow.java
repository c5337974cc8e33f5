package dev.sluice.http.internal.net;

/**
 * Fixes how much is on its way. What one stream holds is bounded by its receiving window ({@link
 * #WINDOW}) plus what waits to be sent ({@link #HIGH}) plus the channel's own buffer.
 */
public final class Flow {
  /** Bytes received and not consumed at which HTTP/1 stops reading; the HTTP/2 stream window. */
  public static final int WINDOW = 256 << 10;

  /** Bytes received and not consumed below which HTTP/1 reads again. */
  public static final int WINDOW_LOW = 64 << 10;

  /** Bytes queued on a stream above which it is not writable. */
  public static final int HIGH = 256 << 10;

  /** Bytes queued on a stream below which it is writable again. */
  public static final int LOW = 64 << 10;

  /** Bytes in the channel's own buffer above which nothing more is given to it. */
  public static final int CHANNEL_HIGH = 128 << 10;

  /** Bytes in the channel's own buffer below which it is given more. */
  public static final int CHANNEL_LOW = 64 << 10;

  /** HTTP/2 connection window. */
  public static final int CONNECTION_WINDOW = 1 << 20;

  /** Bytes that the streams of one HTTP/2 connection may hold before its window shrinks. */
  public static final int HELD_PER_CONNECTION = 8 << 20;

  private Flow() {}
}
