package dev.sluice.ai;

/**
 * Names something in a request that a guard cannot see, so that the route can refuse it.
 *
 * @param kind what it is
 * @param place where it stands, as a JSON pointer into the body (RFC 6901), or a header's name
 * @param detail what was found, for a message
 */
public record Concern(Kind kind, String place, String detail) {
  /** What cannot be seen. */
  public enum Kind {
    /** The path is none of the formats' endpoints. */
    UNKNOWN_ENDPOINT,
    /** The body is compressed, or its charset is not UTF-8. */
    UNREADABLE_ENCODING,
    /** An object has a key twice; readers differ in which one counts. */
    DUPLICATE_KEY,
    /** Text that the provider or somebody else keeps: earlier responses, files, URLs. */
    CONTENT_ELSEWHERE,
    /** Text in a form that is not text: token ids. */
    OPAQUE_CONTENT
  }
}
