package dev.sluice.plugin.host;

import java.util.List;

/**
 * Finds many literals and expressions in text in linear time. Texts are UTF-8 bytes, offsets count
 * bytes of the original text. Compile once per configuration; sets are immutable and thread-safe,
 * scans belong to one thread.
 */
public interface Patterns {
  /** Says how a pattern is read. */
  enum Kind {
    /** Character by character. */
    LITERAL,
    /** As an RE2 expression: linear time, no back-references. */
    EXPRESSION
  }

  /**
   * Is one pattern.
   *
   * @param ignoreCase compares without case (simple Unicode case folding)
   * @param wholeWord matches only where no letter, digit or underscore stands next to it
   */
  record Pattern(Kind kind, String text, boolean ignoreCase, boolean wholeWord) {}

  /**
   * Is one match.
   *
   * @param pattern index in the compiled list
   * @param start offset of the first byte
   * @param end offset after the last byte
   */
  record Match(int pattern, long start, long end) {}

  /** Is a compiled list of patterns. */
  interface PatternSet {
    /**
     * Returns all matches, by start, then by pattern: for each pattern its leftmost non-overlapping
     * ones; matches of different patterns may overlap. At most {@code limit} are returned.
     */
    List<Match> scan(byte[] text, int limit);

    /** Returns whether anything matches; stops at the first match. */
    boolean matches(byte[] text);

    /** Opens a scan over a text that arrives in pieces. */
    StreamScan open();
  }

  /** Scans a text in pieces, with state carried across them; offsets count from the first piece. */
  interface StreamScan {
    /**
     * Takes the next piece and returns the matches that have become certain.
     *
     * @param last whether the text ends with this piece
     */
    List<Match> feed(byte[] piece, boolean last);

    /** Returns the offset before which no later match can begin: bytes up to it may be released. */
    long safe();
  }

  /**
   * Compiles patterns; done off the event loop where possible (while a plugin is configured).
   *
   * @throws ServiceException BAD_ARGUMENT naming the pattern's index and what is wrong with it
   */
  PatternSet compile(List<Pattern> patterns);
}
