package dev.sluice.registry;

import org.jspecify.annotations.Nullable;

/**
 * Is what a registry asks of a user; never shown in logs.
 *
 * @param identityToken is exchanged for access tokens (OAuth 2 refresh token), or null
 * @param registryToken is sent as it is, as a bearer token, or null
 */
public record Credentials(
    String username,
    String password,
    @Nullable String identityToken,
    @Nullable String registryToken) {
  /** Is a name with its password or access token. */
  public Credentials(String username, String password) {
    this(username, password, null, null);
  }

  /** Returns the credentials of someone who has logged in without leaving a password. */
  public static Credentials identity(String token) {
    return new Credentials("", "", token, null);
  }

  @Override
  public String toString() {
    return identityToken != null || registryToken != null ? "a token" : username + ":***";
  }
}
