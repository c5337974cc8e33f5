package dev.sluice.proxy.internal.exchange;

import static dev.sluice.proxy.internal.exchange.AttributeValues.address;
import static dev.sluice.proxy.internal.exchange.AttributeValues.flag;
import static dev.sluice.proxy.internal.exchange.AttributeValues.map;
import static dev.sluice.proxy.internal.exchange.AttributeValues.number;
import static dev.sluice.proxy.internal.exchange.AttributeValues.octets;
import static dev.sluice.proxy.internal.exchange.AttributeValues.port;
import static dev.sluice.proxy.internal.exchange.AttributeValues.text;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Identity;
import java.net.SocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Reads the attributes that every exchange has. */
public final class WellKnownAttributes {
  private static final Set<String> ROOTS =
      Set.of(
          "request",
          "response",
          "source",
          "destination",
          "connection",
          "upstream",
          "identity",
          "xds",
          "plugin_name",
          "plugin_root_id",
          "plugin_vm_id",
          "route_name",
          "cluster_name",
          "connection_id",
          "listener_direction",
          "node");

  private WellKnownAttributes() {}

  /** Returns whether paths that begin so are read-only. */
  public static boolean isKnown(String root) {
    return ROOTS.contains(root);
  }

  static byte @Nullable [] get(Exchange exchange, List<String> path) {
    var second = path.size() > 1 ? path.get(1) : "";
    if (path.size() > (second.equals("headers") || second.equals("trailers") ? 3 : 2)) {
      return null; // values have no parts
    }
    return switch (path.getFirst()) {
      case "request" -> request(exchange, second, path);
      case "response" -> response(exchange, second, path);
      case "source" -> endpoint(exchange.connection().remoteAddress(), second);
      case "destination" -> endpoint(exchange.connection().localAddress(), second);
      case "connection" -> connection(exchange.connection(), second);
      case "upstream" -> upstream(exchange, second);
      case "identity" -> identity(exchange.identity(), second);
      case "xds" -> general(exchange, second);
      default -> general(exchange, path.getFirst());
    };
  }

  private static byte @Nullable [] identity(@Nullable Identity identity, String name) {
    if (identity == null) {
      return null;
    }
    return switch (name) {
      case "consumer" -> text(identity.name());
      case "groups" -> text(identity.groups().stream().sorted().collect(Collectors.joining(",")));
      default -> octets(identity.attributes().get(name));
    };
  }

  private static byte @Nullable [] general(Exchange exchange, String name) {
    return switch (name) {
      case "route_name" -> octets(exchange.route());
      case "cluster_name" -> octets(upstreamOf(exchange));
      case "connection_id" -> number(exchange.connection().id());
      case "listener_direction" -> number(1); // inbound
      default -> null;
    };
  }

  /** Returns the upstream of the attempt, or before it the one of the route when there is one. */
  private static @Nullable String upstreamOf(Exchange exchange) {
    var known = exchange.upstream();
    var name = exchange.route();
    if (known != null || name == null) {
      return known;
    }
    for (var route : exchange.snapshot().spec().routes()) {
      if (route.name().equals(name) && route.targets().size() == 1) {
        return route.targets().getFirst().upstream();
      }
    }
    return null;
  }

  /** Returns {@code address} or {@code port} of a socket. */
  public static byte @Nullable [] endpoint(@Nullable SocketAddress socket, String name) {
    return switch (name) {
      case "address" -> address(socket);
      case "port" -> port(socket);
      default -> null;
    };
  }

  private static byte @Nullable [] request(Exchange exchange, String name, List<String> path) {
    var headers = exchange.requestHeaders();
    return switch (name) {
      case "path" -> field(headers, ":path");
      case "url_path" -> urlPath(headers, false);
      case "query" -> urlPath(headers, true);
      case "host" -> field(headers, ":authority");
      case "scheme" -> field(headers, ":scheme");
      case "method" -> field(headers, ":method");
      case "referer" -> field(headers, "referer");
      case "useragent" -> field(headers, "user-agent");
      case "id" -> text(exchange.requestId());
      case "protocol" -> text(exchange.connection().protocol().text());
      case "time" -> number(exchange.startWallNanos());
      case "duration" -> number(exchange.durationNanos());
      case "size" -> number(exchange.requestBytes());
      case "total_size" -> number(exchange.requestBytes() + size(headers));
      case "headers_bytes" -> number(size(headers));
      case "headers" -> headers(headers, path);
      default -> null;
    };
  }

  private static byte @Nullable [] response(Exchange exchange, String name, List<String> path) {
    var headers = exchange.responseHeaders();
    var trailers = exchange.responseTrailers();
    return switch (name) {
      case "code" -> headers == null ? null : number(headers.status());
      case "code_details" -> octets(exchange.code());
      case "flags" -> number(0);
      case "grpc_status" -> grpcStatus(headers, trailers);
      case "size" -> number(exchange.responseBytes());
      case "total_size" -> number(exchange.responseBytes() + size(headers));
      case "headers_bytes" -> number(size(headers));
      case "backend_latency" ->
          exchange.upstreamNanos() < 0 ? null : number(exchange.upstreamNanos());
      case "headers" -> headers(headers, path);
      case "trailers" -> headers(trailers, path);
      default -> null;
    };
  }

  private static byte @Nullable [] grpcStatus(
      @Nullable Headers headers, @Nullable Headers trailers) {
    var value = trailers == null ? null : trailers.get("grpc-status");
    if (value == null && headers != null) {
      value = headers.get("grpc-status");
    }
    return value == null || !value.matches("\\d{1,9}") ? null : number(Long.parseLong(value));
  }

  private static byte @Nullable [] upstream(Exchange exchange, String name) {
    return switch (name) {
      case "address" -> address(exchange.endpoint());
      case "port" -> exchange.endpoint() == null ? null : port(exchange.endpoint());
      case "request_attempt_count" -> number(exchange.attempts());
      default -> null;
    };
  }

  /** Returns what {@code connection} has under a name. */
  public static byte @Nullable [] connection(ConnectionInfo connection, String name) {
    var tls = connection.tls();
    return switch (name) {
      case "id" -> number(connection.id());
      case "requested_server_name" -> text(Objects.requireNonNullElse(connection.serverName(), ""));
      case "tls_version" -> tls == null ? null : text(tls.getProtocol());
      case "mtls" -> flag(peer(tls) != null);
      case "subject_peer_certificate" -> subject(peer(tls));
      case "sha256_peer_certificate_digest" -> digest(peer(tls));
      default -> null;
    };
  }

  private static @Nullable X509Certificate peer(@Nullable SSLSession tls) {
    if (tls == null) {
      return null;
    }
    try {
      return tls.getPeerCertificates()[0] instanceof X509Certificate x ? x : null;
    } catch (SSLPeerUnverifiedException e) {
      return null; // the client showed none
    }
  }

  private static byte @Nullable [] subject(@Nullable X509Certificate certificate) {
    return certificate == null ? null : text(certificate.getSubjectX500Principal().getName());
  }

  private static byte @Nullable [] digest(@Nullable X509Certificate certificate) {
    if (certificate == null) {
      return null;
    }
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return text(HexFormat.of().formatHex(sha256.digest(certificate.getEncoded())));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    } catch (CertificateEncodingException e) {
      return null;
    }
  }

  private static byte @Nullable [] headers(@Nullable Headers headers, List<String> path) {
    return path.size() > 2 ? field(headers, path.get(2)) : map(headers);
  }

  private static byte @Nullable [] field(@Nullable Headers headers, String name) {
    return headers == null ? null : octets(headers.get(name));
  }

  private static byte @Nullable [] urlPath(@Nullable Headers headers, boolean query) {
    var path = headers == null ? null : headers.path();
    if (path == null) {
      return null;
    }
    int mark = path.indexOf('?');
    if (query) {
      return octets(mark < 0 ? "" : path.substring(mark + 1));
    }
    return octets(mark < 0 ? path : path.substring(0, mark));
  }

  private static long size(@Nullable Headers headers) {
    return headers == null ? 0 : headers.octets();
  }
}
