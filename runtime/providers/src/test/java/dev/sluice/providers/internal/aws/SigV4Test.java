package dev.sluice.providers.internal.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Headers;
import dev.sluice.providers.Secret.AwsKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Signs what AWS publishes signatures of, and what botocore signs. */
class SigV4Test {
  private static final Instant PUBLISHED = Instant.parse("2015-08-30T12:36:00Z");
  private static final byte[] NOTHING = {};

  private static SigV4 example(@Nullable String token) {
    return new SigV4(
        new AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token),
        "us-east-1",
        "service");
  }

  private static Headers get(String path) {
    var octets = new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    return Headers.of(":method", "GET", ":path", octets, ":authority", "example.amazonaws.com");
  }

  /** The names are those of the test suite that AWS publishes for Signature Version 4. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "get-vanilla, /, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "get-slash-dot-slash, /./, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "get-slashes, //example//, 9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    "get-utf8, /ሴ, 8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    "get-vanilla-query-order-key-case, /?Param2=value2&Param1=value1,"
        + " b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  })
  void signsPathsAndQueries(String name, String path, String signature) {
    var headers = get(path);

    example(null).sign(headers, NOTHING, PUBLISHED, field -> true);

    assertThat(headers.get("authorization"))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                + " SignedHeaders=host;x-amz-date, Signature="
                + signature);
    assertThat(headers.get("x-amz-date")).isEqualTo("20150830T123600Z");
  }

  @Test
  void signsRepeatedFields() {
    var headers =
        get("/")
            .add("my-header1", "value2")
            .add("my-header1", "value2")
            .add("my-header1", "value1");

    example(null).sign(headers, NOTHING, PUBLISHED, field -> true);

    assertThat(headers.get("authorization"))
        .endsWith("c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  }

  @Test
  void signsFieldsWithSpaces() {
    var headers = get("/").add("my-header1", " value1").add("my-header2", " \"a   b   c\"");

    example(null).sign(headers, NOTHING, PUBLISHED, field -> true);

    assertThat(headers.get("authorization"))
        .endsWith("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  }

  @Test
  void signsWithASessionToken() {
    var headers = get("/");

    example("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267")
        .sign(headers, NOTHING, PUBLISHED, field -> true);

    assertThat(headers.get("authorization"))
        .endsWith("07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
  }

  @Test
  void signsBodies() {
    var body = "Param1=value1".getBytes(StandardCharsets.UTF_8);
    var headers =
        get("/")
            .set(":method", "POST")
            .add("content-type", "application/x-www-form-urlencoded")
            .add("content-length", "13")
            .add(
                "x-amz-content-sha256",
                "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");

    example(null).sign(headers, body, PUBLISHED, field -> true);

    assertThat(headers.get("authorization"))
        .endsWith("d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
  }

  @Test
  void replacesWhatAnAttemptBeforeSigned() {
    var headers = get("/");
    example("first").sign(headers, NOTHING, PUBLISHED.plusSeconds(86_400), field -> true);

    example(null).sign(headers, NOTHING, PUBLISHED, field -> true);

    assertThat(headers.getAll("authorization"))
        .hasSize(1)
        .first()
        .asString()
        .endsWith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    assertThat(headers.contains("x-amz-security-token")).isFalse();
  }

  @Test
  void signsAsBotocoreDoes() throws IOException {
    try (var vectors = SigV4Test.class.getResourceAsStream("sigv4.json")) {
      for (var vector : JsonMapper.shared().readTree(vectors)) {
        var token = vector.path("sessionToken");
        var signer =
            new SigV4(
                new AwsKeys(
                    vector.path("accessKeyId").asString(),
                    vector.path("secretAccessKey").asString(),
                    token.isString() ? token.asString() : null),
                vector.path("region").asString(),
                "bedrock");
        var headers =
            Headers.of(
                ":method",
                "POST",
                ":path",
                vector.path("path").asString(),
                ":authority",
                vector.path("host").asString());
        vector
            .path("headers")
            .properties()
            .forEach(e -> headers.add(e.getKey(), e.getValue().asString()));

        signer.sign(
            headers,
            Base64.getDecoder().decode(vector.path("body").asString()),
            Instant.parse(vector.path("at").asString()),
            field -> true);

        assertThat(headers.get("authorization"))
            .as(vector.path("path").asString())
            .isEqualTo(vector.path("authorization").asString());
      }
    }
  }
}
