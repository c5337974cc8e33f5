package dev.sluice.control.internal;

/** Is a line of the access log to be. */
interface AccessLogLine {
  /** Appends it as JSON, without the line's end. */
  void appendTo(StringBuilder out);
}
