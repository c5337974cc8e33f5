package dev.sluice.proxy.internal.callout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RespScannerTest {
  private static byte[] bytes(String text) {
    return text.replace("~", "\r\n").getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK~",
        "-ERR no~",
        ":-5~",
        "$0~~",
        "$7~a~~cd~",
        "$-1~",
        "*0~",
        "*-1~",
        "*2~*2~:1~$4~+a~~*1~*0~",
        "%1~+key~*2~:1~#t~",
        ",3.25~",
        "_~",
        "|1~+ttl~:5~$3~val~",
        "=5~txt:a~",
        "(12345678901234567890~",
        ">2~+message~+x~",
      })
  void endsWhereTheValueEnds(String value) {
    byte[] one = bytes(value);
    byte[] two = bytes(value + value);
    for (int cut = 0; cut <= one.length; cut++) {
      var scanner = new RespScanner();
      var in = Unpooled.wrappedBuffer(two, 0, cut);
      assertThat(scanner.read(in))
          .as("%d of %d bytes", cut, one.length)
          .isEqualTo(cut == one.length);
      if (cut < one.length) {
        in = Unpooled.wrappedBuffer(two, cut, two.length - cut);
        assertThat(scanner.read(in)).as("the rest from %d on", cut).isTrue();
        assertThat(in.readableBytes()).isEqualTo(one.length);
        scanner.reset();
        assertThat(scanner.read(in)).as("a second value").isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200~",
        "$x~",
        "$~",
        "*1~?~",
        "+a\rb",
        "$99999999999~",
        "*16777217~",
        "$-~"
      })
  void refusesWhatIsNone(String value) {
    assertThatThrownBy(() -> new RespScanner().read(Unpooled.wrappedBuffer(bytes(value))))
        .isInstanceOf(RespScanner.Malformed.class);
  }
}
