package dev.sluice.registry.testing;

import dev.sluice.registry.CredentialSource;
import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistrySettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Runs the registry that Debian ships, which most others descend from. */
public final class DockerRegistry implements AutoCloseable {
  /** Whom it knows when it asks. */
  public static final Credentials USER = new Credentials("alice", "pass:word");

  // crypt("pass:word"), bcrypt with cost 5.
  private static final String HTPASSWD =
      "alice:$2y$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n";
  private static final Pattern LISTENING = Pattern.compile("listening on (127\\.0\\.0\\.1:\\d+)");

  private final Process process;
  private final String host;
  private final @Nullable Path authority;
  private final AutoCloseable tokens;

  private DockerRegistry(
      Process process, String host, @Nullable Path authority, AutoCloseable tokens) {
    this.process = process;
    this.host = host;
    this.authority = authority;
    this.tokens = tokens;
  }

  /** Starts one without TLS that asks nobody who they are. */
  public static DockerRegistry open(Path folder) {
    return start(folder, "", null, () -> {});
  }

  /** Starts one with TLS that knows a password. */
  public static DockerRegistry withPassword(Path folder) {
    var authority = certificates(folder);
    write(folder.resolve("htpasswd"), HTPASSWD);
    return start(
        folder,
        tls(folder) + "auth: {htpasswd: {realm: r, path: " + folder.resolve("htpasswd") + "}}\n",
        authority,
        () -> {});
  }

  /** Starts one that sends its clients elsewhere for tokens. */
  public static DockerRegistry withTokens(Path folder) {
    certificates(folder);
    var tokens =
        HttpPeer.start(
            (asked, out) -> {
              var known = "Basic " + Base64.getEncoder().encodeToString(user());
              boolean refused = !known.equals(asked.header("authorization"));
              HttpPeer.reply(
                  out,
                  refused ? 401 : 200,
                  Map.of(),
                  refused ? "{}" : "{\"token\":\"" + token(folder, asked.target()) + "\"}");
            });
    var auth =
        "http: {addr: \"127.0.0.1:0\"}\n"
            + "auth: {token: {realm: \"http://%s/token\", service: s, issuer: i,"
                .formatted(tokens.host())
            + " rootcertbundle: %s}}\n".formatted(folder.resolve("server.pem"));
    return start(folder, auth, null, tokens);
  }

  private static DockerRegistry start(
      Path folder, String more, @Nullable Path authority, AutoCloseable tokens) {
    var program = PeerProgram.find("docker-registry", folder);
    var config = folder.resolve("config.yml");
    write(
        config,
        """
        version: 0.1
        log: {level: info, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
        """
                .formatted(folder.resolve("storage"))
            + (more.isEmpty() ? "http: {addr: \"127.0.0.1:0\"}\n" : more));
    var log = program.log();
    var process = program.start(log, "serve", config.toString());
    var host =
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(
                () -> {
                  var matcher = LISTENING.matcher(PeerProgram.text(log));
                  return matcher.find() ? matcher.group(1) : "";
                },
                found -> !found.isEmpty());
    return new DockerRegistry(process, host, authority, tokens);
  }

  private static String tls(Path folder) {
    return "http: {addr: \"127.0.0.1:0\", tls: {certificate: %s, key: %s}}\n"
        .formatted(folder.resolve("server.pem"), folder.resolve("server.key"));
  }

  private static byte[] user() {
    return (USER.username() + ":" + USER.password()).getBytes(StandardCharsets.UTF_8);
  }

  /** Makes an authority, ca.pem, and a certificate of it for this machine, server.pem. */
  private static Path certificates(Path folder) {
    var openssl = PeerProgram.find("openssl", folder);
    var key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ";
    openssl.run(("req -x509 " + key + "-subj /CN=authority -keyout ca.key -out ca.pem").split(" "));
    openssl.run(
        ("req -x509 "
                + key
                + "-subj /CN=registry -addext subjectAltName=IP:127.0.0.1"
                + " -addext basicConstraints=critical,CA:FALSE"
                + " -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem")
            .split(" "));
    return folder.resolve("ca.pem");
  }

  /** Signs a token that allows what was asked for. */
  private static String token(Path folder, String target) {
    var query =
        URLDecoder.decode(target.substring(target.indexOf('?') + 1), StandardCharsets.UTF_8);
    var access =
        Pattern.compile("scope=([a-z]+):([^:&]+):([a-z,*]+)")
            .matcher(query)
            .results()
            .map(
                scope ->
                    "{\"type\":\"%s\",\"name\":\"%s\",\"actions\":[\"%s\"]}"
                        .formatted(
                            scope.group(1), scope.group(2), scope.group(3).replace(",", "\",\"")))
            .collect(Collectors.joining(","));
    long now = Instant.now().getEpochSecond();
    var claims =
        "{\"iss\":\"i\",\"sub\":\"alice\",\"aud\":\"s\",\"exp\":%d,\"nbf\":%d,\"iat\":%d,\"jti\":\"1\",\"access\":[%s]}"
            .formatted(now + 300, now - 60, now - 60, access);
    var header =
        "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"x5c\":[\"%s\"]}"
            .formatted(Base64.getEncoder().encodeToString(pem(folder.resolve("server.pem"))));
    var signed =
        url(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + url(claims.getBytes(StandardCharsets.UTF_8));
    try {
      var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(pem(folder.resolve("server.key")))));
      signature.update(signed.getBytes(StandardCharsets.UTF_8));
      return signed + "." + url(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] pem(Path file) {
    var body = PeerProgram.text(file).replaceAll("-----[A-Z ]+-----", "");
    return Base64.getMimeDecoder().decode(body);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns its address. */
  public String host() {
    return host;
  }

  /** Returns the authority of its certificate; null when it has none. */
  public @Nullable Path authority() {
    return authority;
  }

  /** Returns settings that know its authority and user. */
  public RegistrySettings settings() {
    return RegistrySettings.PLAIN
        .withHost(host, new RegistrySettings.Host(java.util.List.of(), false, authority))
        .withCredentials(CredentialSource.of(USER));
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    tokens.close();
  }
}
