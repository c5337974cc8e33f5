package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ModelRouter.BodyDecoder;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Clock;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.providers.Secret;
import dev.sluice.providers.internal.aws.InvokeBody;
import dev.sluice.providers.internal.aws.InvokeReply;
import dev.sluice.providers.internal.aws.SigV4;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is Amazon Bedrock: Anthropic's models by {@code InvokeModel}, whose body is that of Anthropic's
 * own API, and others by its endpoint for OpenAI's chat completions. AWS keys sign, API keys go as
 * bearer tokens.
 */
final class BedrockApi implements ProviderApi {
  private final String basePath;
  private final Credentials credentials;
  private final @Nullable SigV4[] signers;
  private final Clock clock;

  BedrockApi(ProviderSpec spec, Clock clock) {
    this.clock = clock;
    basePath = spec.basePath();
    credentials = new Credentials(spec, "authorization");
    signers = new SigV4[spec.keys().size()];
    for (int i = 0; i < signers.length; i++) {
      if (spec.keys().get(i).secret() instanceof Secret.AwsKeys aws) {
        signers[i] = new SigV4(aws, spec.region(), "bedrock");
      }
    }
  }

  private static boolean invokes(ModelTarget target) {
    return switch (target.api()) {
      case INVOKE -> true;
      case OPENAI -> false;
      case AUTO -> target.model().contains("anthropic.");
    };
  }

  @Override
  public AiFormat format(ModelTarget target) {
    return invokes(target) ? AiFormat.ANTHROPIC : AiFormat.OPENAI;
  }

  @Override
  public boolean supports(ModelTarget target, AiProtocol operation) {
    return operation.generates();
  }

  @Override
  public ProviderRequest framed(Asked asked, ProviderRequest request) {
    if (!invokes(asked.target())) {
      return request;
    }
    List<String> betas = new ArrayList<>();
    if (asked.sameFormat()) {
      for (var value : asked.client().getAll("anthropic-beta")) {
        for (var beta : value.split(",", -1)) {
          betas.add(beta.strip());
        }
      }
    }
    return request.withBody(InvokeBody.of(request.body(), betas));
  }

  @Override
  public void complete(Asked asked, ProviderRequest request, Headers headers) {
    if (invokes(asked.target())) {
      var name = URLEncoder.encode(asked.model(), StandardCharsets.UTF_8).replace("+", "%20");
      var operation = request.stream() ? "/invoke-with-response-stream" : "/invoke";
      headers.set(":path", basePath + "/model/" + name + operation);
      headers.remove("anthropic-version");
      headers.remove("anthropic-beta");
      headers.set("accept", request.stream() ? InvokeReply.STREAM : "application/json");
    } else {
      headers.set(":path", basePath + "/openai/v1" + request.path());
    }
    credentials.addFixed(headers);
    int key = asked.key();
    var signer = key < 0 ? null : signers[key];
    if (signer != null) {
      var now = Instant.ofEpochSecond(0, clock.wallNanos());
      signer.sign(headers, request.body(), now, BedrockApi::isSigned);
    } else if (key >= 0) {
      credentials.addTo(headers, key);
    }
  }

  /** The others may change on the way. */
  private static boolean isSigned(String name) {
    return name.equals("content-type") || name.startsWith("x-amz-") || name.startsWith("x-amzn-");
  }

  @Override
  public @Nullable BodyDecoder decoder(ModelTarget target) {
    return invokes(target) ? new InvokeDecoder() : null;
  }

  /** Reads one response. */
  private static final class InvokeDecoder implements BodyDecoder {
    private @Nullable InvokeReply reply;

    @Override
    public @Nullable String contentType(int status, @Nullable String contentType) {
      var begun = new InvokeReply(status, contentType, AiLimits.DEFAULT.bytes());
      reply = begun;
      var made = begun.contentType();
      return made == null ? contentType : made;
    }

    @Override
    public byte[] decode(byte[] bytes, int offset, int length, boolean end) {
      var reading = reply;
      if (reading == null) {
        throw new IllegalStateException("decode before contentType");
      }
      var first = reading.feed(bytes, offset, length);
      if (!end) {
        return first;
      }
      var last = reading.end();
      if (first.length == 0) {
        return last;
      }
      var all = new byte[first.length + last.length];
      System.arraycopy(first, 0, all, 0, first.length);
      System.arraycopy(last, 0, all, first.length, last.length);
      return all;
    }
  }
}
