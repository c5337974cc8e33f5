package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryServerTest {
  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private RegistryServer server;

  @BeforeEach
  void start() {
    server =
        RegistryServer.start(folder, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void answersThePing() throws Exception {
    assertThat(send("GET", "/v2/", "").statusCode()).isEqualTo(200);
  }

  @Test
  void takesAnUploadInChunksAndRefusesOnesOutOfOrder() throws Exception {
    var begun = send("POST", "/v2/a/b/blobs/uploads/", "");
    assertThat(begun.statusCode()).isEqualTo(202);
    var location = begun.headers().firstValue("location").orElseThrow();
    assertThat(chunk(location, "0-2", "abc").statusCode()).isEqualTo(202);
    assertThat(chunk(location, "9-11", "xyz").statusCode()).isEqualTo(416);
    var digest = Digest.of("abcdef".getBytes(StandardCharsets.UTF_8));
    assertThat(send("PUT", location + "?digest=" + digest, "def").statusCode()).isEqualTo(201);
    assertThat(send("GET", "/v2/a/b/blobs/" + digest, "").body()).isEqualTo("abcdef");
  }

  @Test
  void refusesAnUploadWithAnotherDigestAndKeepsNothing() throws Exception {
    var digest = Digest.of("right".getBytes(StandardCharsets.UTF_8));
    var answer = send("POST", "/v2/a/blobs/uploads/?digest=" + digest, "wrong");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("DIGEST_INVALID");
    assertThat(send("GET", "/v2/a/blobs/" + digest, "").statusCode()).isEqualTo(404);
  }

  @Test
  void refusesAManifestWhoseBlobsAreMissing() throws Exception {
    var manifest =
        """
        {"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:%s","size":2},"layers":[]}
        """
            .formatted("0".repeat(64));
    var answer = send("PUT", "/v2/a/manifests/1", manifest);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("MANIFEST_BLOB_UNKNOWN");
  }

  @Test
  void listsTagsInPagesAndReferrersByType() throws Exception {
    var subject = putManifest("1", "{\"schemaVersion\":2,\"layers\":[]}");
    putManifest("2", "{\"schemaVersion\":2,\"layers\":[ ]}");
    assertThat(send("GET", "/v2/a/tags/list", "").body()).contains("[\"1\",\"2\"]");
    var page = send("GET", "/v2/a/tags/list?n=1", "");
    assertThat(page.body()).contains("[\"1\"]");
    assertThat(page.headers().firstValue("link"))
        .hasValueSatisfying(l -> assertThat(l).contains("last=1"));
    var referrer =
        "{\"schemaVersion\":2,\"artifactType\":\"sig\",\"layers\":[],\"subject\":{\"digest\":\"%s\",\"size\":1}}"
            .formatted(subject);
    assertThat(send("PUT", "/v2/a/manifests/3", referrer).headers().firstValue("oci-subject"))
        .hasValue(subject.toString());
    assertThat(send("GET", "/v2/a/referrers/" + subject, "").body())
        .contains("\"artifactType\":\"sig\"");
    assertThat(send("GET", "/v2/a/referrers/" + subject + "?artifactType=x", "").body())
        .contains("\"manifests\":[]");
  }

  @Test
  void deletesTagsAndManifests() throws Exception {
    var digest = putManifest("1", "{\"schemaVersion\":2,\"layers\":[]}");
    assertThat(send("DELETE", "/v2/a/manifests/1", "").statusCode()).isEqualTo(202);
    assertThat(send("GET", "/v2/a/manifests/1", "").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/v2/a/manifests/" + digest, "").statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/v2/a/manifests/" + digest, "").statusCode()).isEqualTo(202);
    assertThat(send("GET", "/v2/a/manifests/" + digest, "").statusCode()).isEqualTo(404);
  }

  @Test
  void refusesNamesThatLeaveItsFolder() throws Exception {
    assertThat(send("PUT", "/v2/%2e%2e/x/manifests/1", "{}").statusCode()).isEqualTo(400);
    assertThat(send("GET", "/v2/nothing/here/manifests/1", "").statusCode()).isEqualTo(404);
  }

  private Digest putManifest(String tag, String json) throws Exception {
    assertThat(send("PUT", "/v2/a/manifests/" + tag, json).statusCode()).isEqualTo(201);
    return Digest.of(json.getBytes(StandardCharsets.UTF_8));
  }

  private HttpResponse<String> chunk(String location, String range, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri(location))
            .header("Content-Range", range)
            .method("PATCH", BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    var publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
    return http.send(
        HttpRequest.newBuilder(uri(path)).method(method, publisher).build(),
        BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.address().getPort()).resolve(path);
  }
}
