package dev.sluice.registry;

/** Is a name with its password or token; never shown in logs. */
public record Credentials(String username, String password) {
  @Override
  public String toString() {
    return username + ":***";
  }
}
