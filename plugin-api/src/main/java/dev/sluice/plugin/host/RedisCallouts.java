package dev.sluice.plugin.host;

import java.time.Duration;

/**
 * Speaks RESP to granted upstreams: the plugin writes commands and reads replies, the host keeps
 * one connection for each upstream, VM and loop, and sends commands one after another without
 * waiting.
 */
public interface RedisCallouts {
  /**
   * Says how an upstream is spoken to.
   *
   * @param upstream the name of a granted upstream
   * @param username for AUTH, an empty string for none
   * @param password for AUTH, an empty string for none
   * @param database for SELECT; 0 is not selected
   * @param timeout for each command, connecting included
   */
  record Settings(
      String upstream, String username, String password, int database, Duration timeout) {}

  /**
   * Sets how an upstream is spoken to from now on; a connection with other settings ends. Connects
   * nowhere.
   *
   * @throws ServiceException NOT_GRANTED, BAD_ARGUMENT
   */
  void init(Settings settings);

  /**
   * Sends a command.
   *
   * @param command one RESP array of bulk strings
   * @param completion receives the one reply as it came, an error of the server included; fails
   *     with TIMEOUT, UNAVAILABLE or LIMIT (the reply is too large) when there is none
   * @throws ServiceException NOT_GRANTED, NOT_FOUND, BAD_ARGUMENT (not initialized, no such
   *     command), LIMIT (callouts in flight)
   */
  Cancellable call(String upstream, byte[] command, Completion<byte[]> completion);
}
