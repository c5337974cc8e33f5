package dev.sluice.identity.internal;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sluice.identity.IssuerSpec;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks an issuer for its keys. Thread-safe; blocks. */
final class IssuerClient implements KeySet.Source, AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration WHOLE = Duration.ofSeconds(10);
  private static final int MAX_OCTETS = 1 << 20;

  private final IssuerSpec issuer;
  private final HttpClient http;
  private final Duration whole;

  /**
   * @throws IllegalArgumentException when the authorities of the issuer cannot be read
   */
  IssuerClient(IssuerSpec issuer) {
    this(issuer, WHOLE);
  }

  /**
   * @param whole how long one answer may take, to its last octet
   */
  IssuerClient(IssuerSpec issuer, Duration whole) {
    this.issuer = issuer;
    this.whole = whole;
    var builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    var ca = issuer.ca();
    if (ca != null) {
      builder.sslContext(Authorities.context(ca));
    }
    http = builder.build();
  }

  @Override
  public JWKSet fetch() throws IOException {
    var given = issuer.jwksUri();
    var at = given == null ? discover() : given;
    try {
      return JWKSet.parse(get(at)).toPublicJWKSet();
    } catch (ParseException e) {
      throw new IOException(at + " is no JWK set (RFC 7517): " + e.getMessage(), e);
    }
  }

  private URI discover() throws IOException {
    var base = issuer.issuer();
    var at =
        URI.create((base.endsWith("/") ? base : base + "/") + ".well-known/openid-configuration");
    try {
      var document = JSONObjectUtils.parse(get(at));
      var named = JSONObjectUtils.getString(document, "issuer");
      if (!base.equals(named)) {
        throw new IOException(at + " names issuer \"" + named + "\" (expected: \"" + base + "\")");
      }
      var keys = JSONObjectUtils.getURI(document, "jwks_uri");
      if (keys == null || !(isSecure(keys) || at.getScheme().equals(keys.getScheme()))) {
        throw new IOException(at + " has jwks_uri " + keys + " (expected: an https url)");
      }
      return keys;
    } catch (ParseException e) {
      throw new IOException(at + " is no OpenID configuration: " + e.getMessage(), e);
    }
  }

  private static boolean isSecure(URI uri) {
    return "https".equals(uri.getScheme());
  }

  private String get(URI uri) throws IOException {
    var request =
        HttpRequest.newBuilder(uri).timeout(whole).header("accept", "application/json").build();
    // Read whole before it counts as an answer: the time of a request does not bound its body.
    var answer =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_OCTETS));
    try {
      var response = answer.get(whole.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new IOException(uri + " answered " + response.statusCode() + " (expected: 200)");
      }
      return new String(response.body(), StandardCharsets.UTF_8);
    } catch (ExecutionException e) {
      throw new IOException(uri + ": " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IOException(uri + ": no whole answer in " + whole.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException(uri + ": interrupted");
    } finally {
      answer.cancel(true);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
