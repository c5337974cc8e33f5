package dev.sluice.registry.internal;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.RegistrySettings;
import dev.sluice.registry.internal.net.Answer;
import dev.sluice.registry.internal.net.Call;
import dev.sluice.registry.internal.net.Content;
import dev.sluice.registry.internal.net.Origin;
import dev.sluice.registry.internal.net.Proxies;
import dev.sluice.registry.internal.net.Reach;
import dev.sluice.registry.internal.net.Transport;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Sends the requests of one registry's client: answers challenges, follows redirects without
 * carrying credentials to another origin, and tries again what may succeed later.
 */
public final class Exchange implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> LATER = Set.of(408, 429, 500, 502, 503, 504);
  private static final int MAX_REDIRECTS = 5;
  private static final int MAX_TRIES = 4;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Pattern LOOPBACK =
      Pattern.compile("(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]+)?");

  private final Transport transport;
  private final Authorizer authorizer;
  private final URI base;
  private final Origin origin;
  private volatile Reach reach = Reach.PUBLIC;

  /**
   * Prepares to speak to a registry; connects when first used. One on this machine is asked without
   * TLS, unless it has certificate authorities of its own.
   */
  public static Exchange withRegistry(String registry, RegistrySettings settings) {
    var host = settings.host(registry);
    boolean plain = host.plainHttp() || (isLoopback(registry) && host.authorities() == null);
    // What references call docker.io has its API elsewhere.
    var address = registry.equals("docker.io") ? "registry-1.docker.io" : registry;
    return new Exchange(URI.create((plain ? "http://" : "https://") + address), registry, settings);
  }

  /** Prepares to fetch a file from a web server. */
  public static Exchange withWebServer(URI file, RegistrySettings settings) {
    return new Exchange(file, Origin.of(file).authority(), settings);
  }

  private Exchange(URI base, String registry, RegistrySettings settings) {
    var host = settings.host(registry);
    this.base = base;
    this.origin = Origin.of(base);
    var timeouts = Objects.requireNonNullElse(host.timeouts(), settings.timeouts());
    this.transport =
        new Transport(Proxies.of(settings.environment()), timeouts, host.authorities());
    this.authorizer = new Authorizer(transport, origin, registry, settings.credentials());
  }

  /** Returns whether a registry's name says that it is this machine. */
  public static boolean isLoopback(String registry) {
    return LOOPBACK.matcher(registry).matches();
  }

  /**
   * Is a request to the registry.
   *
   * @param target a path, or where the registry sent its client
   */
  public record Ask(
      String method,
      URI target,
      Map<String, String> headers,
      @Nullable Content content,
      Scope scope) {
    /** Asks without a body. */
    public static Ask of(String method, String path, Scope scope) {
      return new Ask(method, URI.create(path), Map.of(), null, scope);
    }

    /** Returns the same with a header more. */
    public Ask with(String name, String value) {
      var more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Ask(method, target, more, content, scope);
    }

    /** Returns the same with a body. */
    public Ask with(Content body) {
      return new Ask(method, target, headers, body, scope);
    }

    /** A request that changes nothing may follow any redirect. */
    private boolean reads() {
      return method.equals("GET") || method.equals("HEAD");
    }
  }

  /** Returns a request's target in full. */
  public URI resolve(URI target) {
    return base.resolve(target);
  }

  /** Returns where a list goes on, which must be at the same registry. */
  public URI next(URI from, String link) {
    var target = base.resolve(from).resolve(link);
    if (!isHome(target)) {
      throw new RegistryException(
          Reason.DENIED, base + " continues a list at " + Origin.shown(target));
    }
    return target;
  }

  /**
   * Sends a request and returns the answer, which has one of the expected statuses.
   *
   * @throws RegistryException for any other outcome, with the registry's own message
   */
  public Answer send(Ask ask, Integer... expected) {
    var target = base.resolve(ask.target());
    checkTarget(base, target);
    boolean challenged = false;
    int redirects = 0;
    for (int tries = 1; ; ) {
      Answer answer;
      try {
        answer = once(ask, target);
      } catch (IOException e) {
        if (tries++ < MAX_TRIES && mayRepeat(ask, e)) {
          pause(backOff(tries));
          continue;
        }
        throw new RegistryException(
            Reason.UNAVAILABLE, "cannot reach " + Origin.of(target) + ": " + message(e), e);
      }
      int status = answer.status();
      if (Set.of(expected).contains(status)) {
        return answer;
      }
      if (status == 401 && !challenged && isHome(target)) {
        challenged = true;
        if (authorizer.answer(answer.headers().all("www-authenticate"), ask.scope(), reach)) {
          drop(answer);
          continue;
        }
      } else if (isRedirect(ask, status) && answer.headers().first("location").isPresent()) {
        drop(answer);
        if (redirects++ == MAX_REDIRECTS) {
          throw new RegistryException(
              Reason.UNAVAILABLE,
              base + " redirected " + MAX_REDIRECTS + " times, last to " + Origin.shown(target));
        }
        target = redirect(target, answer);
        continue;
      } else if (LATER.contains(status) && tries++ < MAX_TRIES && pauses(answer, tries)) {
        continue;
      }
      var who =
          (status == 401 || status == 403) && isHome(target) ? authorizer.who(ask.scope()) : "";
      throw failure(ask.method(), target, answer, who);
    }
  }

  private Answer once(Ask ask, URI target) throws IOException {
    var headers = new LinkedHashMap<>(ask.headers());
    boolean home = isHome(target);
    var authorization = authorizer.header(ask.scope());
    if (authorization != null && home) {
      headers.put("Authorization", authorization);
    }
    var content = ask.content();
    if (content == null && !ask.reads()) {
      content = Content.EMPTY;
    }
    var answer =
        transport.send(
            new Call(ask.method(), target, headers, content), home ? Reach.MACHINE : reach);
    if (home) {
      reach = answer.from();
    }
    return answer;
  }

  private static boolean mayRepeat(Ask ask, IOException e) {
    return !Transport.isLasting(e)
        && !(e instanceof SocketTimeoutException)
        && !ask.method().equals("PATCH");
  }

  private static boolean isRedirect(Ask ask, int status) {
    return ask.reads() ? REDIRECTS.contains(status) : status == 307 || status == 308;
  }

  private boolean isHome(URI uri) {
    return Origin.of(uri).equals(origin);
  }

  private URI redirect(URI from, Answer answer) {
    var location = answer.headers().first("location").orElse("");
    try {
      var target = from.resolve(location);
      checkTarget(from, target);
      return target;
    } catch (IllegalArgumentException e) {
      throw new RegistryException(
          Reason.DENIED, base + " redirects to \"" + location + "\" (expected: a URL)", e);
    }
  }

  private void checkTarget(URI from, URI target) {
    if (Origin.of(from).secure() && !Origin.of(target).secure()) {
      throw new RegistryException(
          Reason.DENIED,
          base + " redirects to " + Origin.shown(target) + " (expected: an https URL)");
    }
  }

  private static RegistryException failure(String method, URI uri, Answer answer, String who) {
    int status = answer.status();
    var reason =
        switch (status) {
          case 404 -> Reason.NOT_FOUND;
          case 401, 403 -> Reason.DENIED;
          case 400, 416 -> Reason.MISMATCH;
          case 413 -> Reason.TOO_LARGE;
          default -> Reason.UNAVAILABLE;
        };
    var wait = answer.headers().first("retry-after");
    return new RegistryException(
        reason,
        method
            + " "
            + Origin.shown(uri)
            + " answered "
            + status
            + detail(answer)
            + (status == 429 || status == 503 ? wait.map(s -> ", retry after " + s).orElse("") : "")
            + (who.isEmpty() ? "" : "; " + who));
  }

  private static String detail(Answer answer) {
    try (answer) {
      var body = answer.body().readNBytes(16 << 10);
      var error = Json.MAPPER.readTree(body).path("errors").path(0);
      var code = error.path("code").asString("");
      var message = error.path("message").asString("");
      return code.isEmpty() ? "" : ": " + printable(code + " " + message);
    } catch (IOException | JacksonException e) {
      return "";
    }
  }

  private static String printable(String text) {
    return text.substring(0, Math.min(300, text.length())).replaceAll("\\p{Cntrl}", "?");
  }

  private static void drop(Answer answer) {
    try (answer) {
      answer.body().readNBytes(64 << 10);
    } catch (IOException e) {
      // The connection is given up; the next request opens another.
    }
  }

  /** Waits as long as the registry asks for; answers false when that is too long. */
  private static boolean pauses(Answer answer, int tries) {
    var header = answer.headers().first("retry-after").orElse("");
    var wait = backOff(tries);
    if (header.matches("[0-9]{1,9}")) {
      wait = Duration.ofSeconds(Long.parseLong(header));
    } else if (!header.isEmpty()) {
      wait = until(header, wait);
    }
    if (wait.compareTo(LONGEST_WAIT) > 0) {
      return false;
    }
    drop(answer);
    pause(wait);
    return true;
  }

  private static Duration until(String date, Duration otherwise) {
    try {
      var then = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var left = Duration.between(Instant.now(), then);
      return left.isNegative() ? Duration.ZERO : left;
    } catch (DateTimeParseException e) {
      return otherwise;
    }
  }

  private static Duration backOff(int tries) {
    return Duration.ofMillis(50L << tries);
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryException(Reason.UNAVAILABLE, "interrupted", e);
    }
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  @Override
  public void close() {
    transport.close();
  }
}
