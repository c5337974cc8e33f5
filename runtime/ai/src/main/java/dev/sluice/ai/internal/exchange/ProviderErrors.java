package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.ErrorRenderer.Answer;

/** Passes the error of a provider on. */
final class ProviderErrors {
  /**
   * Tells the client when to come again; nothing else of the provider's account is its business.
   */
  private static final String[] PASSED = {
    "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id"
  };

  private ProviderErrors() {}

  /** Returns what the client gets of the last provider's error. */
  static Answer answer(AiProtocol protocol, Failed last) {
    var answer = AiErrors.answer(protocol, told(last));
    var from = last.headers();
    if (from != null) {
      copy(from, answer.headers());
    }
    return answer;
  }

  private static void copy(Headers from, Headers to) {
    for (var name : PASSED) {
      var value = from.get(name);
      if (value != null) {
        to.add(name, value);
      }
    }
  }

  /** A client cannot help a key of the gateway that is refused, and must not see any of it. */
  private static AiError told(Failed last) {
    boolean key = last.status() == 401 || last.status() == 403;
    return key && !last.target().transparent()
        ? new AiError(502, "provider_unauthenticated", "The provider refused the gateway.")
        : last.error();
  }
}
