package dev.sluice.providers;

import org.jspecify.annotations.Nullable;

/** Is what a provider knows us by. Its text shows nothing of it. */
public sealed interface Secret {
  /** Is a key or token that is sent as it is. */
  record ApiKey(String value) implements Secret {
    /**
     * @throws IllegalArgumentException when it is empty or cannot stand in a header
     */
    public ApiKey {
      requireHeaderText(value);
    }

    @Override
    public String toString() {
      return "ApiKey[***]";
    }
  }

  /**
   * Is a pair of AWS keys, which sign requests and are not sent.
   *
   * @param sessionToken of temporary credentials, or null
   */
  record AwsKeys(String accessKeyId, String secretAccessKey, @Nullable String sessionToken)
      implements Secret {
    /**
     * @throws IllegalArgumentException when one is empty or cannot stand in a header
     */
    public AwsKeys {
      requireHeaderText(accessKeyId);
      requireHeaderText(secretAccessKey);
      if (sessionToken != null) {
        requireHeaderText(sessionToken);
      }
    }

    @Override
    public String toString() {
      return "AwsKeys[***]";
    }
  }

  private static void requireHeaderText(String value) {
    boolean visible = value.chars().allMatch(c -> c > ' ' && c < 127);
    if (value.isEmpty() || !visible) {
      throw new IllegalArgumentException(
          "*** (expected: one or more visible ASCII characters without spaces)");
    }
  }
}
