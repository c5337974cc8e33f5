package dev.sluice.http.internal.hpack;

import dev.sluice.http.internal.hpack.Field.Pseudo;
import dev.sluice.http.internal.net.Authority;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Collects the fields of one header block and says what is wrong with them (RFC 9113 sections 8.2
 * and 8.3). Belongs to one connection; valid until the next block.
 */
public final class HeaderList implements HpackDecoder.Sink {
  private static final int REQUEST = Pseudo.METHOD.bit() | Pseudo.SCHEME.bit() | Pseudo.PATH.bit();

  private final int maxOctets;
  private final int maxFields;
  private Headers headers = new Headers();
  private boolean regular;
  private boolean tooLarge;
  private int pseudos;
  private int octets;
  private int fields;
  private int cookie;
  private long contentLength;
  private @Nullable String host;
  private @Nullable String problem;

  // What was found valid last: a repeated value is the same object, and not checked again.
  private @Nullable String validMethod;
  private @Nullable String validPath;
  private @Nullable String validAuthority;

  /** Creates a list with its limits. */
  HeaderList(int maxOctets, int maxFields) {
    this.maxOctets = maxOctets;
    this.maxFields = maxFields;
  }

  void reset() {
    headers = new Headers();
    regular = false;
    tooLarge = false;
    pseudos = 0;
    octets = 0;
    fields = 0;
    cookie = -1;
    contentLength = -1;
    host = null;
    problem = null;
  }

  @Override
  public void field(Field field) {
    octets += field.size();
    fields++;
    if (tooLarge || octets > maxOctets || fields > maxFields) {
      tooLarge = true;
      octets = maxOctets; // stays below an overflow
      return;
    }
    if (field.malformed()) {
      problem("malformed field " + BadMessage.quote(field.name().text()));
    } else if (field.pseudo() == Pseudo.NONE) {
      regular = true;
      regular(field);
    } else {
      int bit = field.pseudo().bit();
      if (regular || (pseudos & bit) != 0) {
        problem(field.name().text() + " is repeated, or comes after a regular field");
      }
      pseudos |= bit;
      headers.addTrusted(field.name().text(), field.value());
    }
  }

  private void regular(Field field) {
    var name = field.name();
    var value = field.value();
    switch (name.role()) {
      case PLAIN -> headers.addTrusted(name.text(), value);
      case COOKIE -> cookie(name.text(), value);
      case CONTENT_LENGTH -> contentLength(name.text(), value);
      case HOST -> {
        if (host != null) {
          problem("host is repeated");
        }
        host = value;
      }
      case TE -> {
        if (!value.equals("trailers")) {
          problem("te: " + BadMessage.quote(value));
        }
        headers.addTrusted(name.text(), value);
      }
      default -> problem(name.text() + " does not belong into HTTP/2");
    }
  }

  /** Crumbs are put together before anyone else sees them (RFC 9113 section 8.2.3). */
  private void cookie(String name, String value) {
    if (cookie < 0) {
      cookie = headers.size();
      headers.addTrusted(name, value);
    } else {
      headers.setTrusted(cookie, headers.value(cookie) + "; " + value);
    }
  }

  private void contentLength(String name, String value) {
    long length = 0;
    boolean valid = !value.isEmpty() && value.length() <= 18;
    for (int i = 0; valid && i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      valid = digit >= 0 && digit <= 9;
      length = length * 10 + digit;
    }
    if (!valid || (contentLength >= 0 && contentLength != length)) {
      problem("content-length: " + BadMessage.quote(value));
    } else if (contentLength < 0) {
      contentLength = length;
      headers.addTrusted(name, value);
    }
  }

  private void problem(String detail) {
    if (problem == null) {
      problem = detail;
    }
  }

  /** Checks the whole as the headers of a request. */
  public void checkRequest() {
    if (problem != null || tooLarge) {
      return;
    }
    var method = headers.get(":method", "");
    var authority = headers.get(":authority");
    boolean plainConnect =
        method.equals("CONNECT") && (pseudos & Pseudo.PROTOCOL.bit()) == 0 && authority != null;
    int expected = plainConnect ? Pseudo.METHOD.bit() : REQUEST;
    int known = Pseudo.AUTHORITY.bit() | Pseudo.PROTOCOL.bit();
    if ((pseudos & ~known) != expected
        || ((pseudos & Pseudo.PROTOCOL.bit()) != 0 && !method.equals("CONNECT"))) {
      problem("pseudo-headers are missing or too many: " + headers);
      return;
    }
    if (authority == null && host != null) {
      headers.add(":authority", host);
      authority = host;
    } else if (host != null && !host.equals(authority)) {
      problem("host " + BadMessage.quote(host) + " is not " + BadMessage.quote(authority));
    }
    if (authority != null && !authority.equals(validAuthority)) {
      if (!Authority.isValid(authority)) {
        problem(":authority: " + BadMessage.quote(authority));
      }
      validAuthority = authority;
    }
    if (!method.equals(validMethod) && !Names.isToken(method)) {
      problem(":method: " + BadMessage.quote(method));
    }
    validMethod = method;
    if (!plainConnect) {
      checkPath(method, headers.get(":path", ""));
    }
  }

  private void checkPath(String method, String path) {
    if (path.equals(validPath)) {
      return;
    }
    boolean valid =
        !path.isEmpty()
            && (path.charAt(0) == '/' || (path.equals("*") && method.equals("OPTIONS")));
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      valid &= c > ' ' && c < 127 && c != '#';
    }
    if (valid && path.charAt(0) == '/') {
      validPath = path;
    } else if (!valid) {
      problem(":path: " + BadMessage.quote(path));
    }
  }

  /** Checks the whole as the headers of a response. */
  public void checkResponse() {
    if (problem == null && !tooLarge) {
      if (pseudos != Pseudo.STATUS.bit() || headers.status() < 100) {
        problem("pseudo-headers of a response: " + headers);
      } else if (host != null) {
        headers.addTrusted("host", host);
      }
    }
  }

  /** Checks the whole as trailers. */
  public void checkTrailers() {
    if (pseudos != 0) {
      problem("pseudo-headers in trailers");
    }
    headers.remove("content-length");
    headers.remove("te");
  }

  /** Returns the fields. */
  public Headers headers() {
    return headers;
  }

  /** Returns the value of {@code content-length}, or -1. */
  public long contentLength() {
    return contentLength;
  }

  /** Returns whether there were more or longer fields than allowed; the rest is missing then. */
  public boolean tooLarge() {
    return tooLarge;
  }

  /** Returns what is malformed, or null. */
  public @Nullable String problem() {
    return problem;
  }
}
