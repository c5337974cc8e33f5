package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static dev.sluice.wasm.internal.DirectCalls.OUT_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Direction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the foreign functions of Envoy and Higress answer. */
class EnvoyCallsTest {
  private static final byte[] TEXT = "what was said".getBytes(StandardCharsets.UTF_8);

  private final FakeExchange exchange = new FakeExchange();
  private final TestPlugin plugin =
      TestPlugin.of(
          "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32)"
              + " (i32.const 1))");
  private final DirectCalls calls = new DirectCalls(plugin);

  @BeforeEach
  void begin() {
    var filter = plugin.filter(exchange);
    filter.onRequestHeaders(exchange.request, false);
    calls.in(filter);
  }

  @AfterEach
  void end() {
    plugin.close();
  }

  private int foreign(String name, byte[] arguments) {
    return calls.call("proxy_call_foreign_function", name, arguments, OUT, OUT_SIZE);
  }

  private static ProtoMessage.Writer message() {
    return new ProtoMessage.Writer();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private ProtoMessage answer() {
    return Objects.requireNonNull(ProtoMessage.read(calls.outBytes()));
  }

  @Test
  void compressesAndUncompresses() throws IOException {
    assertThat(foreign("compress", TEXT)).isZero();
    var plain = new ByteArrayOutputStream();
    try (var inflate = new InflaterOutputStream(plain)) {
      inflate.write(calls.outBytes());
    }
    assertThat(plain.toByteArray()).isEqualTo(TEXT);

    var packed = new ByteArrayOutputStream();
    try (var deflate = new DeflaterOutputStream(packed)) {
      deflate.write(TEXT);
    }
    assertThat(foreign("uncompress", packed.toByteArray())).isZero();
    assertThat(calls.outBytes()).isEqualTo(TEXT);
  }

  @Test
  void refusesBytesThatAreNotCompressedAndBombs() throws IOException {
    assertThat(foreign("uncompress", TEXT)).isEqualTo(AbiStatus.SERIALIZATION_FAILURE);
    var bomb = new ByteArrayOutputStream();
    try (var deflate = new DeflaterOutputStream(bomb)) {
      deflate.write(new byte[1 << 20]);
    }
    assertThat(foreign("uncompress", bomb.toByteArray())).isEqualTo(AbiStatus.INTERNAL_FAILURE);
    var cut = Arrays.copyOf(bomb.toByteArray(), 20);
    assertThat(foreign("uncompress", cut)).isEqualTo(AbiStatus.SERIALIZATION_FAILURE);
  }

  @ParameterizedTest
  @CsvSource({"RSA, SHA256withRSA, sha256", "EC, SHA384withECDSA, SHA384"})
  void signsAndVerifies(String kind, String algorithm, String hash)
      throws GeneralSecurityException {
    var pair = KeyPairGenerator.getInstance(kind).generateKeyPair();
    var arguments =
        message().bytes(1, bytes(hash)).bytes(2, pair.getPrivate().getEncoded()).bytes(3, TEXT);
    assertThat(foreign("sign", arguments.done())).isZero();
    assertThat(answer().flag(1)).isTrue();
    var signature = answer().bytes(2);
    var check = Signature.getInstance(algorithm);
    check.initVerify(pair.getPublic());
    check.update(TEXT);
    assertThat(check.verify(signature)).isTrue();

    var pem =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    var verify = message().bytes(1, bytes(hash)).bytes(5, bytes(pem)).bytes(3, signature);
    assertThat(foreign("verify_signature", verify.bytes(4, TEXT).done())).isZero();
    assertThat(answer().flag(1)).as(answer().text(2)).isTrue();

    var other = message().bytes(1, bytes(hash)).bytes(5, bytes(pem)).bytes(3, signature);
    assertThat(foreign("verify_signature", other.bytes(4, bytes("else")).done())).isZero();
    assertThat(answer().flag(1)).isFalse();
    assertThat(answer().text(2)).contains("verify");
  }

  @Test
  void saysWhyItCannotVerify() throws GeneralSecurityException {
    var key = KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic().getEncoded();
    var unknown = message().bytes(1, bytes("md5")).bytes(2, key).bytes(3, TEXT).bytes(4, TEXT);
    assertThat(foreign("verify_signature", unknown.done())).isZero();
    assertThat(answer().text(2)).isEqualTo("md5 is not supported.");
    var noKey = message().bytes(1, bytes("sha256")).bytes(2, TEXT).done();
    assertThat(foreign("verify_signature", noKey)).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("verify_signature", new byte[] {18, 127})).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sign", new byte[0])).isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void keepsFilterState() {
    var state = message().bytes(1, bytes("my.key")).bytes(2, bytes("value")).done();
    assertThat(foreign("set_envoy_filter_state", state)).isZero();
    assertThat(calls.call("proxy_get_property", "filter_state\0my.key", OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("value");
    assertThat(foreign("set_envoy_filter_state", new byte[0])).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("declare_property", message().bytes(1, bytes("mine")).done())).isZero();
  }

  @Test
  void injectsAsHigressDoes() {
    var data = message().bytes(1, bytes("event")).flag(2, true).done();
    assertThat(foreign("inject_encoded_data_to_filter_chain_on_header", data)).isZero();
    assertThat(foreign("inject_encoded_data_to_filter_chain", message().bytes(1, TEXT).done()))
        .isZero();
    assertThat(exchange.actions)
        .containsExactly(
            "inject " + Direction.RESPONSE + " event true",
            "inject " + Direction.RESPONSE + " what was said false");
    assertThat(foreign("set_global_max_requests_per_io_cycle", new byte[8])).isZero();
  }
}
