package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes attributes as proxy-wasm does: integers in 8 octets, little-endian; maps as pairs. */
final class AttributeValues {
  private AttributeValues() {}

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the octets of a header value, whose characters stand for one octet each. */
  static byte @Nullable [] octets(@Nullable String value) {
    return value == null ? null : value.getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] number(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  static byte[] flag(boolean value) {
    return new byte[] {(byte) (value ? 1 : 0)};
  }

  static byte @Nullable [] address(@Nullable SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
      return null;
    }
    var host = inet.getAddress().getHostAddress();
    return text((host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort());
  }

  static byte @Nullable [] port(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet ? number(inet.getPort()) : null;
  }

  static byte @Nullable [] map(@Nullable Headers headers) {
    if (headers == null) {
      return null;
    }
    int fields = headers.size();
    var bytes =
        ByteBuffer.allocate(4 + fields * 10 + headers.octets()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(fields);
    for (int i = 0; i < fields; i++) {
      bytes.putInt(headers.name(i).length()).putInt(headers.value(i).length());
    }
    for (int i = 0; i < fields; i++) {
      bytes.put(headers.name(i).getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
      bytes.put(headers.value(i).getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
    }
    return bytes.array();
  }
}
