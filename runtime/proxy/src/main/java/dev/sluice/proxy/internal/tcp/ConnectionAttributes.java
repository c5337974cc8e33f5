package dev.sluice.proxy.internal.tcp;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.proxy.internal.exchange.WellKnownAttributes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers the attributes of a TCP connection, and keeps those that its plugins set. Belongs to the
 * loop.
 */
final class ConnectionAttributes {
  /** Bounds what plugins may keep on one connection. */
  private static final int MAX_BYTES = 64 << 10;

  private final TcpSession session;
  private final Map<List<String>, byte[]> set = new HashMap<>();
  private int setBytes;

  ConnectionAttributes(TcpSession session) {
    this.session = session;
  }

  /** Returns the attributes as one plugin sees them. */
  Properties of(NetworkSlot slot) {
    return new Properties() {
      @Override
      public byte @Nullable [] get(List<String> path) {
        return path.isEmpty() ? null : ConnectionAttributes.this.get(slot, path);
      }

      @Override
      public boolean set(List<String> path, byte[] value) {
        return ConnectionAttributes.this.set(path, value);
      }
    };
  }

  private byte @Nullable [] get(NetworkSlot slot, List<String> path) {
    var mine = set.get(path);
    if (mine != null) {
      return mine.clone();
    }
    var client = session.client().info();
    var second = path.size() > 1 ? path.get(1) : "";
    return switch (path.getFirst()) {
      case "plugin_name" -> text(slot.plugin());
      case "plugin_root_id" -> text(slot.source().rootId());
      case "plugin_vm_id" -> text(slot.source().vmId());
      case "source" -> WellKnownAttributes.endpoint(client.remoteAddress(), second);
      case "destination" -> WellKnownAttributes.endpoint(client.localAddress(), second);
      case "connection" -> WellKnownAttributes.connection(client, second);
      case "upstream" -> WellKnownAttributes.endpoint(session.endpoint(), second);
      case "cluster_name" -> text(session.upstreamName());
      case "connection_id" -> number(client.id());
      case "listener_direction" -> number(1); // inbound
      case "xds" -> second.equals("cluster_name") ? text(session.upstreamName()) : null;
      default -> null;
    };
  }

  private boolean set(List<String> path, byte[] value) {
    if (path.isEmpty() || WellKnownAttributes.isKnown(path.getFirst())) {
      return false;
    }
    var key = List.copyOf(path);
    int name = key.stream().mapToInt(String::length).sum();
    var old = set.get(key);
    int bytes = setBytes - (old == null ? 0 : old.length + name) + value.length + name;
    if (bytes > MAX_BYTES) {
      throw new PluginException(
          PluginException.Kind.LIMIT,
          "properties of the connection: "
              + bytes
              + " bytes (expected: at most "
              + MAX_BYTES
              + ")");
    }
    setBytes = bytes;
    set.put(key, value.clone());
    return true;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
