package dev.sluice.http.internal.hpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks both directions against Netty's own HPACK with random messages. */
class HpackTest {
  private static final String[] NAMES = {
    "accept",
    "cache-control",
    "content-type",
    "cookie",
    "date",
    "etag",
    "x-request-id",
    "x-a",
    "authorization",
    "server",
    "grpc-status",
    "x-" + "long".repeat(40)
  };

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void decodesWhatNettyEncodes(TestInfo test) throws Exception {
    System.out.println(test.getDisplayName() + " seed " + seed);
    var encoder =
        new DefaultHttp2HeadersEncoder((name, value) -> name.length() % 3 == 0, false, 16);
    var decoder = new HpackDecoder(new Names(), 4096);
    for (int round = 0; round < 3000; round++) {
      if (random.nextInt(100) == 0) {
        encoder.maxHeaderTableSize(random.nextInt(4097));
      }
      var fields = fields();
      var netty = new DefaultHttp2Headers(false);
      fields.forEach(field -> netty.add(new AsciiString(field[0]), new AsciiString(field[1])));
      var block = Unpooled.buffer();
      encoder.encodeHeaders(1, netty, block);
      var octets = new byte[block.readableBytes()];
      block.readBytes(octets);
      block.release();
      var decoded = new ArrayList<String[]>();
      decoder.decode(
          octets,
          octets.length,
          field -> decoded.add(new String[] {field.name().text(), field.value()}));
      var expected = new ArrayList<String[]>();
      netty.forEach(
          entry ->
              expected.add(new String[] {entry.getKey().toString(), entry.getValue().toString()}));
      assertThat(decoded)
          .as("round %d of seed %d", round, seed)
          .usingRecursiveComparison()
          .isEqualTo(expected);
    }
  }

  @Test
  void encodesWhatNettyDecodes(TestInfo test) throws Exception {
    System.out.println(test.getDisplayName() + " seed " + seed);
    var encoder = new HpackEncoder();
    var decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    for (int round = 0; round < 3000; round++) {
      if (random.nextInt(50) == 0) {
        int size = random.nextInt(5000);
        encoder.capacity(size);
        if (random.nextBoolean()) {
          encoder.capacity(size / 2);
          encoder.capacity(4096);
        }
      }
      var fields = fields();
      var headers = new Headers();
      fields.forEach(field -> headers.addTrusted(field[0], field[1]));
      var out = new byte[HpackEncoder.bound(headers)];
      int length = encoder.encode(headers, out, 0);
      var block = Unpooled.wrappedBuffer(out, 0, length);
      var decoded = decoder.decodeHeaders(1, block);
      var expected = new DefaultHttp2Headers(false);
      fields.forEach(field -> expected.add(field[0], field[1]));
      var actual = new ArrayList<String>();
      decoded.forEach(entry -> actual.add(entry.getKey() + ": " + entry.getValue()));
      var wanted = new ArrayList<String>();
      expected.forEach(entry -> wanted.add(entry.getKey() + ": " + entry.getValue()));
      assertThat(actual).as("round %d of seed %d", round, seed).isEqualTo(wanted);
    }
  }

  @Test
  void encodesARepeatedMessageInOneOctetForEachField() {
    var encoder = new HpackEncoder();
    var headers = Headers.of(":status", "200", "server", "nginx", "content-type", "text/plain");
    var out = new byte[HpackEncoder.bound(headers)];
    encoder.encode(headers, out, 0);
    assertThat(encoder.encode(headers, out, 0)).isEqualTo(3);
  }

  @Test
  void keepsSecretsOutOfTables() {
    var encoder = new HpackEncoder();
    var headers = Headers.of("authorization", "Bearer abc", "cookie", "a=1", "x-api-key", "k");
    var out = new byte[HpackEncoder.bound(headers)];
    int first = encoder.encode(headers, out, 0);
    assertThat(out[0] & 0xf0).isEqualTo(0x10);
    assertThat(encoder.encode(headers, out, 0)).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80", // index 0
        "be", // index 62 of an empty table
        "ff", // the integer ends early
        "ffffffffff7f", // an integer that is too large
        "3fe21f", // a table larger than announced
        "8220", // a size update after a field
        "400161", // no value
        "40056161", // the string ends early
        "408207ff0161", // padding of more than seven bits
        "40018084fffffffc", // the end-of-string symbol
      })
  void refusesMalformedBlocks(String hex) {
    var block = HexFormat.of().parseHex(hex);
    var decoder = new HpackDecoder(new Names(), 4096);
    assertThatThrownBy(() -> decoder.decode(block, block.length, field -> {}))
        .isInstanceOf(HpackException.class);
  }

  @Test
  void marksMalformedFields() {
    var seen = new ArrayList<Boolean>();
    var decoder = new HpackDecoder(new Names(), 4096);
    // x-a: b, X-A: b, x a: b, x-a: b CR, ":x: b", x-a: " b"
    var block =
        HexFormat.of()
            .parseHex(
                "0003782d610162"
                    + "0003582d410162"
                    + "000378206101"
                    + "62"
                    + "0003782d6102620d"
                    + "00023a780162"
                    + "0003782d61022062");
    decoder.decode(block, block.length, field -> seen.add(field.malformed()));
    assertThat(seen).containsExactly(false, true, true, true, true, true);
  }

  @Test
  void survivesRandomBlocks(TestInfo test) {
    System.out.println(test.getDisplayName() + " seed " + seed);
    for (int round = 0; round < 20_000; round++) {
      var decoder = new HpackDecoder(new Names(), 4096);
      var block = new byte[random.nextInt(64)];
      random.nextBytes(block);
      try {
        decoder.decode(block, block.length, field -> {});
      } catch (HpackException expected) {
        assertThat(expected).hasMessageNotContaining("null");
      }
    }
  }

  private List<String[]> fields() {
    var fields = new ArrayList<String[]>();
    fields.add(new String[] {":method", random.nextBoolean() ? "GET" : "POST"});
    fields.add(new String[] {":path", "/" + (random.nextInt(4) == 0 ? random.nextInt() : "a")});
    for (int i = random.nextInt(12); i >= 0; i--) {
      var name = NAMES[random.nextInt(NAMES.length)];
      fields.add(new String[] {name, value()});
    }
    return fields;
  }

  private String value() {
    return switch (random.nextInt(5)) {
      case 0 -> "";
      case 1 -> "value-" + random.nextInt(5);
      case 2 -> "value-" + random.nextLong();
      case 3 -> {
        var text = new StringBuilder();
        for (int i = random.nextInt(300); i > 0; i--) {
          text.append((char) (1 + random.nextInt(255)));
        }
        yield text.toString();
      }
      default -> "no-cache";
    };
  }
}
