package dev.sluice.identity.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authenticator.Outcome;
import java.util.List;

/**
 * Is what was found out about a request.
 *
 * @param outcome who calls, or why the request must not go on
 * @param credentials what was given to the gateway and is not for anyone behind it
 */
public record Judgement(Outcome outcome, List<String> credentials) {
  /** Nobody in particular calls. */
  public static final Judgement ANONYMOUS = new Judgement(Outcome.ANONYMOUS, List.of());

  /** Takes the credentials out of the request: its fields and the query of {@code :path}. */
  public void strip(Headers request) {
    for (int i = 0; i < credentials.size(); i++) {
      Presented.remove(request, credentials.get(i));
    }
  }

  @Override
  public String toString() {
    return "Judgement[" + outcome + ", " + credentials.size() + " credentials]";
  }
}
