package dev.sluice.http;

/** Names a version of HTTP on a connection. */
public enum Protocol {
  HTTP_1_0("HTTP/1.0"),
  HTTP_1_1("HTTP/1.1"),
  HTTP_2("HTTP/2");

  private final String text;

  Protocol(String text) {
    this.text = text;
  }

  /** Returns the name as logs and properties show it. */
  public String text() {
    return text;
  }
}
