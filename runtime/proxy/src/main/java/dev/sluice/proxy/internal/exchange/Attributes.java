package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers the attributes of an exchange by path (proxy-wasm specification v0.2.1, "well-known
 * properties", and Envoy's attributes), and keeps those that plugins set. Belongs to the loop.
 */
final class Attributes {
  /** Bounds what plugins may keep on one exchange. */
  private static final int MAX_BYTES = 64 << 10;

  private final Exchange exchange;
  private @Nullable Map<List<String>, byte[]> set;
  private int setBytes;

  Attributes(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Returns the attributes as one plugin sees them. */
  Properties of(FilterContext slot) {
    return new Properties() {
      @Override
      public byte @Nullable [] get(List<String> path) {
        return exchange.isOver() ? null : Attributes.this.get(slot, path);
      }

      @Override
      public boolean set(List<String> path, byte[] value) {
        return !exchange.isOver() && Attributes.this.set(path, value);
      }
    };
  }

  private byte @Nullable [] get(FilterContext slot, List<String> path) {
    if (path.isEmpty()) {
      return null;
    }
    var mine = set == null ? null : set.get(path);
    if (mine != null) {
      return mine.clone();
    }
    return switch (path.getFirst()) {
      case "plugin_name" -> AttributeValues.text(slot.plugin());
      case "plugin_root_id" -> AttributeValues.text(slot.source().rootId());
      case "plugin_vm_id" -> AttributeValues.text(slot.source().vmId());
      default -> WellKnownAttributes.get(exchange, path);
    };
  }

  private boolean set(List<String> path, byte[] value) {
    if (path.isEmpty() || WellKnownAttributes.isKnown(path.getFirst())) {
      return false;
    }
    var all = set;
    if (all == null) {
      all = new HashMap<>();
      set = all;
    }
    var key = List.copyOf(path);
    var old = all.get(key);
    int size = value.length + key.stream().mapToInt(String::length).sum();
    int oldSize = old == null ? 0 : old.length + key.stream().mapToInt(String::length).sum();
    if (setBytes - oldSize + size > MAX_BYTES) {
      throw new PluginException(
          PluginException.Kind.LIMIT,
          "properties of the exchange: "
              + (setBytes - oldSize + size)
              + " bytes (expected: at most "
              + MAX_BYTES
              + ")");
    }
    setBytes += size - oldSize;
    all.put(key, value.clone());
    return true;
  }
}
