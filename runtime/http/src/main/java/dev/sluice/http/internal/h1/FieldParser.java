package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Name;
import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses a section of field lines (RFC 9112 section 5) strictly: what two parsers could read
 * differently is refused. Sorts out what concerns only the connection. Reused from message to
 * message.
 */
final class FieldParser {
  /** The section is not complete yet. */
  static final int INCOMPLETE = -1;

  /** Octets that a value may have: VCHAR, SP, HTAB and obs-text. */
  private static final boolean[] VALUE = new boolean[256];

  private final Names names;
  private final int maxFields;
  private final int badStatus;
  private final List<String> options = new ArrayList<>();

  private long contentLength;
  private boolean chunked;
  private boolean otherCoding;
  private boolean close;
  private boolean keepAlive;
  private boolean connectionUpgrade;
  private int hosts;
  private @Nullable String host;
  private @Nullable String upgrade;

  private Name lineName = new Name("", Name.Role.PLAIN);
  private String lineValue = "";

  static {
    for (int i = 0; i < 256; i++) {
      VALUE[i] = i == '\t' || (i >= ' ' && i != 127);
    }
  }

  /**
   * Creates a parser.
   *
   * @param maxFields fields that one section may have
   * @param badStatus status that reports malformed lines
   */
  FieldParser(Names names, int maxFields, int badStatus) {
    this.names = names;
    this.maxFields = maxFields;
    this.badStatus = badStatus;
  }

  /** Begins a message. */
  void reset() {
    options.clear();
    contentLength = -1;
    chunked = false;
    otherCoding = false;
    close = false;
    keepAlive = false;
    connectionUpgrade = false;
    hosts = 0;
    host = null;
    upgrade = null;
  }

  /**
   * Parses lines up to and with the empty one.
   *
   * @return the place after the section, or {@link #INCOMPLETE}
   * @throws BadMessage when a line is malformed
   */
  int parse(byte[] in, int from, int to, Headers headers, @Nullable LineCache cache) {
    int at = from;
    for (int place = 0; ; place++) {
      if (to - at < 2) {
        if (to > at && in[at] == '\n') {
          throw bad("a line ends with LF alone");
        }
        return INCOMPLETE;
      }
      if (in[at] == '\r') {
        if (in[at + 1] != '\n') {
          throw bad("CR without LF");
        }
        return at + 2;
      }
      if (place == maxFields) {
        throw new BadMessage(431, "more than " + maxFields + " header fields");
      }
      var line = cache == null ? null : cache.match(place, in, at, to);
      if (line != null && cache != null) {
        cache.hit(place);
        at += line.octets().length;
        accept(line.name(), line.value(), headers);
      } else {
        int end = line(in, at, to);
        if (end < 0) {
          return INCOMPLETE;
        }
        if (cache != null) {
          cache.put(place, in, at, end, lineName, lineValue);
        }
        at = end;
        accept(lineName, lineValue, headers);
      }
    }
  }

  private int line(byte[] in, int from, int to) {
    int at = from;
    int hash = 0;
    for (; at < to; at++) {
      int c = Names.token(in[at]);
      if (c == 0) {
        break;
      }
      hash = hash * 31 + c;
    }
    if (at == to) {
      return INCOMPLETE;
    }
    if (in[at] != ':' || at == from) {
      throw bad("malformed field name, octet " + (in[at] & 0xff));
    }
    int nameLength = at - from;
    at++;
    while (at < to && (in[at] == ' ' || in[at] == '\t')) {
      at++;
    }
    int valueFrom = at;
    while (at < to && VALUE[in[at] & 0xff]) {
      at++;
    }
    if (at == to || (in[at] == '\r' && at + 1 == to)) {
      return INCOMPLETE;
    }
    if (in[at] != '\r' || in[at + 1] != '\n') {
      throw bad("octet " + (in[at] & 0xff) + " in a field value");
    }
    int valueTo = at;
    while (valueTo > valueFrom && (in[valueTo - 1] == ' ' || in[valueTo - 1] == '\t')) {
      valueTo--;
    }
    lineName = names.get(in, from, nameLength, hash);
    lineValue = Names.latin1(in, valueFrom, valueTo - valueFrom);
    return at + 2;
  }

  private void accept(Name name, String value, Headers headers) {
    switch (name.role()) {
      case PLAIN, COOKIE -> headers.addTrusted(name.text(), value);
      case HOST -> {
        hosts++;
        host = value;
      }
      case CONTENT_LENGTH -> contentLength(name, value, headers);
      case TRANSFER_ENCODING -> transferEncoding(value);
      case CONNECTION -> connection(value);
      case UPGRADE -> upgrade = value;
      case TE -> {
        if (value.toLowerCase(Locale.ROOT).contains("trailers")) {
          headers.addTrusted(name.text(), "trailers");
        }
      }
      case HOP_BY_HOP -> {}
    }
  }

  private void contentLength(Name name, String value, Headers headers) {
    long length = 0;
    if (value.isEmpty() || value.length() > 18) {
      throw bad("content-length: " + BadMessage.quote(value));
    }
    for (int i = 0; i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw bad("content-length: " + BadMessage.quote(value));
      }
      length = length * 10 + digit;
    }
    if (contentLength < 0) {
      contentLength = length;
      headers.addTrusted(name.text(), value);
    } else if (contentLength != length) {
      throw bad("content-length is both " + contentLength + " and " + length);
    }
  }

  private void transferEncoding(String value) {
    if (chunked || otherCoding) {
      throw bad("transfer-encoding is repeated");
    }
    if (value.equalsIgnoreCase("chunked")) {
      chunked = true;
    } else {
      otherCoding = true;
    }
  }

  private void connection(String value) {
    if (value.equalsIgnoreCase("keep-alive")) {
      keepAlive = true;
      return;
    }
    for (int from = 0; from <= value.length(); ) {
      int comma = value.indexOf(',', from);
      int to = comma < 0 ? value.length() : comma;
      var option = value.substring(from, to).strip().toLowerCase(Locale.ROOT);
      from = to + 1;
      switch (option) {
        case "" -> {}
        case "close" -> close = true;
        case "keep-alive" -> keepAlive = true;
        case "upgrade" -> connectionUpgrade = true;
        case "te", "content-length", "transfer-encoding", "host" -> {}
        default -> options.add(option);
      }
    }
  }

  /** Removes the fields that {@code connection} listed. */
  void removeOptions(Headers headers) {
    for (int i = 0; i < options.size(); i++) {
      if (options.get(i).charAt(0) != ':') {
        headers.remove(options.get(i));
      }
    }
  }

  /** Returns the value of {@code content-length}, or -1. */
  long contentLength() {
    return contentLength;
  }

  /** Returns whether the body is chunked. */
  boolean chunked() {
    return chunked;
  }

  /** Returns whether the body has a transfer coding that is not plain {@code chunked}. */
  boolean otherCoding() {
    return otherCoding;
  }

  /** Returns whether the peer will close after this message. */
  boolean close() {
    return close;
  }

  /** Returns whether the peer asks to keep an HTTP/1.0 connection. */
  boolean keepAlive() {
    return keepAlive;
  }

  /** Returns the protocol that the peer wants, or takes, to upgrade to, or null. */
  @Nullable String upgrade() {
    return connectionUpgrade ? upgrade : null;
  }

  /** Returns how often {@code host} came. */
  int hosts() {
    return hosts;
  }

  /** Returns the value of {@code host}, or null. */
  @Nullable String host() {
    return host;
  }

  BadMessage bad(String detail) {
    return new BadMessage(badStatus, detail);
  }
}
