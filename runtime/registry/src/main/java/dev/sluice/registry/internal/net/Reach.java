package dev.sluice.registry.internal.net;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Set;

/**
 * Says from how far away an address can be reached. A registry may send its clients only to
 * addresses that are at least as public as its own: otherwise a hostile one could use the gateway
 * to reach inside its network.
 */
public enum Reach {
  /** Never asked: link-local, unspecified, multicast, and where clouds serve their metadata. */
  FORBIDDEN,
  /** This machine. */
  MACHINE,
  /** A private network (RFC 1918, RFC 4193, RFC 6598). */
  NETWORK,
  /** Everywhere. */
  PUBLIC;

  // AWS over IPv6, Alibaba, Oracle, Azure; the others use a link-local address.
  private static final Set<String> METADATA =
      Set.of("fd00:ec2:0:0:0:0:0:254", "100.100.100.200", "192.0.0.192", "168.63.129.16");

  /** Judges an address; one that embeds an IPv4 address (RFC 6052, RFC 3056) is judged by that. */
  public static Reach of(InetAddress address) {
    var inner = address instanceof Inet6Address v6 ? embedded(v6.getAddress()) : address;
    if (inner.isLinkLocalAddress()
        || inner.isAnyLocalAddress()
        || inner.isMulticastAddress()
        || METADATA.contains(inner.getHostAddress())) {
      return FORBIDDEN;
    }
    if (inner.isLoopbackAddress()) {
      return MACHINE;
    }
    return isPrivate(inner) ? NETWORK : PUBLIC;
  }

  private static boolean isPrivate(InetAddress address) {
    var bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet4Address) {
      return address.isSiteLocalAddress()
          || first == 0
          || first >= 240
          || (first == 100 && second >= 64 && second < 128);
    }
    return (first & 0xfe) == 0xfc || address.isSiteLocalAddress();
  }

  private static InetAddress embedded(byte[] v6) {
    try {
      boolean nat64 = startsWith(v6, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0);
      boolean compatible = startsWith(v6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) && v6[12] != 0;
      if (nat64 || compatible) {
        return InetAddress.getByAddress(Arrays.copyOfRange(v6, 12, 16));
      }
      if (startsWith(v6, 0x20, 0x02)) {
        return InetAddress.getByAddress(Arrays.copyOfRange(v6, 2, 6));
      }
      return InetAddress.getByAddress(v6);
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("4 and 16 bytes are addresses", e);
    }
  }

  private static boolean startsWith(byte[] address, int... prefix) {
    for (int i = 0; i < prefix.length; i++) {
      if ((address[i] & 0xff) != prefix[i]) {
        return false;
      }
    }
    return true;
  }
}
