package dev.sluice.registry.internal.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachTest {
  @ParameterizedTest
  @CsvSource({
    "169.254.169.254, FORBIDDEN",
    "0.0.0.0, FORBIDDEN",
    "224.0.0.1, FORBIDDEN",
    "100.100.100.200, FORBIDDEN",
    "168.63.129.16, FORBIDDEN",
    "192.0.0.192, FORBIDDEN",
    "::, FORBIDDEN",
    "fe80::1, FORBIDDEN",
    "ff02::1, FORBIDDEN",
    "fd00:ec2::254, FORBIDDEN",
    "::ffff:169.254.169.254, FORBIDDEN",
    "::169.254.169.254, FORBIDDEN",
    "64:ff9b::a9fe:a9fe, FORBIDDEN",
    "2002:a9fe:a9fe::1, FORBIDDEN",
    "127.0.0.1, MACHINE",
    "127.200.0.9, MACHINE",
    "::1, MACHINE",
    "::ffff:127.0.0.1, MACHINE",
    "10.1.2.3, NETWORK",
    "172.31.255.255, NETWORK",
    "192.168.0.1, NETWORK",
    "100.64.0.1, NETWORK",
    "fd12:3456::1, NETWORK",
    "64:ff9b::a00:1, NETWORK",
    "172.32.0.1, PUBLIC",
    "100.128.0.1, PUBLIC",
    "203.0.113.9, PUBLIC",
    "2001:db8::1, PUBLIC"
  })
  void judgesAddresses(String address, Reach reach) throws UnknownHostException {
    assertThat(Reach.of(InetAddress.getByName(address))).isEqualTo(reach);
  }
}
