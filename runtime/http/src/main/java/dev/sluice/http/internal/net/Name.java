package dev.sluice.http.internal.net;

/**
 * Is a header field's name with what it means to a codec.
 *
 * @param text in lower case; one instance per loop and name, and one in all for common names
 * @param role what the codec does about it
 */
public record Name(String text, Role role) {
  /** Says what a codec does about a field. */
  public enum Role {
    /** Nothing: passes it on. */
    PLAIN,
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONNECTION,
    UPGRADE,
    TE,
    COOKIE,
    /** Concerns one connection only: removes it. */
    HOP_BY_HOP
  }
}
