package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves names for connections and judges each address. What is judged is what is connected to: a
 * name that changes its mind in between gains nothing.
 */
final class JudgingResolver implements DnsResolver {
  private final Reach least;

  /**
   * @param least the least public address that may be asked
   */
  JudgingResolver(Reach least) {
    this.least = least;
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    var allowed = new ArrayList<InetAddress>();
    var all = InetAddress.getAllByName(host);
    for (var address : all) {
      if (!isForbidden(Reach.of(address), least)) {
        allowed.add(address);
      }
    }
    if (allowed.isEmpty()) {
      check(host, all[0].getHostAddress(), Reach.of(all[0]), least);
    }
    return allowed.toArray(InetAddress[]::new);
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  private static boolean isForbidden(Reach reach, Reach least) {
    return reach == Reach.FORBIDDEN || reach.compareTo(least) < 0;
  }

  /**
   * Refuses an address that may not be asked.
   *
   * @throws RegistryException DENIED
   */
  static void check(String host, String address, Reach reach, Reach least) {
    if (!isForbidden(reach, least)) {
      return;
    }
    var kind =
        switch (reach) {
          case FORBIDDEN -> "link-local or metadata address ";
          case MACHINE -> "address of this machine ";
          default -> "private address ";
        };
    throw new RegistryException(
        Reason.DENIED, host + " is at the " + kind + address + ", which may not be asked");
  }
}
